"""Who may do what: every verb asks, and asks first, whoever calls it."""

import ast
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from mediklaud import database, repository
from mediklaud.config import ROOT
from mediklaud.errors import AlreadySetUp, NotPermitted
from mediklaud.models import Account, Role
from mediklaud.permissions import MAY, Deed
from mediklaud.repository import CONSOLE, change_account, create_account, roles_of
from tests.hospital import PASSWORD, ward_of

# What each verb is. Two deeds: either role opens it.
VERBS: dict[str, tuple[Deed, ...]] = {
    "audit_deeds": (Deed.SEE_AUDIT,),
    "audit_lines": (Deed.SEE_AUDIT,),
    "take_out_audit": (Deed.SEE_AUDIT,),
    "declare_holiday": (Deed.PLAN_SESSIONS,),
    "extend_hold": (Deed.BOOK,),
    "hold_time": (Deed.BOOK,),
    "overbook_appointment": (Deed.OVERBOOK,),
    "own_hold": (Deed.BOOK,),
    "release_hold": (Deed.BOOK,),
    "restore_appointment": (Deed.CHANGE_APPOINTMENT,),
    "undo_arrival": (Deed.CHANGE_APPOINTMENT,),
    "undo_no_show": (Deed.CHANGE_APPOINTMENT,),
    "walk_in": (Deed.BOOK,),
    "withdraw_holiday": (Deed.PLAN_SESSIONS,),
    "accounts_with_roles": (Deed.KEEP_ACCOUNTS, Deed.DESIGNATE_REGISTRAR),
    "appointments_in": (Deed.PLAN_SESSIONS,),
    "arrive": (Deed.CHANGE_APPOINTMENT,),
    "board": (Deed.SEE_BOARD,),
    "begin_consultation": (Deed.CONSULT,),
    "best_times": (Deed.RELOCATE,),
    "count_stranded": (Deed.RELOCATE,),
    "left_in": (Deed.RELOCATE,),
    "other_times": (Deed.RELOCATE,),
    "relocate": (Deed.RELOCATE,),
    "stranded": (Deed.RELOCATE,),
    "bill_paper": (Deed.SEE_PAPERS,),
    "bills_of": (Deed.SEE_PAPERS,),
    "book_appointment": (Deed.BOOK,),
    "booked_on": (Deed.PLAN_SESSIONS,),
    "cancel_appointment": (Deed.CHANGE_APPOINTMENT,),
    "change_account": (Deed.KEEP_ACCOUNTS,),
    "change_settings": (Deed.CHANGE_SETTINGS,),
    "check_house": (Deed.CHECK_HOUSE,),
    "check_report": (Deed.CHECK_HOUSE,),
    "close_session": (Deed.PLAN_SESSIONS,),
    "create_account": (Deed.KEEP_ACCOUNTS,),
    "account_numbers": (Deed.KEEP_ACCOUNTS,),
    "billed_lines": (Deed.SEE_SUMMARIES,),
    "allocated_lines": (Deed.SEE_SUMMARIES,),
    "credited_lines": (Deed.SEE_SUMMARIES,),
    "till_lines": (Deed.SEE_SUMMARIES,),
    "billed_sums": (Deed.SEE_SUMMARIES,),
    "allocated_sums": (Deed.SEE_SUMMARIES,),
    "credited_sums": (Deed.SEE_SUMMARIES,),
    "till_sums": (Deed.SEE_SUMMARIES,),
    "owed_on_the_eve": (Deed.SEE_SUMMARIES,),
    "aged_sums": (Deed.SEE_DUES,),
    "whose_bills": (Deed.SEE_DUES,),
    "owed_numbers": (Deed.SEE_DUES,),
    "who_owes": (Deed.SEE_DUES,),
    "statement_of": (Deed.SEE_DUES,),
    "count_own_patients": (Deed.SEE_OWN_SCHEDULE,),
    "day_numbers": (Deed.SEE_DAY,),
    "day_pages": (Deed.SEE_DAY,),
    "letter_numbers": (Deed.SEE_LETTERS,),
    "own_day_numbers": (Deed.SEE_OWN_SCHEDULE,),
    "papers_numbered": (Deed.SEE_PAPERS,),
    "received_lines": (Deed.SEE_SUMMARIES,),
    "day_visits": (Deed.SEE_DAY,),
    "deactivate_doctor": (Deed.DEACTIVATE_DOCTOR,),
    "designate_registrar": (Deed.DESIGNATE_REGISTRAR,),
    "edit_doctor": (Deed.REGISTER_DOCTOR,),
    "edit_patient": (Deed.ENROLL_PATIENT,),
    "emergencies": (Deed.REVIEW_EMERGENCIES,),
    "enroll_patient": (Deed.ENROLL_PATIENT,),
    "expected_today": (Deed.SEE_DAY,),
    "find_patients": (Deed.FIND_PATIENT,),
    "finish_consultation": (Deed.CONSULT,),
    "grant_leave": (Deed.PLAN_SESSIONS,),
    "letters_to_call": (Deed.SEE_DAY,),
    "calls_about": (Deed.SEE_DAY,),
    "check_mail": (Deed.CHECK_HOUSE,),
    "close_feed": (Deed.SEE_OWN_SCHEDULE,),
    "consents_of": (Deed.FIND_PATIENT,),
    "feed_of": (Deed.SEE_OWN_SCHEDULE,),
    "log_call": (Deed.CALL_PATIENTS,),
    "open_feed": (Deed.SEE_OWN_SCHEDULE,),
    "remind_of_dues": (Deed.FOLLOW_UP_DUES,),
    "remind_all_due": (Deed.FOLLOW_UP_DUES,),
    "due_letters": (Deed.SEE_DUES,),
    "due_numbers": (Deed.SEE_DUES,),
    "dues_letters_of": (Deed.SEE_DUES,),
    "last_dues_letters": (Deed.SEE_DUES,),
    "next_letter": (Deed.SEE_DUES,),
    "resend_letter": (Deed.RESEND_LETTERS,),
    "slip_paper": (Deed.SEE_DAY,),
    "send_trial": (Deed.CHANGE_SETTINGS,),
    "undelivered_letters": (Deed.SEE_LETTERS,),
    "likely_duplicates": (Deed.ENROLL_PATIENT,),
    "move_appointment": (Deed.CHANGE_APPOINTMENT,),
    "no_shows_of": (Deed.SEE_DAY,),
    "note_no_show": (Deed.CHANGE_APPOINTMENT,),
    "open_bills": (Deed.SEE_DUES,),
    "open_consultation": (Deed.CONSULT,),
    "open_record": (Deed.OPEN_RECORD,),
    "open_session": (Deed.PLAN_SESSIONS,),
    "own_patients": (Deed.SEE_OWN_SCHEDULE,),
    "patient_with": (Deed.FIND_PATIENT,),
    "queue_of": (Deed.SEE_DAY, Deed.SEE_OWN_SCHEDULE),
    "reactivate_doctor": (Deed.DEACTIVATE_DOCTOR,),
    "receipt_paper": (Deed.SEE_PAPERS,),
    "receipts_of": (Deed.SEE_PAPERS,),
    "register_doctor": (Deed.REGISTER_DOCTOR,),
    "reset_password": (Deed.KEEP_ACCOUNTS,),
    "schedule_of": (Deed.SEE_OWN_SCHEDULE,),
    "staff_numbers": (Deed.REGISTER_DOCTOR,),
    "take_payment": (Deed.TAKE_PAYMENT,),
    "take_tenders": (Deed.TAKE_PAYMENT,),
    "take_advance": (Deed.TAKE_PAYMENT,),
    "use_advance": (Deed.TAKE_PAYMENT,),
    "advances_of": (Deed.SEE_PAPERS,),
    "advance_paper": (Deed.SEE_PAPERS,),
    "bill_again": (Deed.BILL_SERVICES,),
    "bill_services": (Deed.BILL_SERVICES,),
    "cancel_credit_note": (Deed.GIVE_CREDIT,),
    "credit_note_paper": (Deed.SEE_PAPERS,),
    "credit_notes_of": (Deed.SEE_PAPERS,),
    "credit_notes_of_patient": (Deed.SEE_PAPERS,),
    "payments_on": (Deed.SEE_PAPERS,),
    "unbilled_visit": (Deed.SEE_PAPERS,),
    "issue_credit_note": (Deed.GIVE_CREDIT,),
    "keep_service": (Deed.KEEP_SERVICES,),
    "name_payer": (Deed.NAME_PAYER,),
    "price_service": (Deed.KEEP_SERVICES,),
    "refund_paper": (Deed.SEE_PAPERS,),
    "refund_payment": (Deed.REFUND,),
    "refunds_of": (Deed.SEE_PAPERS,),
    "reverse_payment": (Deed.REVERSE_PAYMENT,),
    "till_numbers": (Deed.SEE_DUES,),
    "agree_plan": (Deed.AGREE_PLAN,),
    "end_plan": (Deed.AGREE_PLAN,),
    "plans_of": (Deed.SEE_DUES,),
    "standing_plans": (Deed.SEE_DUES,),
    "bills_on_kept_plans": (Deed.SEE_DUES,),
    "give_discount": (Deed.GIVE_DISCOUNT,),
    "discount_left": (Deed.GIVE_DISCOUNT,),
    "set_discount_limit": (Deed.KEEP_ACCOUNTS,),
    "ask_waiver": (Deed.ASK_WAIVER,),
    "newest_waivers": (Deed.ASK_WAIVER,),
    "own_waivers": (Deed.ASK_WAIVER,),
    "approve_waiver": (Deed.DECIDE_WAIVER,),
    "refuse_waiver": (Deed.DECIDE_WAIVER,),
    "asked_waivers": (Deed.DECIDE_WAIVER,),
    "waivers_of": (Deed.SEE_DUES,),
    "till_of": (Deed.CLOSE_DAY,),
    "close_day": (Deed.CLOSE_DAY,),
    "standing_close": (Deed.CLOSE_DAY,),
    "closed_days": (Deed.SEE_CLOSES,),
    "unclosed_days": (Deed.SEE_CLOSES,),
    "reopen_day": (Deed.REOPEN_DAY,),
    "note_contact": (Deed.FOLLOW_UP_DUES,),
    "pause_reminders": (Deed.FOLLOW_UP_DUES,),
    "resume_reminders": (Deed.FOLLOW_UP_DUES,),
    "contacts_of": (Deed.SEE_DUES,),
    "last_contacts": (Deed.SEE_DUES,),
    "pauses_of": (Deed.SEE_DUES,),
    "set_share": (Deed.SET_SHARES,),
    "share_terms": (Deed.SEE_SHARES,),
    "received_for": (Deed.SEE_SHARES,),
    "doctor_statement": (Deed.SEE_SHARES,),
    "share_lines": (Deed.SEE_SHARES,),
    "upcoming_visits": (Deed.SEE_DAY,),
    "withdraw_leave": (Deed.PLAN_SESSIONS,),
    "withdraw_wait": (Deed.KEEP_WAITLIST,),
    "who_fits": (Deed.KEEP_WAITLIST,),
    "waits_of": (Deed.KEEP_WAITLIST,),
    "waiting": (Deed.KEEP_WAITLIST,),
    "ran_out": (Deed.KEEP_WAITLIST,),
    "put_on_waitlist": (Deed.KEEP_WAITLIST,),
    "openings_for": (Deed.KEEP_WAITLIST,),
    "just_freed": (Deed.KEEP_WAITLIST,),
    "book_waiting": (Deed.KEEP_WAITLIST,),
}
# What pages and servers call without an account, and why that is no door.
OPEN = {
    "anchor_log": "a count and a seal name nobody",
    "monthly_parts": "it only divides a sum",
    "first_free": "free times name nobody",
    "follow_ups_of": "what a follow-up costs is told with its price",
    "held_times": "which clerk holds a time is for every desk to see",
    "holidays_between": "holidays are open to every desk",
    "overbookings_left": "a count names nobody",
    "address_of": "it only looks at a patient in hand",
    "did_not_arrive": "it only looks at a letter in hand",
    "account_named": "signing in asks for it before anybody is signed in",
    "begin_sign_in": "the password was checked a moment before",
    "change_own_password": "the present password is the permission",
    "check_code": "the one-time code is the permission",
    "doctor_with": "the list of doctors is open to every desk",
    "doctors": "the list of doctors is open to every desk",
    "doctors_page": "the list of doctors is open to every desk",
    "creditable_lines": "part of a credit note, for desks that have the bill in hand",
    "is_minor": "arithmetic on two days",
    "payer_of": "part of every bill, which its own deed asks for",
    "to_pay": "part of taking a payment, and what the till's form begins with",
    "dues_of": "the gate asks it inside a booking, and shows every desk why it holds",
    "end_sign_in": "the token is the permission",
    "fees_today": "the list of prices is open to every desk",
    "first_password": "it only makes a password up",
    "first_visit_code": "only the server's terminal is told",
    "follow_up_words": "it only words a rule",
    "free_slots": "free times name nobody",
    "is_locked": "signing in asks for it before anybody is signed in",
    "is_set_up": "the front door asks before there is an account",
    "is_stale": "the token is the permission",
    "is_token": "it only looks at a word",
    "leave_words": "it only words a leave",
    "leaves_of": "when a doctor is away is open to every desk",
    "live_account": "the token is the permission",
    "note_seen": "the token is the permission",
    "note_wrong_try": "signing in writes it before anybody is signed in",
    "open_hospital": "it works once, behind the one-time code",
    "late_since": "how long a letter waits names nobody",
    "read_feed": "the token is the permission",
    "outbox_state": "counts of letters name nobody",
    "permit": "it is the question itself",
    "policy_words": "it only words a rule",
    "priced_services": "the list of prices is open to every desk",
    "roles_of": "permit itself asks it",
    "sessions_of": "when a doctor works is open to every desk",
    "weekdays_of": "it only reads an entry",
    "the_hospital": "name and zone of the hospital are on every screen",
}
# Verbs of sibling files that take `by` and do not ask, since the verb that calls them did.
ASKED_BEFORE = {
    "announce": "a part of every booking",
    "clear_holds": "a part of every booking",
    "move_booked": "what move_appointment and relocate have in common",
    "new_appointment": "a part of every booking",
    "promise": "the one door that every booking comes through",
    "promise_again": "the same door, for an appointment that is to be live again",
    "revive": "a part of restore_appointment and undo_no_show",
    "bill_at_arrival": "a part of every arrival",
    "bill_consultation": "a part of finish_consultation and of every arrival",
    "issue": "a part of every bill",
    "credit": "a part of every credit note",
    "receive": "a part of take_tenders and take_advance",
    "unbill": "a part of undo_arrival and cancel_appointment",
    "note_deed": "the audit row of whatever was permitted",
    "note_opened": "the audit row of a reading that was permitted",
    "noted": "a question about the audit log, within note_opened",
    "note_consents": "a part of enroll_patient and edit_patient",
    "permit": "the question itself",
    "tell_the_cmo": "a part of book_appointment",
}


def verbs() -> dict[str, Callable[..., Any]]:
    """Every function the repository offers to pages."""
    named = {name: getattr(repository, name) for name in repository.__all__}
    return {name: verb for name, verb in named.items() if inspect.isfunction(verb)}


def parameters(verb: Callable[..., Any]) -> list[str]:
    """What a verb is told."""
    return list(inspect.signature(verb).parameters)


def test_every_verb_is_a_deed_or_says_why_it_is_open():
    asking = {name for name, verb in verbs().items() if "by" in parameters(verb)} - {"permit"}

    assert asking == set(VERBS)
    assert set(verbs()) - asking == set(OPEN)


def test_every_deed_has_a_role_and_words():
    assert set(MAY) == set(Deed)
    assert all(roles for roles in MAY.values())
    assert all(deed.value for deed in Deed)


def test_every_role_may_do_something():
    assert set(Role) == set().union(*MAY.values())


def asks(function: ast.FunctionDef, others: dict[str, ast.FunctionDef]) -> bool:
    """Whether a function calls permit, itself or through one that it hands `by` to."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    names = {ast.unparse(call.func) for call in calls}
    return "permit" in names or any(
        asks(others[name], {one: other for one, other in others.items() if one != name})
        for name in names & set(others)
        if name not in ASKED_BEFORE
    )


def functions_with_by(source: str) -> dict[str, ast.FunctionDef]:
    """The public functions of a file that are told who acts."""
    return {
        node.name: node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and any(one.arg == "by" for one in (*node.args.args, *node.args.kwonlyargs))
    }


def unasked(source: str) -> set[str]:
    """The functions of a file that are told who acts and never ask whether they may."""
    found = functions_with_by(source)
    return {name for name, function in found.items() if not asks(function, found)}


def test_every_function_that_is_told_who_acts_asks_whether_they_may():
    files = (ROOT / "mediklaud" / "repository").glob("*.py")
    found = set().union(*(unasked(path.read_text()) for path in files))

    assert found == set(ASKED_BEFORE)


def test_a_function_that_does_not_ask_is_found():
    assert unasked("def waive(db, *, by):\n    db.delete()") == {"waive"}
    assert unasked("def waive(db, *, by):\n    permit(db, by, Deed.WAIVE)") == set()
    assert unasked("def waive(db, *, by):\n    note_deed(db, by, 'waived')") == {"waive"}


@pytest.fixture
def accounts(sqlite_house) -> dict[Role, Account]:
    """One account for each role, which holds that role alone."""
    with database.transaction() as db:
        ward = ward_of(db)
        chief = create_account(db, "chief", "Chief", PASSWORD, {Role.CMO}, by=ward.tara)
        named = {"by": ward.tara}
        registrar = create_account(
            db, "registrar", "Registrar", PASSWORD, {Role.REGISTRAR}, **named
        )
        return {
            Role.CMO: chief,
            Role.REGISTRAR: registrar,
            Role.FRONT_DESK: ward.meera,
            Role.DOCTOR: ward.rao_account,
            Role.FINANCE: ward.ishaan,
            Role.ADMINISTRATOR: ward.tara,
        }


def let_in(name: str, by: Account) -> bool:
    """Whether a verb gets past its permission; it is told nonsense, so it must ask first."""
    verb = verbs()[name]
    told = {one: 0 for one in parameters(verb) if one not in ("db", "by")}
    with Session(database.engine()) as db:
        try:
            verb(db, by=by, **told)
        except NotPermitted:
            return False
        except Exception:  # it choked on the nonsense, so it was past the door
            return True
        finally:
            db.rollback()
    return True


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_let_into_its_own_deeds_and_no_others(accounts, role):
    allowed = {name for name, deeds in VERBS.items() if any(role in MAY[one] for one in deeds)}

    assert {name for name in VERBS if let_in(name, accounts[role])} == allowed


@pytest.mark.parametrize("role", list(Role))
def test_a_disabled_account_is_let_in_nowhere(accounts, role):
    with database.transaction() as db:
        db.merge(accounts[role]).active = False

    assert {name for name in VERBS if let_in(name, accounts[role])} == set()


def test_a_role_that_was_taken_away_is_gone_in_the_middle_of_a_page(accounts):
    clerk = accounts[Role.FRONT_DESK]
    assert let_in("book_appointment", clerk)

    with database.transaction() as db:
        change_account(db, clerk, {Role.FINANCE}, by=accounts[Role.ADMINISTRATOR])

    assert not let_in("book_appointment", clerk)
    assert let_in("take_payment", clerk)


def test_the_console_is_let_in_everywhere(sqlite_house):
    assert {name for name in VERBS if let_in(name, CONSOLE)} == set(VERBS)


def test_an_account_that_only_calls_itself_console_is_not_the_console(db, ward):
    impostor = Account(**CONSOLE.model_dump())

    assert roles_of(db, impostor) == frozenset()
    with pytest.raises(NotPermitted):
        repository.permit(db, impostor, Deed.KEEP_ACCOUNTS)


def test_a_refusal_names_the_deed(db, ward):
    with pytest.raises(NotPermitted, match=r"may not take payments\. Ask the administrator"):
        repository.permit(db, ward.meera, Deed.TAKE_PAYMENT)


def test_only_the_very_first_account_comes_from_nobody(db, ward):
    with pytest.raises(AlreadySetUp):
        create_account(db, "thief", "A Thief", PASSWORD, {Role.ADMINISTRATOR}, by=None)
