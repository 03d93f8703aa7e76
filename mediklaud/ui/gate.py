"""The dues gate as finance works on it: who is on hold, whose letter is due, the follow-up."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st
from sqlmodel import Session

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.models import Account, Hospital, Patient
from mediklaud.money import rupees
from mediklaud.repository import (
    LETTERS_AT_ONCE,
    DueNumbers,
    OwedNumbers,
    OwedWhere,
    due_letters,
    held_since,
    last_contacts,
    last_dues_letters,
    minors_held_by,
    next_letter,
    pause_reminders,
    pauses_of,
    remind_all_due,
    remind_of_dues,
    resume_reminders,
    who_owes,
)
from mediklaud.ui import choose, owing, plans, sums
from mediklaud.ui.desk import record, say, submission_id
from mediklaud.ui.plain import plain

HELD, DUE = "On hold", "Letters due"
_ON_HOLD = OwedWhere(on_hold=True)
# Few enough that the follow-up of a chosen row is near it.
_ROWS = 10
_HELD = {
    "patient_name": "Patient",
    "owed_paise": "Owed",
    "why": "Why on hold",
    "since": "On hold since",
    "contact": "Last contact",
    "plan": "Plan",
    "phone": "Phone",
    "patient_number": "Number",
}
_DUE = {
    "patient_name": "Patient",
    "owed_paise": "Owed",
    "letter": "Letter",
    "oldest_on": "Oldest bill",
    "last_on": "Letter before",
    "state": "State",
    "phone": "Phone",
    "patient_number": "Number",
}


def numbers(found: OwedNumbers, due: DueNumbers) -> None:
    """The gate in four numbers."""
    sums.metrics(
        {
            HELD: f"{found.on_hold:,}",
            "They owe": rupees(found.owed_paise),
            DUE: f"{due.ready:,}",
            "Letters at rest": f"{due.paused:,}",
        }
    )


def letters_card(due: DueNumbers, me: Account) -> None:
    """How many letters are due, by level, and the one click that queues them."""
    with st.container(border=True):
        st.markdown("**Reminder letters**")
        st.caption(plain(_due_words(due)))
        asked = st.button(
            "Queue all letters that are due",
            key=f"{submission_id()}/all",
            disabled=not due.ready,
            icon=":material/outgoing_mail:",
        )
    if asked:
        with record() as db:
            count = remind_all_due(db, by=me)
            more = count == LETTERS_AT_ONCE
            say(db, f"Letters queued: {count}.{' Click again for the rest.' if more else ''}")


def _due_words(due: DueNumbers) -> str:
    names = ("first", "second", "final")
    levels = [f"{count} {name}" for count, name in zip(due.by_level, names, strict=True) if count]
    words = [f"Due today: {', '.join(levels)}." if levels else "No letter is due today."]
    if due.paused:
        words.append(f"At rest: {due.paused}.")
    if due.unreachable:
        words.append(f"Due but without an address, so to be called: {due.unreachable}.")
    return " ".join([*words, "Each level leaves once, a week or more after the one before."])


def choose_payer(
    found: OwedNumbers, due: DueNumbers, hospital: Hospital, me: Account, today: date
) -> int | None:
    """Who is on hold, or whose letter is due, a page at a time; the payer whose row is chosen."""
    shown = choose.few("Show", [HELD, DUE], "gate", chosen=HELD)
    count = found.on_hold if shown == HELD else due.ready + due.paused + due.unreachable
    if not count:
        words = "Nobody is on hold for what is owed." if shown == HELD else "No letter is due."
        st.success(words, icon=":material/check_circle:")
        return None
    pages = -(-count // _ROWS)
    # Another list opens on its first page.
    of = f"gate/{shown}/{pages}"
    first = (st.session_state.get(of, 1) - 1) * _ROWS
    rows, names = (_held, _HELD) if shown == HELD else (_due, _DUE)
    with reading() as db:
        seen = rows(db, hospital, me, first, _ROWS)
    picked = sums.chosen_row(seen, names, by="patient_id", alt=shown)
    if pages > 1:
        st.pagination(pages, key=of)
    with st.container(horizontal=True):
        sums.file_buttons(
            lambda db, me: rows(db, hospital, me, 0, LETTERS_AT_ONCE),
            names,
            name=f"{shown.lower().replace(' ', '-')}-{today}",
        )
    if count > LETTERS_AT_ONCE:
        st.caption(f"A file has the first {LETTERS_AT_ONCE}.")
    return int(picked["patient_id"]) if picked is not None else None


def _held(db: Session, hospital: Hospital, me: Account, first: int, at_most: int) -> pd.DataFrame:
    rows = who_owes(db, _ON_HOLD, by=me, first=first, at_most=at_most)
    payers = [row.patient_id for row in rows]
    contacts = _contacts(db, payers, hospital, me)
    standing = plans.words_of_payers(db, payers, me)
    since = held_since(db, payers, by=me)
    minors = minors_held_by(db, payers, by=me)
    told = [
        {
            **row._mapping,
            "owed_paise": row.all_paise,
            "why": owing.why_words(row, minors),
            "since": since.get(row.patient_id),
            "contact": contacts.get(row.patient_id, "none yet"),
            "plan": standing.get(row.patient_id, "none"),
            "phone": contact.phone_words(row.phone),
        }
        for row in rows
    ]
    kinds = {"since": "datetime64[s]", "owed_paise": "int64"}
    return pd.DataFrame(told, columns=["patient_id", *_HELD]).astype(kinds)


def _contacts(db: Session, payer_ids: list[int], hospital: Hospital, me: Account) -> dict[int, str]:
    """What was done last about each payer's dues, talk or letter, with its day."""
    found: dict[int, tuple] = {}
    for payer_id, talk in last_contacts(db, payer_ids, by=me).items():
        found[payer_id] = (talk.at, plans.outcome_words(talk))
    for payer_id, letter in last_dues_letters(db, payer_ids, by=me).items():
        newest = (letter.queued_at, owing.LEVEL_NAMES[letter.level])
        found[payer_id] = max(found.get(payer_id, newest), newest)
    return {
        payer_id: f"{clock.day_of(at, hospital.zone):%d %b %Y}: {words}"
        for payer_id, (at, words) in found.items()
    }


def _due(db: Session, _hospital: Hospital, me: Account, first: int, at_most: int) -> pd.DataFrame:
    rows = due_letters(db, by=me, first=first, at_most=at_most)
    told = [
        {
            **row._mapping,
            "patient_id": row.payer_id,
            "letter": owing.LEVEL_NAMES[row.level].removeprefix("The ").capitalize(),
            "state": _state(row),
            "phone": contact.phone_words(row.phone),
        }
        for row in rows
    ]
    kinds = {"oldest_on": "datetime64[s]", "last_on": "datetime64[s]", "owed_paise": "int64"}
    return pd.DataFrame(told, columns=["patient_id", *_DUE]).astype(kinds)


def _state(row) -> str:
    if row.paused_until:
        return f"At rest until {row.paused_until:%d %b %Y}"
    return "Due" if row.reachable else "No address: call"


def held_too(minors: Sequence[str]) -> None:
    """Whose booking this payer's hold stops as well."""
    if minors:
        st.caption(plain(f"Also holds back {', '.join(minors)}."))


def ways_on(payer: Patient, me: Account) -> None:
    """What can be done for one payer, each a click away."""
    with st.container(horizontal=True):
        if st.button("Take a payment", type="primary", icon=":material/payments:"):
            st.switch_page("pages/finance/payment.py")
        if st.button("Agree a plan", icon=":material/calendar_month:"):
            st.switch_page("pages/finance/plans.py")
        if st.button("Ask for a waiver", icon=":material/percent:"):
            st.switch_page("pages/finance/waivers.py")
        if st.button("Remind by letter", icon=":material/forward_to_inbox:"):
            with record() as db:
                say(db, owing.reminded_words(remind_of_dues(db, payer, by=me)))


def reminders(payer: Patient, me: Account, today: date) -> None:
    """When the next letter leaves, and a pause of them, with its reason and its last day."""
    with reading() as db:
        coming = next_letter(db, payer, by=me)
        pause = pauses_of(db, [payer.id or 0], by=me).get(payer.id or 0)
    if pause is None and coming is None:
        st.caption("No further letter leaves: the final one has, or a plan is kept.")
    elif pause is None:
        due = "due now" if coming.due_on <= today else f"due from {coming.due_on:%d %b %Y} on"
        st.caption(plain(f"{owing.LEVEL_NAMES[coming.level]} is next, {due}."))
    form = submission_id(f"pause/{payer.id}")
    if pause is not None:
        words = f"Letters rest until {pause.last_day:%d %b %Y}: {pause.reason}"
        st.info(plain(words), icon=":material/notifications_paused:")
        if st.button("Resume letters", key=f"{form}/resume", icon=":material/play_arrow:"):
            with record("Letters leave again when they are due.") as db:
                resume_reminders(db, payer, by=me)
        return
    with st.expander("Let letters rest", icon=":material/notifications_paused:"):
        last_day = choose.day("Last day", form, first=today)
        reason = choose.words("Reason", form, placeholder="Such as: an insurer is to pay")
        asked = st.button("Let them rest", key=f"{form}/pause", icon=":material/pause:")
    if asked:
        with record("Letters rest until the end of that day.") as db:
            pause_reminders(db, payer, choose.given(last_day, "Last day"), reason, by=me)
