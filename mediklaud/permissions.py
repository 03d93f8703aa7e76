"""The one table of who may do what: deeds and reads by role, nobody by default."""

from enum import StrEnum

from mediklaud.models import Role


class Deed(StrEnum):
    """What a desk may ask for; the value completes the sentence "Your account may not …"."""

    REGISTER_DOCTOR = "register doctors"
    DEACTIVATE_DOCTOR = "deactivate doctors"
    DESIGNATE_REGISTRAR = "designate registrars"
    PLAN_SESSIONS = "plan sessions and leave"
    REVIEW_EMERGENCIES = "review emergency bookings"
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
    CONSULT = "begin and finish consultations"
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


_CMO, _REGISTRAR, _DESK = Role.CMO, Role.REGISTRAR, Role.FRONT_DESK
_DOCTOR, _FINANCE, _ADMINISTRATOR = Role.DOCTOR, Role.FINANCE, Role.ADMINISTRATOR

MAY: dict[Deed, frozenset[Role]] = {
    Deed.REGISTER_DOCTOR: frozenset({_CMO, _REGISTRAR}),
    Deed.DEACTIVATE_DOCTOR: frozenset({_CMO}),
    Deed.DESIGNATE_REGISTRAR: frozenset({_CMO}),
    Deed.PLAN_SESSIONS: frozenset({_CMO, _REGISTRAR}),
    Deed.REVIEW_EMERGENCIES: frozenset({_CMO}),
    Deed.ENROLL_PATIENT: frozenset({_DESK}),
    Deed.FIND_PATIENT: frozenset({_DESK, _FINANCE}),
    Deed.BOOK: frozenset({_DESK}),
    Deed.CHANGE_APPOINTMENT: frozenset({_DESK}),
    Deed.OVERBOOK: frozenset({_DESK}),
    Deed.KEEP_WAITLIST: frozenset({_DESK}),
    Deed.RELOCATE: frozenset({_CMO, _REGISTRAR, _DESK}),
    Deed.SEE_BOARD: frozenset({_DESK}),
    Deed.SEE_DAY: frozenset({_DESK}),
    Deed.SEE_OWN_SCHEDULE: frozenset({_DOCTOR}),
    Deed.OPEN_RECORD: frozenset({_DOCTOR}),
    Deed.CONSULT: frozenset({_DOCTOR}),
    Deed.SEE_DUES: frozenset({_FINANCE}),
    Deed.TAKE_PAYMENT: frozenset({_FINANCE}),
    Deed.GIVE_CREDIT: frozenset({_FINANCE}),
    Deed.REFUND: frozenset({_FINANCE}),
    Deed.REVERSE_PAYMENT: frozenset({_FINANCE}),
    Deed.BILL_SERVICES: frozenset({_FINANCE}),
    Deed.KEEP_SERVICES: frozenset({_FINANCE, _CMO}),
    Deed.NAME_PAYER: frozenset({_DESK, _FINANCE}),
    Deed.SEE_PAPERS: frozenset({_FINANCE}),
    Deed.SEE_SUMMARIES: frozenset({_FINANCE, _CMO}),
    Deed.AGREE_PLAN: frozenset({_FINANCE}),
    Deed.GIVE_DISCOUNT: frozenset({_FINANCE}),
    Deed.ASK_WAIVER: frozenset({_FINANCE, _DESK}),
    Deed.DECIDE_WAIVER: frozenset({_FINANCE, _CMO}),
    Deed.FOLLOW_UP_DUES: frozenset({_FINANCE}),
    Deed.CLOSE_DAY: frozenset({_FINANCE}),
    Deed.SEE_CLOSES: frozenset({_FINANCE, _CMO}),
    Deed.REOPEN_DAY: frozenset({_FINANCE, _CMO}),
    Deed.SET_SHARES: frozenset({_CMO}),
    Deed.SEE_SHARES: frozenset({_FINANCE, _CMO}),
    Deed.CHECK_HOUSE: frozenset({_FINANCE, _CMO, _ADMINISTRATOR}),
    Deed.KEEP_ACCOUNTS: frozenset({_ADMINISTRATOR}),
    Deed.CHANGE_SETTINGS: frozenset({_ADMINISTRATOR}),
    Deed.SEE_LETTERS: frozenset({_DESK, _FINANCE, _ADMINISTRATOR}),
    Deed.CALL_PATIENTS: frozenset({_DESK}),
    Deed.RESEND_LETTERS: frozenset({_DESK, _ADMINISTRATOR}),
    Deed.SEE_AUDIT: frozenset({_CMO, _ADMINISTRATOR}),
}
