"""Everybody's home: the numbers of the day and the next things to do."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.repository import roles_of, the_hospital
from mediklaud.ui import home
from mediklaud.ui.desk import open_desk

me = open_desk("Today")

with reading() as db:
    st.caption(clock.day_words(clock.today(the_hospital(db).zone)))
    home.blocks(db, me, roles_of(db, me))
