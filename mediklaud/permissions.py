"""The one table of who may do what: deeds and reads by role, nobody by default.

Every verb the repository offers stands in it once: under its deed, or among the open ones with
why it is no door. A verb under two deeds is opened by either. Each asks inside (`permit`).
"""

from dataclasses import dataclass
from enum import StrEnum

from mediklaud.models import Role


class Deed(StrEnum):
    """What a desk may ask for; the value completes the sentence "Your account may not …"."""

    REGISTER_DOCTOR = "register doctors"
    DEACTIVATE_DOCTOR = "deactivate doctors"
    DESIGNATE_REGISTRAR = "designate registrars"
    PLAN_SESSIONS = "plan sessions and leave"
    REVIEW_EMERGENCIES = "review emergency bookings"
    REVIEW_GLASS = "review records opened by break-glass"
    EXPORT_RECORD = "export a patient's record"
    ENROLL_PATIENT = "enroll patients"
    FIND_PATIENT = "look up patients"
    BOOK = "book appointments"
    CHANGE_APPOINTMENT = "change appointments"
    OVERBOOK = "overbook a session"
    KEEP_WAITLIST = "keep the waitlist"
    RELOCATE = "move patients whose time is gone"
    SEE_BOARD = "show the waiting room's board"
    SEE_DAY = "see the day's appointments"
    SEE_OWN_SCHEDULE = "see a doctor's schedule"
    OPEN_RECORD = "open a patient's record"
    BREAK_GLASS = "open the record of another doctor's patient"
    CONSULT = "begin and finish consultations"
    SEE_OWED = "see what a patient owes"
    SEE_DUES = "see outstanding dues"
    TAKE_PAYMENT = "take payments"
    GIVE_CREDIT = "issue and cancel credit notes"
    REFUND = "refund payments"
    REVERSE_PAYMENT = "reverse payments"
    BILL_SERVICES = "bill services"
    KEEP_SERVICES = "keep services and their prices"
    NAME_PAYER = "name who pays for a minor"
    SEE_PAPERS = "see bills and receipts"
    SEE_SUMMARIES = "see billing summaries"
    AGREE_PLAN = "agree and end payment plans"
    GIVE_DISCOUNT = "give discounts"
    ASK_WAIVER = "ask for waivers"
    DECIDE_WAIVER = "decide on waivers"
    FOLLOW_UP_DUES = "follow up outstanding dues"
    CLOSE_DAY = "close days at the till"
    SEE_CLOSES = "see closed days"
    REOPEN_DAY = "reopen closed days"
    SET_SHARES = "set doctors' shares"
    SEE_SHARES = "see doctors' shares"
    CHECK_HOUSE = "run the self-check"
    KEEP_ACCOUNTS = "keep accounts and roles"
    CHANGE_SETTINGS = "change the hospital's settings"
    SEE_LETTERS = "see the letters' state"
    CALL_PATIENTS = "call patients whom no letter reached"
    RESEND_LETTERS = "send letters again"
    SEE_AUDIT = "search the audit log"


@dataclass(frozen=True)
class Permission:
    """Who may do a deed, the verbs that do it, and of whose things alone where not of all."""

    roles: frozenset[Role]
    verbs: str
    whose: str = ""


_CMO, _REGISTRAR, _DESK, _DOCTOR, _FINANCE, _ADMINISTRATOR = (
    frozenset({role})
    for role in (
        *(Role.CMO, Role.REGISTRAR, Role.FRONT_DESK),
        *(Role.DOCTOR, Role.FINANCE, Role.ADMINISTRATOR),
    )
)

TABLE: dict[Deed, Permission] = {
    Deed.REGISTER_DOCTOR: Permission(
        _CMO | _REGISTRAR,
        "edit_doctor register_doctor staff_numbers",
    ),
    Deed.DEACTIVATE_DOCTOR: Permission(
        _CMO,
        "deactivate_doctor reactivate_doctor",
    ),
    Deed.DESIGNATE_REGISTRAR: Permission(
        _CMO,
        "accounts_with_roles designate_registrar",
    ),
    Deed.PLAN_SESSIONS: Permission(
        _CMO | _REGISTRAR,
        "appointments_in booked_on close_session declare_holiday grant_leave "
        "open_session withdraw_holiday withdraw_leave",
    ),
    Deed.REVIEW_EMERGENCIES: Permission(
        _CMO,
        "emergencies",
    ),
    Deed.REVIEW_GLASS: Permission(
        _CMO,
        "glasses_broken review_glass unreviewed_glasses",
        "not the own ones",
    ),
    Deed.EXPORT_RECORD: Permission(
        _CMO,
        "export_record find_to_export",
        "one patient, with a reason",
    ),
    Deed.ENROLL_PATIENT: Permission(
        _DESK,
        "edit_patient enroll_patient likely_duplicates",
    ),
    Deed.FIND_PATIENT: Permission(
        _DESK | _FINANCE,
        "consents_of find_patients patient_with",
    ),
    Deed.BOOK: Permission(
        _DESK,
        "book_appointment extend_hold follow_ups_left held_times hold_time own_hold "
        "release_hold walk_in walk_in_time",
        "a hold: the clerk's own",
    ),
    Deed.CHANGE_APPOINTMENT: Permission(
        _DESK,
        "arrive cancel_appointment move_appointment note_no_show restore_appointment "
        "undo_arrival undo_no_show",
    ),
    Deed.OVERBOOK: Permission(
        _DESK,
        "overbook_appointment",
    ),
    Deed.KEEP_WAITLIST: Permission(
        _DESK,
        "book_waiting just_freed openings_for put_on_waitlist ran_out waiting waits_of "
        "who_fits withdraw_wait",
    ),
    Deed.RELOCATE: Permission(
        _CMO | _REGISTRAR | _DESK,
        "best_times count_stranded left_in other_times price_if_moved prices_there relocate "
        "stranded",
    ),
    Deed.SEE_BOARD: Permission(
        _DESK,
        "board",
    ),
    Deed.SEE_DAY: Permission(
        _DESK,
        "calls_about day_numbers day_pages day_visits expected_today letters_to_call "
        "no_shows_of queue_of slip_paper upcoming_visits",
    ),
    Deed.SEE_OWN_SCHEDULE: Permission(
        _DOCTOR,
        "close_feed count_own_patients feed_of open_feed own_day own_day_numbers own_patients "
        "queue_of schedule_of",
        "the doctor's own schedule, own patients and own calendar",
    ),
    Deed.OPEN_RECORD: Permission(
        _DOCTOR,
        "open_record",
        "own patients: an appointment that stands, or a consultation; else under a broken glass",
    ),
    Deed.BREAK_GLASS: Permission(
        _DOCTOR,
        "break_glass find_exactly",
        "one patient found by the exact number or phone, for 60 minutes, with a reason",
    ),
    Deed.CONSULT: Permission(
        _DOCTOR,
        "begin_consultation finish_consultation open_consultation",
        "the doctor's own appointments, on their day",
    ),
    Deed.SEE_OWED: Permission(
        _DESK | _FINANCE,
        "owed_by",
    ),
    Deed.SEE_DUES: Permission(
        _FINANCE,
        "aged_sums bills_on_kept_plans bills_to_pay contacts_of due_letters due_numbers "
        "dues_letters_of held_since last_contacts last_dues_letters minors_held_by "
        "next_letter numbers_and_payers open_bills owed_numbers pauses_of plans_of standing_plans "
        "statement_of till_numbers waivers_of who_owes whose_bills",
    ),
    Deed.TAKE_PAYMENT: Permission(
        _FINANCE,
        "take_advance take_payment take_tenders use_advance",
        "bills of one payer, who is the patient or pays for the patient",
    ),
    Deed.GIVE_CREDIT: Permission(
        _FINANCE,
        "cancel_credit_note issue_credit_note",
        "lines of the bill that the note names",
    ),
    Deed.REFUND: Permission(
        _FINANCE,
        "refund_payment",
    ),
    Deed.REVERSE_PAYMENT: Permission(
        _FINANCE,
        "reverse_payment",
    ),
    Deed.BILL_SERVICES: Permission(
        _FINANCE,
        "bill_again bill_services",
    ),
    Deed.KEEP_SERVICES: Permission(
        _CMO | _FINANCE,
        "keep_service price_service",
    ),
    Deed.NAME_PAYER: Permission(
        _DESK | _FINANCE,
        "name_payer",
    ),
    Deed.SEE_PAPERS: Permission(
        _FINANCE,
        "advance_paper advances_of bill_paper bills_of credit_note_paper "
        "credit_notes_of credit_notes_of_patient lines_to_credit papers_numbered "
        "payments_on print_paper receipt_paper receipts_of refund_paper refunds_of "
        "unbilled_visit",
    ),
    Deed.SEE_SUMMARIES: Permission(
        _CMO | _FINANCE,
        "allocated_lines allocated_sums billed_lines billed_sums credited_lines "
        "credited_sums owed_on_the_eve received_lines till_lines till_sums",
    ),
    Deed.AGREE_PLAN: Permission(
        _FINANCE,
        "agree_plan end_plan",
    ),
    Deed.GIVE_DISCOUNT: Permission(
        _FINANCE,
        "discount_left give_discount",
        "up to the account's own limit",
    ),
    Deed.ASK_WAIVER: Permission(
        _DESK | _FINANCE,
        "ask_waiver newest_waivers own_waivers",
    ),
    Deed.DECIDE_WAIVER: Permission(
        _CMO | _FINANCE,
        "approve_waiver asked_waivers refuse_waiver",
        "not what one asked for",
    ),
    Deed.FOLLOW_UP_DUES: Permission(
        _FINANCE,
        "note_contact pause_reminders remind_all_due remind_of_dues resume_reminders",
    ),
    Deed.CLOSE_DAY: Permission(
        _FINANCE,
        "close_day standing_close till_of",
        "the cashier's own day",
    ),
    Deed.SEE_CLOSES: Permission(
        _CMO | _FINANCE,
        "closed_days days_left_open unclosed_days",
    ),
    Deed.REOPEN_DAY: Permission(
        _CMO | _FINANCE,
        "reopen_day",
        "not the own day",
    ),
    Deed.SET_SHARES: Permission(
        _CMO,
        "set_share",
    ),
    Deed.SEE_SHARES: Permission(
        _CMO | _FINANCE,
        "doctor_statement received_for share_lines share_terms",
    ),
    Deed.CHECK_HOUSE: Permission(
        _CMO | _FINANCE | _ADMINISTRATOR,
        "check_house check_mail check_report",
    ),
    Deed.KEEP_ACCOUNTS: Permission(
        _ADMINISTRATOR,
        "account_numbers accounts_with_roles change_account create_account issue_code "
        "reset_factor set_discount_limit "
        "unlink_identity with_factor",
        "not the last CMO's or administrator's role, nor the own discount limit",
    ),
    Deed.CHANGE_SETTINGS: Permission(
        _ADMINISTRATOR,
        "change_settings send_trial",
    ),
    Deed.SEE_LETTERS: Permission(
        _DESK | _FINANCE | _ADMINISTRATOR,
        "letter_numbers undelivered_letters",
    ),
    Deed.CALL_PATIENTS: Permission(
        _DESK,
        "log_call",
    ),
    Deed.RESEND_LETTERS: Permission(
        _DESK | _ADMINISTRATOR,
        "resend_letter",
    ),
    Deed.SEE_AUDIT: Permission(
        _CMO | _ADMINISTRATOR,
        "audit_deeds audit_lines take_out_audit",
        "an administrator: what changed only where the house itself did",
    ),
}
# What of a patient the pages and files of a role show, beside names, hospital numbers and ages.
# Where a role has nobody to call, a list shows the end of a phone.
SHOWN: dict[str, tuple[frozenset[Role], str]] = {
    "consultation notes": (_DOCTOR, "own patients', or under a broken glass"),
    "why a record was opened by break-glass": (_CMO, "the review, and the audit log"),
    "why an appointment was cancelled": (_CMO | _DESK, "the day's list; the audit log"),
    "date of birth": (_DESK | _DOCTOR, "the card; the record"),
    "email": (_DESK, "the card"),
    "address": (
        _DESK | _DOCTOR | _FINANCE,
        "the card; the record; bills and receipts, which name their recipient",
    ),
    "phone": (
        _CMO | _REGISTRAR | _DESK | _DOCTOR | _FINANCE,
        "whoever moves or books a patient, follows up dues or opens the record",
    ),
}
# What `permit` asks on the way of every deed.
MAY: dict[Deed, frozenset[Role]] = {deed: one.roles for deed, one in TABLE.items()}

# What pages and servers call without an account, and why that is no door.
OPEN = {
    "account_named": "signing in asks for it before anybody is signed in",
    "address_of": "it only looks at a patient in hand",
    "anchor_log": "a count and a seal name nobody",
    "begin_own_try": "the own account, and its sign-in is asked for",
    "begin_sign_in": "the password was checked a moment before",
    "begin_try": "signing in counts it before anybody is signed in",
    "change_own_password": "the present password is the permission",
    "check_code": "the one-time code is the permission",
    "come_by_identity": "the provider's signed token is the permission",
    "come_in": "the password or the code was proved a moment before",
    "did_not_arrive": "it only looks at a letter in hand",
    "doctor_with": "the list of doctors is open to every desk",
    "doctors": "the list of doctors is open to every desk",
    "doctors_page": "the list of doctors is open to every desk",
    "end_own_sign_in": "the own account, and its sign-in is asked for",
    "end_own_try": "the own account, and its sign-in is asked for",
    "end_sign_in": "the token is the permission",
    "enroll_and_come_in": "the password was proved a moment before",
    "enroll_factor": "the own account, and its sign-in is asked for",
    "fees_then": "the list of prices is open to every desk",
    "fees_to_come": "the list of prices is open to every desk",
    "fees_today": "the list of prices is open to every desk",
    "first_free": "free times name nobody",
    "first_visit_code": "only the server's terminal is told",
    "follow_up_words": "it only words a rule",
    "free_slots": "free times name nobody",
    "has_factor": "signing in asks for it before anybody is signed in",
    "holidays_between": "holidays are open to every desk",
    "is_locked": "signing in asks for it before anybody is signed in",
    "is_minor": "arithmetic on two days",
    "is_set_up": "the front door asks before there is an account",
    "is_stale": "the token is the permission",
    "is_token": "it only looks at a word",
    "judge_factor": "the password and the code are the permission",
    "judge_password": "the password is the permission",
    "late_since": "how long a letter waits names nobody",
    "leave_words": "it only words a leave",
    "leaves_of": "when a doctor is away is open to every desk",
    "live_account": "the token is the permission",
    "monthly_parts": "it only divides a sum",
    "needs_factor": "signing in asks for it before anybody is signed in",
    "new_secret": "it only makes a secret up",
    "note_refused_identity": "the front door writes it before anybody is signed in",
    "note_seen": "the token is the permission",
    "open_hospital": "it works once, behind the one-time code",
    "outbox_state": "counts of letters name nobody",
    "overbookings_left": "a count names nobody",
    "own_sign_ins": "the own account, and its sign-in is asked for",
    "permit": "it is the question itself",
    "policy_words": "it only words a rule",
    "priced_services": "the list of prices is open to every desk",
    "read_feed": "the token is the permission",
    "recovery_codes_left": "the own account, and its sign-in is asked for",
    "remove_factor": "the present password and a code are the permission",
    "renew_recovery_codes": "the present password and a code are the permission",
    "roles_of": "permit itself asks it",
    "runs_late": "that somebody waits names nobody",
    "secret_address": "it only words a secret in hand",
    "sessions_of": "when a doctor works is open to every desk",
    "sign_out_elsewhere": "the own account, and its sign-in is asked for",
    "sign_out_everywhere": "the own account, and its sign-in is asked for",
    "still_halfway": "the password was proved a moment before",
    "the_hospital": "name and zone of the hospital are on every screen",
    "use_code": "the one-time code is the permission",
    "watching_account": "the token is the permission",
    "weekdays_of": "it only reads an entry",
}

# Functions of sibling files that are told who acts and do not ask, since their callers did.
ASKED_BEFORE = {
    "opening_of": "a part of open_record",
    "announce": "a part of every booking",
    "bill_at_arrival": "a part of every arrival",
    "bill_consultation": "a part of finish_consultation and of every arrival",
    "clear_holds": "a part of every booking",
    "credit": "a part of every credit note",
    "issue": "a part of every bill",
    "move_booked": "what move_appointment and relocate have in common",
    "new_appointment": "a part of every booking",
    "note_consents": "a part of enroll_patient and edit_patient",
    "note_deed": "the audit row of whatever was permitted",
    "note_opened": "the audit row of a reading that was permitted",
    "noted": "a question about the audit log, within note_opened",
    "permit": "the question itself",
    "promise": "the one door that every booking comes through",
    "promise_again": "the same door, for an appointment that is to be live again",
    "receive": "a part of take_tenders and take_advance",
    "refuse_anothers": "a part of every deed that names a hold",
    "revive": "a part of restore_appointment and undo_no_show",
    "tell_the_cmo": "a part of book_appointment",
    "unbill": "a part of undo_arrival and cancel_appointment",
}


def deeds_of(verb: str) -> tuple[Deed, ...]:
    """The deeds under which a verb stands; any of their roles opens it."""
    return tuple(deed for deed, one in TABLE.items() if verb in one.verbs.split())
