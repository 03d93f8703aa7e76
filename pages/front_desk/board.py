"""The waiting room's board: tokens now and next for every doctor, and no names of patients."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import doctors, the_hospital
from mediklaud.ui import board
from mediklaud.ui.desk import open_desk

me = open_desk("Waiting room", Role.FRONT_DESK, hangs=True)

with reading() as db:
    hospital, offered = the_hospital(db), doctors(db)
board.make_room()
screen = st.container()
chosen = board.whose(offered)
with screen:
    board.hang(chosen, hospital)
