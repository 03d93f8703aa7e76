"""The home page's blocks: for each role, the numbers and the next things to do."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import streamlit as st
from sqlmodel import Session

from mediklaud import clock
from mediklaud.models import Account, Appointment, EmergencyReason, Encounter, Hospital, Role
from mediklaud.money import rupees
from mediklaud.permissions import MAY, Deed
from mediklaud.repository import (
    Visit,
    account_numbers,
    day_numbers,
    emergencies,
    letter_numbers,
    open_consultation,
    own_day,
    own_day_numbers,
    queue_of,
    staff_numbers,
    the_hospital,
    till_numbers,
    unreviewed_glasses,
)
from mediklaud.ui import chart, letters, relocations, show
from mediklaud.ui.menu import ROLE_WORDS, page_file

Block = Callable[[Session, Account, Hospital], None]
REVIEWED = timedelta(days=7)
_REASON_WORDS = {reason: reason.value.replace("_", " ").capitalize() for reason in EmergencyReason}
_REASON_WORDS[EmergencyReason.DOCTORS_ADVICE] = "Doctor's advice"


def blocks(db: Session, me: Account, roles: frozenset[Role]) -> None:
    """Everything this person looks at first, one block a role, in the order of the roles.

    Each number is asked for under the permission of its own role, so an account with two
    roles sees the numbers of both, and none of a third.
    """
    hospital = the_hospital(db)
    mine = [role for role in _BLOCKS if role in roles]
    if Role.CMO in mine and Role.REGISTRAR in mine:
        # The CMO's block holds the registrar's.
        mine.remove(Role.REGISTRAR)
    if roles & MAY[Deed.RELOCATE]:
        relocations.pointer(me)
    for role in mine:
        if len(mine) > 1:
            st.subheader(ROLE_WORDS[role], anchor=False, divider="gray")
        _BLOCKS[role](db, me, hospital)
    if roles & MAY[Deed.SEE_LETTERS]:
        _letters(db, me)


def _doctor(db: Session, me: Account, hospital: Hospital) -> None:
    chart.numbers(own_day_numbers(db, by=me))
    visits = own_day(db, by=me)
    open_one = open_consultation(db, by=me)
    with st.container(border=True):
        if open_one:
            _in_the_room(*open_one, visits, hospital)
        elif ready := chart.callable_now(queue_of(db, me.doctor_id, by=me), visits):
            st.caption(chart.next_words(ready[0]))
            chart.card(ready[0], hospital)
        else:
            st.markdown(":material/event_available: Nobody is waiting, and nobody is to come.")
    today = "Go on with the consultation" if open_one else "Today's consultations"
    _links(
        ("doctor/today", today, "stethoscope"),
        ("doctor/week", "My week", "calendar_view_week"),
        ("doctor/patient", "My patients", "clinical_notes"),
    )


def _in_the_room(
    encounter: Encounter, appointment: Appointment, visits: Sequence[Visit], hospital: Hospital
) -> None:
    st.caption(f"A consultation is open since {chart.since_words(encounter, hospital)}")
    # One that was forgotten on another day is not in today's list.
    for visit in visits:
        if visit.appointment.id == appointment.id:
            chart.card(visit, hospital, state="In the room")


def _front_desk(db: Session, me: Account, hospital: Hospital) -> None:
    today = day_numbers(db, by=me)
    show.numbers(
        {
            "Booked": today.booked,
            "Arrived": today.arrived,
            "Done": today.fulfilled,
            "Did not come": today.missed,
        }
    )
    _links(
        ("front_desk/book", "Book an appointment", "event_available"),
        ("front_desk/enroll", "Enroll a patient", "person_add"),
        ("front_desk/day", "The day's appointments", "today"),
        ("front_desk/queue", "The queue", "groups"),
        ("front_desk/waitlist", "Waitlist", "hourglass_top"),
    )
    letters.to_call(me, hospital)


def _finance(db: Session, me: Account, _hospital: Hospital) -> None:
    till = till_numbers(db, by=me)
    show.numbers(
        {
            "Received today": rupees(till.received_today_paise),
            "Billed today": rupees(till.billed_today_paise),
            "Owed in all": rupees(till.owed_paise),
            "Patients owing": till.patients_owing,
        }
    )
    _links(
        ("finance/payment", "Take a payment", "payments"),
        ("finance/dues", "Outstanding dues", "account_balance_wallet"),
        ("finance/papers", "Bills and receipts", "receipt_long"),
        ("finance/summaries", "Billing summaries", "monitoring"),
        ("administrator/self_check", "Self-check", "verified"),
    )


def _registrar(db: Session, me: Account, _hospital: Hospital) -> None:
    _staff(db, me)


def _staff(db: Session, me: Account, *more: tuple[str, str, str]) -> None:
    staff = staff_numbers(db, by=me)
    show.numbers(
        {
            "Doctors": staff.doctors,
            "Patients": staff.patients,
            "Registrations that expire": len(staff.expiring),
        }
    )
    if staff.expiring:
        st.markdown("##### Council registrations that expire within 60 days")
        rows = [
            {
                "Doctor": doctor.name,
                "Number": doctor.number,
                "Council": doctor.council,
                "Registration": doctor.registration,
                "Until": doctor.registration_expires_on,
            }
            for doctor in staff.expiring
        ]
        show.table(rows, alt="Registrations that expire", height="content")
    _links(
        ("cmo/register_doctor", "Register a doctor", "badge"),
        ("cmo/edit_doctor", "Edit a doctor", "edit_note"),
        ("cmo/sessions", "Weekly sessions", "schedule"),
        ("cmo/leave", "Leave", "beach_access"),
        *more,
    )


def _cmo(db: Session, me: Account, hospital: Hospital) -> None:
    _staff(db, me, ("administrator/self_check", "Self-check", "verified"))
    _glasses(unreviewed_glasses(db, by=me))
    st.markdown("##### Emergency bookings of the last 7 days")
    found = emergencies(db, clock.now() - REVIEWED, by=me)
    if not found:
        st.caption("None was made.")
        return
    rows = [
        {
            **show.visit_row(visit, hospital),
            "Reason": _REASON_WORDS[visit.appointment.emergency_reason],
            "Dues then": rupees(visit.appointment.dues_then_paise),
        }
        for visit in found
    ]
    show.table(
        rows,
        alt="Emergency bookings",
        column_order=("Day", "Time", "Number", "Doctor", "Reason", "Dues then", "State", "Letter"),
        height="content",
    )


def _glasses(waiting: int) -> None:
    if waiting:
        st.warning(
            f"Records opened by break-glass that wait for your review: {waiting}.",
            icon=":material/policy:",
        )
        _links(("cmo/break_glass", "Break-glass review", "policy"))


def _administrator(db: Session, me: Account, _hospital: Hospital) -> None:
    accounts = account_numbers(db, by=me)
    show.numbers({"Accounts": accounts.active, "Disabled": accounts.disabled})
    _links(
        ("administrator/accounts", "Accounts and roles", "group"),
        ("administrator/letters", "Letters", "mail"),
        ("administrator/settings", "Settings", "settings"),
        ("administrator/self_check", "Self-check", "verified"),
    )


def _letters(db: Session, me: Account) -> None:
    mail = letter_numbers(db, by=me)
    st.markdown("##### Letters")
    waits = "–"
    if mail.oldest_queued_at:
        waits = _length_words(clock.now() - mail.oldest_queued_at)
    show.numbers(
        {
            "Waiting": mail.queued,
            "Longest wait": waits,
            "Failed": mail.failed,
            "Without an address": mail.unaddressed,
        }
    )
    show.mail_state()


def _length_words(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _links(*wanted: tuple[str, str, str]) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, words, icon in wanted:
            with st.container(border=True, width="content", gap=None):
                st.page_link(page_file(name), label=words, icon=f":material/{icon}:")


_BLOCKS: dict[Role, Block] = {
    Role.DOCTOR: _doctor,
    Role.FRONT_DESK: _front_desk,
    Role.FINANCE: _finance,
    Role.CMO: _cmo,
    Role.REGISTRAR: _registrar,
    Role.ADMINISTRATOR: _administrator,
}
