"""The front door: sign in, then the menu of this person's pages."""

import streamlit as st

from mediklaud.ui.front_door import open_front_door

st.set_page_config(page_title="MediKlaud", page_icon=":material/local_hospital:", layout="wide")
open_front_door()
