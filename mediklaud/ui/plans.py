"""Payment plans on the screen: who needs one, the form of one, how each stands, and the talks."""

from collections.abc import Collection, Sequence
from datetime import date

import streamlit as st
from sqlmodel import Session

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.models import (
    Account,
    ContactKind,
    ContactOutcome,
    DuesContact,
    DuesLetter,
    Hospital,
    Message,
    Patient,
)
from mediklaud.money import rupees
from mediklaud.repository import (
    MOST_INSTALMENTS,
    PLANS_A_PAGE,
    OpenBill,
    OwedWhere,
    Part,
    PlanView,
    end_plan,
    last_contacts,
    minors_held_by,
    monthly_parts,
    note_contact,
    owed_numbers,
    standing_plans,
    who_owes,
)
from mediklaud.ui import choose, owing, pick, show
from mediklaud.ui.desk import beside, record, submission_id
from mediklaud.ui.plain import plain

ROWS_A_PAGE = 10
HELD, STANDING = "On hold", "Standing plans"
KIND_NAMES = {
    ContactKind.CALL: "Call",
    ContactKind.DESK: "At the desk",
    ContactKind.LETTER: "Letter",
    ContactKind.MESSAGE: "Message",
}
OUTCOME_NAMES = {
    ContactOutcome.SPOKEN: "Spoken to",
    ContactOutcome.PROMISED: "Promised to pay",
    ContactOutcome.DISPUTED: "Disputes it",
    ContactOutcome.NO_ANSWER: "No answer",
    ContactOutcome.WRONG_NUMBER: "Wrong number",
}


def lists(me: Account) -> None:
    """Who is on hold and which plans stand; a row opens the patient."""
    shown = choose.few("Show", [HELD, STANDING], "plans", chosen=HELD)
    chosen = _held(me) if shown == HELD else _standing(me)
    if chosen is not None:
        choose.keep_patient(chosen)
        st.rerun()


def _held(me: Account) -> int | None:
    with reading() as db:
        held = owed_numbers(db, OwedWhere(on_hold=True), by=me).on_hold
    if not held:
        st.success("Nobody is on hold for what is owed.", icon=":material/check_circle:")
        return None
    pages = -(-held // ROWS_A_PAGE)
    of = f"held/{pages}"
    first = (st.session_state.get(of, 1) - 1) * ROWS_A_PAGE
    with reading() as db:
        where = OwedWhere(on_hold=True)
        rows = who_owes(db, where, by=me, first=first, at_most=ROWS_A_PAGE)
        ids = [row.patient_id for row in rows]
        talks = last_contacts(db, ids, by=me)
        plans = words_of_payers(db, ids, me)
        minors = minors_held_by(db, ids, by=me)
    told = [_held_row(row, plans, talks, minors) for row in rows]
    chosen: int | None = pick.row(told, ids, ids, alt=HELD)
    if pages > 1:
        st.pagination(pages, key=of)
    st.caption("Choose a row to agree a plan. A plan that is kept opens booking at once.")
    return chosen


def _held_row(
    row: object,
    plans: dict[int, str],
    talks: dict[int, DuesContact],
    minors: dict[int, list[str]],
) -> dict[str, object]:
    talk = talks.get(row.patient_id)
    return {
        "Patient": row.patient_name,
        "Owed": rupees(row.all_paise),
        "Why on hold": owing.why_words(row, minors),
        "Plan": plans.get(row.patient_id, "none"),
        "Last talk": OUTCOME_NAMES[talk.outcome] if talk else "",
        "Phone": contact.phone_words(row.phone),
        "Number": row.patient_number,
    }


def words_of_payers(db: Session, payer_ids: Collection[int], me: Account) -> dict[int, str]:
    """How each of these payers' plans stand; of several the one that is not kept says it."""
    found: dict[int, PlanView] = {}
    some = standing_plans(db, by=me, payer_ids=payer_ids)
    while some:
        for one in some:
            if found.setdefault(one.plan.payer_id, one).kept:
                found[one.plan.payer_id] = one
        more, after = len(some) == PLANS_A_PAGE, some[-1].plan.id
        some = standing_plans(db, by=me, after=after, payer_ids=payer_ids) if more else []
    return {payer_id: standing_words(one) for payer_id, one in found.items()}


def _standing(me: Account) -> int | None:
    # Each page is asked for by the plan before it: one that ends meanwhile moves no other.
    turned: list[int] = st.session_state.setdefault("standing-plans-turned", [0])
    with reading() as db:
        found = standing_plans(db, by=me, after=turned[-1])
    chosen = None
    if found:
        payers = [one.plan.payer_id for one in found]
        ids = [one.plan.id for one in found]
        chosen = pick.row([_standing_row(one) for one in found], payers, ids, alt=STANDING)
    elif len(turned) > 1:
        st.info("No later plan stands.", icon=":material/event:")
    else:
        st.info("No plan stands. Choose who is on hold and agree one.", icon=":material/event:")
    with st.container(horizontal=True):
        if len(turned) > 1:
            st.button("Earlier plans", on_click=turned.pop, icon=":material/arrow_back:")
        if len(found) == PLANS_A_PAGE:
            last = (found[-1].plan.id,)
            st.button(
                "Later plans", on_click=turned.append, args=last, icon=":material/arrow_forward:"
            )
    return chosen


def _standing_row(one: PlanView) -> dict[str, object]:
    part = one.next_part
    return {
        "Patient": one.payer.name,
        "State": standing_words(one),
        "Owed": rupees(one.owed_paise),
        "Due before today": rupees(one.due_paise),
        "Cleared": rupees(max(0, one.cleared_paise)),
        "Next part": rupees(part.amount_paise - part.cleared_paise) if part else "",
        "Until": part.due_on if part else None,
        "Number": one.payer.number,
    }


def standing_words(one: PlanView) -> str:
    """How a plan stands today."""
    if one.plan.ended_at is not None:
        return "Ended"
    if not one.owed_paise:
        return "Paid"
    return "Kept" if one.kept else "Missed"


def fields(form: str, bills: Sequence[OpenBill], today: date) -> tuple[list[str], list[Part]]:
    """The bills a plan is for and its monthly parts, shown before it is agreed."""
    free = {bill.number: bill for bill in bills if bill.on_kept_plan is None}
    chosen = st.multiselect(
        "Bills",
        list(free),
        format_func=lambda number: _bill_words(free, number),
        key=f"{form}/Bills",
        placeholder="All that are on no plan",
    )
    beside("Bills")
    left, right = st.columns(2)
    with left:
        count = choose.number("Instalments", form, value=3, least=1, most=MOST_INSTALMENTS)
    with right:
        first_on = choose.day("First day", form, value=today, first=today)
    owed = sum(bill.owed_paise for bill in free.values() if not chosen or bill.number in chosen)
    parts = monthly_parts(owed, first_on, count) if count and first_on else []
    rows = [{"Until": part.due_on, "Amount": rupees(part.amount_paise)} for part in parts]
    show.table(rows, alt="The parts", height="content")
    st.caption(plain(f"{rupees(owed)} in all. While it is kept, these bills hold no booking back."))
    # The bills as they were drawn: another desk's new bill is not agreed unseen.
    return chosen or list(free), parts


def _bill_words(free: dict[str, OpenBill], number: str) -> str:
    bill = free.get(number)
    return f"{number} · {rupees(bill.owed_paise)} · {bill.doctor_name}" if bill else number


def plan(one: PlanView) -> None:
    """A plan as it stands, part by part; one that stands may be ended."""
    state = standing_words(one)
    colors = {"Kept": "green", "Missed": "red", "Paid": "blue", "Ended": "gray"}
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(_plan_words(one))}**", width="content")
            st.badge(state, color=colors[state])
        missed = f" · {rupees(one.missed_paise)} is missed" if state == "Missed" else ""
        st.caption(plain(f"{rupees(one.owed_paise)} is still owed{missed}"))
        rows = [
            {
                "Until": part.due_on,
                "Amount": rupees(part.amount_paise),
                "Cleared": rupees(part.cleared_paise),
            }
            for part in one.parts
        ]
        show.table(rows, alt=f"Parts of plan {one.plan.id}", height="content")
        if one.plan.ended_at is not None:
            st.caption(plain(f"Ended: {one.plan.end_reason}"))


def _plan_words(one: PlanView) -> str:
    parts = "1 part" if len(one.parts) == 1 else f"{len(one.parts)} parts"
    return f"Plan {one.plan.id}: {rupees(one.plan.total_paise)} in {parts}"


def end(standing: Sequence[PlanView], me: Account) -> None:
    """The form that ends a plan."""
    name = f"end/{standing[0].plan.payer_id}"
    form = submission_id(name)
    chosen = choose.one(
        "Plan",
        standing,
        form,
        shown=_plan_words,
        chosen=standing[0] if len(standing) == 1 else None,
    )
    reason = choose.words("Reason", form, placeholder="What is owed holds booking back again")
    if st.button("End the plan", key=f"{form}/end", icon=":material/event_busy:"):
        with record("The plan has ended.", ends=name) as db:
            end_plan(db, choose.given(chosen, "Plan").plan, reason, by=me)


def talk(payer: Patient, me: Account, today: date) -> None:
    """The form that notes a talk with whoever owes."""
    name = f"talk/{payer.number}"
    form = submission_id(name)
    kind = choose.few(
        "How", list(ContactKind), form, shown=KIND_NAMES.__getitem__, chosen=ContactKind.CALL
    )
    outcome = choose.few(
        "Outcome",
        list(ContactOutcome),
        form,
        shown=OUTCOME_NAMES.__getitem__,
        chosen=ContactOutcome.SPOKEN,
    )
    promised = outcome is ContactOutcome.PROMISED
    day = choose.day("Promised for", form, first=today) if promised else None
    note = choose.lines("Note", form, height=80)
    if st.button("Note the talk", key=f"{form}/note", icon=":material/edit_note:"):
        with record("The talk is noted.", ends=name) as db:
            told = {"note": note, "promised_on": day}
            note_contact(db, payer, kind, outcome, form=form, by=me, **told)


def talks(
    found: Sequence[DuesContact],
    hospital: Hospital,
    written: Sequence[tuple[DuesLetter, Message]] = (),
) -> None:
    """The follow-up of a payer's dues: what was noted and which letters left, the newest first."""
    if not found and not written:
        st.caption("Nothing was noted of these dues yet, and no letter was sent.")
        return
    log = [(one.at, _talk_row(one)) for one in found]
    log += [(one.queued_at, _letter_row(one, letter)) for one, letter in written]
    log.sort(key=lambda entry: entry[0], reverse=True)
    rows = [{"Date": clock.day_of(at, hospital.zone), **row} for at, row in log]
    show.table(rows, alt="Follow-up")


def outcome_words(one: DuesContact) -> str:
    """What came of a talk; a promise with its day."""
    words = OUTCOME_NAMES[one.outcome]
    return f"{words} by {one.promised_on:%d %b %Y}" if one.promised_on else words


def _talk_row(one: DuesContact) -> dict[str, object]:
    return {
        "How": KIND_NAMES[one.kind],
        "Outcome": outcome_words(one),
        "Note": one.note,
    }


def _letter_row(one: DuesLetter, letter: Message) -> dict[str, object]:
    return {
        "How": owing.LEVEL_NAMES[one.level].removeprefix("The ").capitalize(),
        "Outcome": show.letter_words(letter),
        "Note": f"{rupees(one.owed_paise)} owed; oldest bill {one.invoice_number}",
    }
