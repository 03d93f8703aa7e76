"""Letters that reached nobody, as work at the desk: call, note what came of it, send again."""

from collections.abc import Sequence

import streamlit as st

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.models import (
    Account,
    AppointmentStatus,
    CallOutcome,
    Hospital,
    Message,
    MessageStatus,
    PhoneCall,
)
from mediklaud.repository import (
    Visit,
    calls_about,
    letters_to_call,
    log_call,
    resend_letter,
    slip_paper,
)
from mediklaud.repository.calls import CALLS_LISTED
from mediklaud.slip_pdf import slip_pdf
from mediklaud.ui import choose, downloads, pick, show
from mediklaud.ui.desk import record, submission_id
from mediklaud.ui.plain import plain

TO_CALL = "Patients to call"
_COLUMNS = ("Patient", "Phone", "Day", "Time", "Doctor", "Why", "Last call")
OUTCOME_WORDS = {
    CallOutcome.TOLD: "Told on the phone",
    CallOutcome.SLIP: "Slip handed over",
    CallOutcome.NO_ANSWER: "No answer",
    CallOutcome.WRONG_NUMBER: "Wrong number",
}


def to_call(me: Account, hospital: Hospital) -> None:
    """Whom no letter reached: the list, and what can be done about the one that is chosen."""
    with reading() as db:
        visits = letters_to_call(db, by=me)
        calls = calls_about(db, visits, by=me)
    st.markdown(f"##### Patients to call ({len(visits)})")
    if not visits:
        st.caption("Every confirmation has an address to go to, and none has failed.")
        return
    if len(visits) == CALLS_LISTED:
        st.caption(f"The first {CALLS_LISTED}, by time. Others come up as these are told.")
    visit = _chosen(visits, calls, hospital)
    if visit is None or visit.letter is None:
        st.caption("No letter reached them. Choose a row to note a call or to send it again.")
        return
    form = f"{submission_id('call')}/{visit.letter.id}"
    with st.container(border=True, key="call"):
        _head(visit, hospital)
        _note_a_call(visit, visit.letter, form, me)
        with st.container(horizontal=True):
            _send_again(visit, visit.letter, form, me)
            slip_button(visit, place="call")


def _chosen(
    visits: Sequence[Visit], calls: dict[int, PhoneCall], hospital: Hospital
) -> Visit | None:
    rows = [_row(visit, calls, hospital) for visit in visits]
    ids = [visit.letter.id or 0 for visit in visits if visit.letter]
    return pick.row(rows, visits, ids, alt=TO_CALL)


def _row(visit: Visit, calls: dict[int, PhoneCall], hospital: Hospital) -> dict[str, object]:
    last = calls.get(visit.letter.id or 0) if visit.letter else None
    row = show.visit_row(visit, hospital)
    row |= {
        "Phone": contact.phone_words(visit.patient.phone),
        "Why": _why(visit),
        "Last call": _call_words(last, hospital) if last else "",
    }
    return {name: row[name] for name in _COLUMNS}


def _why(visit: Visit) -> str:
    off = visit.appointment.status is AppointmentStatus.CANCELLED
    news = "cancelled, " if off else ""
    if visit.letter is None or visit.letter.status is MessageStatus.UNADDRESSED:
        return f"{news}no email"
    state = "failed" if visit.letter.status is MessageStatus.FAILED else "not taken yet"
    words = f": {visit.letter.outcome}" if visit.letter.outcome else ""
    return f"{news}letter {state}{words}"


def _call_words(call: PhoneCall, hospital: Hospital) -> str:
    at = clock.local(call.called_at, hospital.zone)
    return f"{OUTCOME_WORDS[call.outcome]}, {at:%d %b, %H:%M}"


def _head(visit: Visit, hospital: Hospital) -> None:
    phone = contact.phone_words(visit.patient.phone)
    st.markdown(f"**{plain(visit.patient.name)}** · :material/call: {plain(phone)}")
    when = clock.moment_words(visit.appointment.starts_at, hospital.zone)
    st.caption(plain(f"{when} · {visit.doctor.name} · {_why(visit)}"))


def _note_a_call(visit: Visit, letter: Message, form: str, me: Account) -> None:
    with st.form(form, border=False):
        words = OUTCOME_WORDS.__getitem__
        outcome = choose.few("What came of it", list(CallOutcome), form, shown=words)
        note = choose.words("Note", form, placeholder="May stay empty")
        asked = st.form_submit_button("Note the call", type="primary", icon=":material/call:")
    if asked:
        with record(f"The call to {visit.patient.name} is noted.", ends="call") as db:
            outcome = choose.given(outcome, "What came of it")
            log_call(db, letter, outcome, note, form=form, by=me)


def _send_again(visit: Visit, letter: Message, form: str, me: Account) -> None:
    if st.button("Send the letter again", key=f"{form}/again", icon=":material/forward_to_inbox:"):
        with record(f"The letter to {visit.patient.name} is queued again.", ends="call") as db:
            resend_letter(db, letter, by=me)


def slip_button(visit: Visit, *, place: str = "slip") -> None:
    """The appointment on paper, for whoever has no email; a page may offer it in two places."""
    appointment_id = visit.appointment.id or 0
    downloads.button(
        "Print a slip",
        lambda db, me: slip_paper(db, appointment_id, by=me),
        slip_pdf,
        name=f"appointment-{appointment_id}.pdf",
        icon=":material/print:",
        key=f"{place}-{appointment_id}",
    )
