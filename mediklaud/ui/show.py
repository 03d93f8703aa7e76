"""What pages show again and again: a patient, dues, visits, sums."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from mediklaud import clock, contact
from mediklaud.config import settings
from mediklaud.models import Hospital, Message, MessageStatus, Patient
from mediklaud.money import rupees
from mediklaud.repository import Dues, OutboxState, Visit, did_not_arrive
from mediklaud.ui.plain import plain

STATUS_WORDS = {
    "booked": "Booked",
    "arrived": "Arrived",
    "fulfilled": "Done",
    "cancelled": "Cancelled",
    "noshow": "Did not come",
}
KIND_WORDS = {"first": "First visit", "follow_up": "Follow-up", "procedure": "Procedure"}
_DATES = ("Day", "Date", "From", "Until")
_WIDTHS = {"Patient": 165, "State": 118}
_SUMS = ("Owed", "Value", "Total", "Dues then", "Tax", "Not credited", "Price today")
SEX_WORDS = {"female": "Female", "male": "Male", "other": "Other", "unknown": "Not known"}


def patient(kept: Patient, hospital: Hospital) -> None:
    """Who a patient is."""
    today = clock.today(hospital.zone)
    about = "about " if kept.birth_date_is_estimated else ""
    born = "" if kept.birth_date_is_estimated else f" (born {kept.birth_date:%d %b %Y})"
    st.table(
        {
            "Age": f"{about}{clock.age_words(kept.birth_date, today)}{born}",
            "Sex": SEX_WORDS[kept.sex],
            "Phone": plain(contact.phone_words(kept.phone)),
            "Email": plain(kept.email or "none: letters cannot reach this patient"),
            "Address": plain(kept.address.replace("\n", ", ")),
        },
        border="horizontal",
    )


def dues(owed: Dues, *, brief: bool = False) -> None:
    """What a patient owes, bill by bill, and whether routine booking is on hold.

    A brief table fits beside a form: the bill, what is owed and its date.
    """
    if not owed.bills:
        st.success("Nothing is owed.", icon=":material/check_circle:")
        return
    sum_words = f"{plain(rupees(owed.total_paise))} is owed{plain(_by_payer(owed))}."
    if owed.on_hold:
        st.error(
            f"Routine booking is on hold: {sum_words} "
            f"The rule: {plain(owed.rule)}. Finance takes the payment or agrees a payment plan, "
            "and booking is open at once; a waiver is asked for, and another person decides; an "
            "emergency is never held back.",
            icon=":material/front_hand:",
        )
    else:
        st.warning(sum_words, icon=":material/info:")
    table(
        [
            {
                "Bill": bill.number,
                "Owed": rupees(bill.owed_paise),
                "Date": bill.issued_on,
                "Age in days": bill.age_days,
                "Doctor": bill.doctor_name,
                "Total": rupees(bill.total_paise),
            }
            for bill in owed.bills
        ],
        alt="Open bills",
        column_order=("Bill", "Owed", "Date") if brief else None,
    )


def _by_payer(owed: Dues) -> str:
    # The desk would look in vain for such a bill in the account of the minor it speaks of.
    if not owed.payers_paise:
        return ""
    rest = owed.total_paise - owed.payers_paise
    part = f"{rupees(owed.payers_paise)} of it" if rest else "all of it"
    return f", {part} by who pays for this minor"


def visits(found: Sequence[Visit], hospital: Hospital, *, alt: str) -> None:
    """Appointments as a table, by time."""
    table([visit_row(visit, hospital) for visit in found], alt=alt)


def visit_row(visit: Visit, hospital: Hospital) -> dict[str, object]:
    """An appointment as a row."""
    at = clock.local(visit.appointment.starts_at, hospital.zone)
    return {
        "Day": at.date(),
        "Time": f"{at:%H:%M}",
        "Patient": visit.patient.name,
        "Number": visit.patient.number,
        "Doctor": visit.doctor.name,
        "Visit": KIND_WORDS[visit.appointment.kind],
        "State": state_words(visit),
        "Letter": letter_words(visit.letter),
    }


def state_words(visit: Visit) -> str:
    """How an appointment stands; who is with the doctor is no longer only arrived."""
    if visit.begun_at is not None:
        return "In consultation"
    if visit.moved_to_id is not None:
        return "Moved"
    return STATUS_WORDS[visit.appointment.status]


def note_words(visit: Visit) -> str:
    """What is out of the ordinary: a letter that failed, an emergency, walked in, overbooked."""
    one = visit.appointment
    marks = {
        "letter failed": letter_mark(visit.letter) == "letter failed",
        "emergency": one.emergency_reason is not None,
        "walk-in": one.walk_in,
        "overbooked": one.overbook_number is not None,
    }
    return ", ".join(word for word, is_so in marks.items() if is_so)


def letter_words(letter: Message | None) -> str:
    """How a letter stands, in a word or two; what did not arrive is marked."""
    if letter is None:
        return ""
    if letter.status is MessageStatus.QUEUED:
        if letter.outcome:
            return "not taken yet"
        return "resting" if letter.next_attempt_at > clock.now() else "queued"
    kept = letter.outcome.startswith("kept")
    return {
        MessageStatus.SENDING: "on its way",
        MessageStatus.SENT: "kept as a file" if kept else "sent",
        MessageStatus.FAILED: "failed: call",
        MessageStatus.UNADDRESSED: "no email: call",
        MessageStatus.WITHDRAWN: "",
    }[letter.status]


def letter_mark(letter: Message | None) -> str:
    """The mark of an appointment whose letter reached nobody; empty where none is needed."""
    if letter is None or not did_not_arrive(letter):
        return ""
    return "no letter" if letter.status is MessageStatus.UNADDRESSED else "letter failed"


def has_mail_server() -> bool:
    """Whether letters leave the house."""
    return bool(settings().smtp_url.get_secret_value())


def mail_state() -> None:
    """Where letters go, on every screen that speaks of mail."""
    if not has_mail_server():
        st.caption(
            ":material/drafts: No mail server is set: letters are kept as files in the data "
            "folder and reach nobody. The administrator sets one."
        )


def outbox(mail: OutboxState) -> None:
    """How the hospital's letters stand, and where they go."""
    mail_state()
    if has_mail_server():
        st.caption(":material/outgoing_mail: A mail server is set: letters leave the house.")
    waiting, failed, unaddressed = st.columns(3)
    waiting.metric("Letters waiting", mail.queued, border=True)
    failed.metric("Failed: call", mail.failed, border=True)
    unaddressed.metric("No email: call", mail.unaddressed, border=True)


def table(rows: Sequence[dict[str, object]], *, alt: str, **options: object) -> object:
    """Rows as text, never as Markdown; dates as the desk reads them."""
    frame = pd.DataFrame(list(rows))
    dates = st.column_config.DateColumn(format="DD MMM YYYY")
    sums = st.column_config.TextColumn(alignment="right")
    # Left to itself a column is too narrow for the longest of these words.
    wide = {word: st.column_config.TextColumn(width=width) for word, width in _WIDTHS.items()}
    kinds = dict.fromkeys(_DATES, dates) | dict.fromkeys(_SUMS, sums) | wide
    config = {name: kind for name, kind in kinds.items() if name in frame}
    return st.dataframe(frame, hide_index=True, alt=alt, column_config=config, **options)


def numbers(found: dict[str, object]) -> None:
    """A row of numbers, each with its word; on a narrow screen four stand two by two."""
    shown = list(found.items())
    halves = (shown[:2], shown[2:]) if len(shown) == 4 else (shown,)
    for column, half in zip(st.columns(len(halves)), halves, strict=True):
        with column.container(horizontal=True):
            for word, value in half:
                st.metric(word, value, border=True)
