"""The queue as the front desk sees it, and what a walk-in is asked before a token is given."""

from collections.abc import Sequence

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.errors import NoTimeLeft, NotPermitted, PatientBusy, Refusal, SignedOut
from mediklaud.models import Doctor, Hospital, Patient
from mediklaud.repository import (
    Dues,
    Visit,
    board,
    expected_today,
    owed_by,
    queue_of,
    walk_in_time,
)
from mediklaud.repository.queue import place_of
from mediklaud.ui import booking, choose, show, wishes
from mediklaud.ui.booking import Urgency
from mediklaud.ui.desk import refuse, sitting
from mediklaud.ui.plain import plain
from mediklaud.ui.wishes import Wanted
from mediklaud.waiting import RULE

# Where the desk remembers the token it gave last.
TICKET = "_ticket"
_EVERY_SECONDS = 20
_AT_ONCE = 200


def listing(offered: Sequence[Doctor], hospital: Hospital) -> None:
    """Who waits for one doctor, or for all, in their turn; drawn anew by itself."""
    one = choose.doctor("Doctor (all where none is chosen)", offered, "queue")
    st.fragment(_draw, run_every=_EVERY_SECONDS)(one, hospital)


def _draw(one: Doctor | None, hospital: Hospital) -> None:
    try:
        with reading() as db:
            me = sitting(db)
            visits = queue_of(db, one.id if one else None, by=me)
            lines = board(db, by=me)
    except (SignedOut, NotPermitted):
        # The whole page, so that its door says why.
        st.rerun()
    except Refusal as refusal:
        refuse(refusal)
        return
    inside = [line.now for line in lines if line.now and (one is None or line.doctor_id == one.id)]
    if one:
        in_the_room = f"Token {inside[0]}" if inside else "Nobody"
        show.numbers({"In the room": in_the_room, "Waiting": len(visits)})
    else:
        show.numbers({"In the rooms": len(inside), "Waiting": len(visits)})
    if not visits:
        st.info("Nobody waits. Who arrives gets a token and stands here.", icon=":material/chair:")
    else:
        everybody = _in_turn(visits)
        show.table(
            [_row(visit, hospital, all_doctors=one is None) for visit in everybody],
            alt="Who waits, in their turn",
            key=f"queue/{one.id if one else 'all'}",
            height="content" if len(everybody) < 15 else 560,
        )
    if len(visits) > _AT_ONCE:
        st.caption(f"The first {_AT_ONCE} of {len(visits)}. Choose a doctor to see the others.")
    st.caption(f":material/format_list_numbered: {plain(RULE)}")


def _in_turn(visits: Sequence[Visit]) -> list[Visit]:
    """Queue by queue where there are several; each keeps its order."""
    queues = sorted(visits, key=lambda visit: (visit.doctor.name, visit.doctor.id))
    return queues[:_AT_ONCE]


def _row(visit: Visit, hospital: Hospital, *, all_doctors: bool) -> dict[str, object]:
    one = visit.appointment
    place = place_of(one)
    arrived = f"{clock.local(place.arrived_at, hospital.zone):%H:%M}"
    waits = max(0, int((clock.now() - place.arrived_at).total_seconds() // 60))
    return {
        "Token": str(one.token or ""),
        "Patient": visit.patient.name,
        **({"Doctor": visit.doctor.name} if all_doctors else {}),
        "Waits since": f"{arrived} ({waits} min)",
        "Promised": f"{clock.local(one.starts_at, hospital.zone):%H:%M}",
        "How": how_words(visit),
        "Visit": show.KIND_WORDS[one.kind],
        "Number": visit.patient.number,
    }


def how_words(visit: Visit) -> str:
    """Why somebody stands where they stand: walk-in or booked, late, an emergency."""
    one, place = visit.appointment, place_of(visit.appointment)
    how = "Walk-in" if one.walk_in else "Overbooked" if one.overbook_number else "Booked"
    marks = [("emergency", place.emergency), ("late", place.late)]
    return ", ".join([how, *(word for word, is_so in marks if is_so)])


def expected(patient: Patient, form: str, hospital: Hospital) -> Visit | None:
    """The appointment of today with which this patient is marked as arrived, if that is asked."""
    with reading() as db:
        found = expected_today(db, patient.id or 0, by=sitting(db))
    for visit in found:
        hour = clock.hour_words(visit.appointment.starts_at, hospital.zone)
        st.info(
            f"Booked today: {plain(hour)} with {plain(visit.doctor.name)}.",
            icon=":material/event:",
        )
        words = f"Has arrived for {plain(hour)}"
        key = f"{form}/{visit.appointment.id}"
        if st.button(words, key=key, type="primary", icon=":material/chair:", width="stretch"):
            return visit
    return None


def gate(patient: Patient, form: str) -> tuple[Dues, Urgency]:
    """What the patient owes, and whether it is an emergency, which comes first all the same."""
    with reading() as db:
        owed = owed_by(db, patient.id, by=sitting(db))
    show.dues(owed, brief=True)
    return owed, booking.emergency(form)


def wanted(offered: Sequence[Doctor], form: str, hospital: Hospital) -> Wanted | None:
    """Whom the walk-in wants to see and for what kind of visit; None until that is chosen."""
    doctor = choose.doctor("Doctor", offered, form)
    if doctor is None:
        return None
    asked = wishes.of_kind(Wanted((doctor,), clock.today(hospital.zone), form))
    return asked if asked.doctors else None


def give_button(
    patient: Patient, asked: Wanted, form: str, hospital: Hospital, *, held: bool
) -> bool:
    """The free time the token stands for, which is this patient's own, and its button."""
    (doctor,) = asked.doctors
    free = None
    try:
        with reading() as db:
            free = walk_in_time(db, patient, doctor, asked.kind, by=sitting(db))
    except NoTimeLeft:
        st.warning(
            f"{plain(doctor.name)} has no free time left today. Overbook a session on the booking "
            "page, or choose another doctor.",
            icon=":material/event_busy:",
        )
    except PatientBusy as busy:
        st.warning(plain(str(busy)), icon=":material/event_busy:")
    if free:
        hour = clock.hour_words(free.starts_at, hospital.zone)
        st.caption(f":material/schedule: The next free time is {plain(hour)}.")
    return st.button(
        "Give a token",
        key=f"{form}/give",
        type="primary",
        icon=":material/confirmation_number:",
        disabled=held or not free,
        width="stretch",
    )
