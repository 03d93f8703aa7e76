"""Every text a desk can give the house: each verb's words, one by one, and what becomes of them."""

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, get_args, get_type_hints

import pyotp
from sqlmodel import Session, col, select
from time_machine import Traveller

from mediklaud import clock, text
from mediklaud import repository as ask
from mediklaud.config import ROOT
from mediklaud.database import transaction
from mediklaud.models import (
    Account,
    Appointment,
    CallOutcome,
    ContactKind,
    ContactOutcome,
    CreditKind,
    CreditNote,
    DayClose,
    DayCount,
    EmergencyReason,
    Encounter,
    GlassReason,
    Invoice,
    Message,
    Method,
    Patient,
    Payment,
    PaymentPlan,
    Role,
    SignIn,
    VisitKind,
    WaiverRequest,
)
from mediklaud.money import read_rupees
from mediklaud.repository import (
    AuditSearch,
    Count,
    HospitalForm,
    Part,
    ServiceForm,
    Tender,
    WaitForm,
)
from tests.day import TOMORROW, live_through_a_day
from tests.hospital import ASHA, HOSPITAL, IYER, PASSWORD, RAO, TODAY, Ward, at, ward_of

# The Big List of Naughty Strings by Max Woolf and others, under the MIT licence beside it.
LISTED = json.loads((ROOT / "tests" / "data" / "naughty_strings.json").read_text())
# What the list lacks: NUL, lone surrogates, private and unassigned letters, turned names, length.
OURS = (
    *("\x00", "Asha\x00Menon", "\ud800", "a\udfffb", "\udc00\ud800", "\u202eahsA", "\u2066x\u2069"),
    *(
        "Jose\u0301",
        "\u0301",
        "\ufffe",
        "\ue000",
        "\U000e0041",
        "a\tb\x0b\x0c",
        "one\r\ntwo\rthree",
    ),
    *("\u200b", "\xad", "=1+1", "x" * 4001, "\U0001f600" * 2000, "9" * 6000, "9" * 11),
)
NAUGHTY = (*OURS, *LISTED)


@dataclass(frozen=True)
class Desk:
    """The cast's evening, and what a text may be given to."""

    db: Session
    ward: Ward

    def one(self, table: type[Any], *where: Any) -> Any:
        """The newest row of a table, or of those that are meant."""
        return self.db.exec(select(table).where(*where).order_by(col(table.id).desc())).first()


Given = tuple[Any, str] | None
Give = Callable[[Desk, str], Given]


@dataclass(frozen=True)
class Text:
    """One text of one verb. `shape` is how it is kept: as typed, as a code, or only looked up."""

    verb: str
    word: str
    give: Give
    shape: str

    def __str__(self) -> str:
        return f"{self.verb}.{self.word}"


def kept_as(shape: str, typed: str) -> str:
    """What the filter leaves of a text, however long it is."""
    most = {"field": "Text", "at_most": len(typed) + 1}
    said = text.note(typed, **most) if shape == "note" else text.line(typed, **most)
    return text.bare(said) if shape == "bare" else said


# The people


def _account(desk: Desk, words: str, *, word: str) -> Given:
    told = {"username": "asked", "name": "Asked", word: words}
    who = (told.pop("username"), told.pop("name"), PASSWORD, {Role.FRONT_DESK})
    return ask.create_account(desk.db, *who, by=desk.ward.tara, **told), word


def _changed(desk: Desk, words: str) -> Given:
    meera, tara = desk.ward.meera, desk.ward.tara
    kept = ask.change_account(desk.db, meera, {Role.FRONT_DESK}, by=tara, email=words)
    return kept, "email"


def _registered(desk: Desk, words: str, *, word: str) -> Given:
    typed = replace(IYER, **{"registration": "KMC 90210", word: words})
    return ask.register_doctor(desk.db, typed, by=desk.ward.khan), word


def _edited(desk: Desk, words: str, *, word: str) -> Given:
    kept, typed = desk.ward.rao, replace(RAO, **{word: words})
    return ask.edit_doctor(desk.db, kept, typed, version=kept.version, by=desk.ward.khan), word


def _enrolled(desk: Desk, words: str, *, word: str) -> Given:
    typed = replace(ASHA, **{word: words})
    return ask.enroll_patient(desk.db, typed, form="asked", by=desk.ward.meera), word


def _corrected(desk: Desk, words: str, *, word: str) -> Given:
    kept, typed = desk.ward.asha, replace(ASHA, **{word: words})
    return ask.edit_patient(desk.db, kept, typed, version=kept.version, by=desk.ward.meera), word


def _alike(desk: Desk, words: str, *, word: str) -> None:
    ask.likely_duplicates(desk.db, replace(ASHA, **{word: words}), by=desk.ward.meera)


def _settled(desk: Desk, words: str, *, word: str) -> Given:
    typed: HospitalForm = replace(HOSPITAL, **{word: words})
    return ask.change_settings(desk.db, typed, by=desk.ward.tara), word


# Times


def _holiday(desk: Desk, words: str) -> Given:
    return ask.declare_holiday(desk.db, date(2026, 12, 28), words, by=desk.ward.khan), "name"


def _leave(desk: Desk, words: str) -> Given:
    day = date(2026, 12, 30)
    told = {"form": "asked", "by": desk.ward.khan, "reason": words}
    return ask.grant_leave(desk.db, desk.ward.rao, day, day, **told), "reason"


def _cancelled(desk: Desk, words: str) -> Given:
    booked = desk.one(Appointment, Appointment.form == "asha-tomorrow")
    return ask.cancel_appointment(desk.db, booked, words, by=desk.ward.meera), "cancel_reason"


def _overbooked(desk: Desk, words: str) -> Given:
    first, ten = VisitKind.FIRST, at(10, day=TOMORROW)
    who, whom = desk.ward.ben, desk.ward.rao
    told = {"form": "asked", "by": desk.ward.meera, "emergency": EmergencyReason.ACUTE_PAIN}
    made = ask.overbook_appointment(desk.db, who, whom, ten, first, words, **told)
    return made, "overbook_reason"


def _waits(desk: Desk, words: str) -> Given:
    typed = WaitForm(VisitKind.FIRST, TOMORROW, TOMORROW, specialty=words)
    made = ask.put_on_waitlist(desk.db, desk.ward.asha, typed, form="asked", by=desk.ward.meera)
    return made, "specialty"


def _finished(desk: Desk, words: str) -> Given:
    encounter = desk.one(Encounter, col(Encounter.finished_at).is_(None))
    ask.finish_consultation(desk.db, encounter, words, by=desk.ward.rao_account)
    return desk.one(Encounter, Encounter.id == encounter.id), "note"


def _called(desk: Desk, words: str) -> Given:
    letter = desk.one(Message, Message.status == "unaddressed")
    told = {"form": "asked", "by": desk.ward.meera}
    return ask.log_call(desk.db, letter, CallOutcome.NO_ANSWER, words, **told), "note"


def _glass_broken(desk: Desk, words: str) -> Given:
    told = {"form": "asked", "by": desk.ward.iyer_account}
    eve = desk.one(Patient, Patient.name == "Eve Roy")
    return ask.break_glass(desk.db, eve, GlassReason.OTHER, words, **told), "words"


def _glass_reviewed(desk: Desk, words: str) -> Given:
    glass, _ = _glass_broken(desk, "Covering tonight") or (None, "")
    return ask.review_glass(desk.db, glass.id, words, by=desk.ward.khan), "review_note"


def _exported(desk: Desk, words: str) -> None:
    ask.export_record(desk.db, desk.ward.asha.id or 0, words, by=desk.ward.khan)


# Money


def _number(desk: Desk, form: str) -> str:
    return str(desk.db.exec(select(Invoice.number).where(Invoice.form == form)).one())


def _talked(desk: Desk, words: str) -> Given:
    how = (ContactKind.CALL, ContactOutcome.NO_ANSWER)
    told = {"form": "asked", "by": desk.ward.ishaan, "note": words}
    return ask.note_contact(desk.db, desk.ward.ben, *how, **told), "note"


def _paused(desk: Desk, words: str) -> Given:
    day = TODAY + timedelta(days=3)
    return ask.pause_reminders(desk.db, desk.ward.ben, day, words, by=desk.ward.ishaan), "reason"


def _waiver_asked(desk: Desk, words: str) -> Given:
    told = {"form": "asked", "by": desk.ward.ishaan}
    return ask.ask_waiver(desk.db, _owed(desk), 60_00, words, **told), "reason"


def _owed(desk: Desk) -> str:
    # Ben's visit of noon: nobody asked a waiver of it yet.
    return "JMI/2627/000003"


def _discount(desk: Desk, words: str) -> Given:
    told = {"form": "asked", "by": desk.ward.ishaan}
    return ask.give_discount(desk.db, _owed(desk), 10_00, words, **told), "reason"


def _waiver(desk: Desk) -> WaiverRequest:
    found: WaiverRequest = desk.one(WaiverRequest, WaiverRequest.status == "requested")
    return found


def _approved(desk: Desk, words: str) -> Given:
    one = _waiver(desk)
    ask.approve_waiver(desk.db, one, by=desk.ward.khan, note=words)
    return desk.one(WaiverRequest, WaiverRequest.id == one.id), "decision"


def _refused(desk: Desk, words: str) -> Given:
    return ask.refuse_waiver(desk.db, _waiver(desk), words, by=desk.ward.khan), "decision"


def _credited(desk: Desk, words: str) -> Given:
    told = {"form": "asked", "by": desk.ward.ishaan}
    number = _number(desk, "plasters")
    return ask.issue_credit_note(desk.db, number, CreditKind.VOID, words, **told), "reason"


def _uncredited(desk: Desk, words: str) -> Given:
    note = desk.db.exec(select(CreditNote).where(CreditNote.form == "credit-1")).one()
    ask.cancel_credit_note(desk.db, note.number, words, by=desk.ward.ishaan)
    return note, "cancel_reason"


def _advance(desk: Desk) -> Payment:
    found: Payment = desk.one(Payment, Payment.amount_paise == 1000_00)
    return found


def _given_back(desk: Desk, words: str, *, word: str) -> Given:
    told = {"reason": "Asked for it", "reference": "R2", word: words}
    reason, by = told.pop("reason"), desk.ward.ishaan
    paid = _advance(desk)
    made = ask.refund_payment(
        desk.db, paid, 100_00, Method.UPI, reason, form="asked", by=by, **told
    )
    return made, word


def _undone(desk: Desk, words: str) -> Given:
    upi = desk.one(Payment, Payment.reference == "42")
    return ask.reverse_payment(desk.db, upi, words, by=desk.ward.ishaan), "reason"


def _paid(desk: Desk, words: str) -> Given:
    told = {"form": "asked", "by": desk.ward.ishaan, "reference": words}
    ask.take_payment(desk.db, desk.ward.ben, 10_00, Method.UPI, **told)
    return desk.one(Payment), "reference"


def _tendered(desk: Desk, words: str) -> Given:
    told = {"form": "asked", "by": desk.ward.ishaan}
    ask.take_tenders(desk.db, desk.ward.ben, [Tender(10_00, Method.UPI, words)], **told)
    return desk.one(Payment), "reference"


def _in_advance(desk: Desk, words: str) -> Given:
    payer = _advance(desk).payer_id
    dev = ask.patient_with(desk.db, payer, by=desk.ward.meera)
    told = {"form": "asked", "by": desk.ward.ishaan}
    ask.take_advance(desk.db, dev, [Tender(10_00, Method.UPI, words)], **told)
    return desk.one(Payment), "reference"


def _closed(desk: Desk, words: str) -> Given:
    by = desk.ward.ishaan
    exact = [Count(one.method, one.system_paise) for one in ask.till_of(desk.db, by, TODAY, by=by)]
    short = Count(exact[0].method, exact[0].counted_paise - 1_00, words)
    close = ask.close_day(desk.db, [short, *exact[1:]], form="asked", by=by, day=TODAY)
    kept = select(DayCount).where(DayCount.close_id == close.id, DayCount.method == short.method)
    return desk.db.exec(kept).one(), "reason"


def _closed_for_another(desk: Desk, words: str) -> Given:
    told = {"roles": {Role.FINANCE}, "by": desk.ward.tara}
    gone = ask.create_account(desk.db, "gone", "Priya Nair", PASSWORD, **told)
    ask.change_account(desk.db, gone, active=False, **told)
    told = {"form": "asked", "by": desk.ward.ishaan, "left_by": gone, "reason": words}
    return ask.close_day(desk.db, [], **told), "close_reason"


def _reopened(desk: Desk, words: str) -> Given:
    close = desk.one(DayClose, col(DayClose.reopened_at).is_(None))
    return ask.reopen_day(desk.db, close, words, by=desk.ward.khan), "reopen_reason"


def _plan_ended(desk: Desk, words: str) -> Given:
    plan = desk.one(PaymentPlan, col(PaymentPlan.ended_at).is_(None))
    return ask.end_plan(desk.db, plan, words, by=desk.ward.ishaan), "end_reason"


def _service(desk: Desk, words: str, *, word: str) -> Given:
    typed = replace(ServiceForm("Asked"), **{word: words})
    return ask.keep_service(desk.db, typed, by=desk.ward.ishaan), word


# What is only looked up


def _tried(desk: Desk, words: str, *, verb: str) -> None:
    if verb == "use_code":
        ask.use_code(desk.db, words, "abcd-efgh", PASSWORD)
    else:
        ask.begin_try(desk.db, words)


def _came_with(desk: Desk, words: str, *, verb: str) -> Given:
    meera = desk.ward.meera
    if verb == "judge_password":
        ask.judge_password(desk.db, ask.begin_try(desk.db, meera.username), True, browser=words)
    elif verb == "judge_factor":
        # The code that confirmed it opens nothing; the next half minute's does.
        asked, code = _with_phone(desk), code_of(PHONE, later=30)
        assert ask.judge_factor(desk.db, asked, code, browser=words)
    elif verb == "enroll_and_come_in":
        halfway = _halfway(meera, enrolls=True)
        ask.enroll_and_come_in(desk.db, halfway, PHONE, code_of(PHONE), browser=words)
    elif verb == "come_by_identity":
        meera.email = "meera@example.org"
        desk.db.flush()
        said = ask.Identity(
            "issuer", "asked", meera.email, email_verified=True, issued_at=clock.now()
        )
        ask.come_by_identity(desk.db, said, browser=words)
    else:
        getattr(ask, verb)(desk.db, meera, browser=words)
    return desk.one(SignIn), "browser"


PHONE = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str, *, later: int = 0) -> str:
    """What an app shows now, or some seconds later."""
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=later))


def _halfway(account: Account, *, enrolls: bool) -> ask.Halfway:
    proved = (account.id or 0, account.username, account.password_hash)
    return ask.Halfway(*proved, since=clock.now(), enrolls=enrolls)


def _with_phone(desk: Desk) -> ask.Halfway:
    ask.enroll_factor(desk.db, desk.ward.meera, PHONE, code_of(PHONE))
    return _halfway(desk.ward.meera, enrolls=False)


def _factor(desk: Desk, words: str, *, verb: str) -> None:
    if verb == "enroll_factor":
        ask.enroll_factor(desk.db, desk.ward.meera, PHONE, words)
    elif verb == "enroll_and_come_in":
        halfway = _halfway(desk.ward.meera, enrolls=True)
        ask.enroll_and_come_in(desk.db, halfway, PHONE, words, browser="")
    elif verb == "judge_factor":
        ask.judge_factor(desk.db, _with_phone(desk), words, browser="")
    else:
        _with_phone(desk)
        tried = ask.begin_own_try(desk.db, desk.ward.meera)
        getattr(ask, verb)(desk.db, desk.ward.meera, PASSWORD, words, tried=tried)


def _by_code(desk: Desk, words: str) -> None:
    ask.issue_code(desk.db, desk.ward.meera, by=desk.ward.tara)
    ask.use_code(desk.db, desk.ward.meera.username, words, PASSWORD)


def _planned(desk: Desk, words: str) -> None:
    parts = [Part(TODAY + timedelta(days=7), 100_00)]
    told = {"form": "asked", "by": desk.ward.ishaan, "bills": [words]}
    ask.agree_plan(desk.db, desk.ward.ben, parts, **told)


def _for_bill(desk: Desk, words: str, *, verb: str) -> None:
    by: dict[str, Any] = {"by": desk.ward.ishaan, "bills": [words]}
    if verb == "use_advance":
        ask.use_advance(desk.db, desk.ward.ben, **by)
    elif verb == "take_payment":
        ask.take_payment(desk.db, desk.ward.ben, 10_00, Method.CASH, form="asked", **by)
    else:
        tender = [Tender(10_00, Method.CASH)]
        ask.take_tenders(desk.db, desk.ward.ben, tender, form="asked", **by)


def _of_number(desk: Desk, words: str, *, verb: str) -> None:
    getattr(ask, verb)(desk.db, words, by=desk.ward.ishaan)


def _deed_on_number(desk: Desk, words: str, *, verb: str) -> None:
    told = {"form": "asked", "by": desk.ward.ishaan}
    if verb == "issue_credit_note":
        ask.issue_credit_note(desk.db, words, CreditKind.VOID, "Wrong", **told)
    elif verb == "cancel_credit_note":
        ask.cancel_credit_note(desk.db, words, "Wrong", by=desk.ward.ishaan)
    else:
        getattr(ask, verb)(desk.db, words, 10_00, "Poor", **told)


def _owed_where(desk: Desk, words: str, *, verb: str, word: str) -> None:
    where = ask.OwedWhere(**{word: words})
    getattr(ask, verb)(desk.db, where, by=desk.ward.ishaan)


def _found(desk: Desk, words: str, *, verb: str) -> None:
    by = desk.ward.meera
    if verb in ("own_patients", "count_own_patients", "find_exactly"):
        by = desk.ward.rao_account
    elif verb == "find_to_export":
        by = desk.ward.khan
    getattr(ask, verb)(desk.db, words, by=by)


def _log(desk: Desk, words: str, *, verb: str, word: str) -> None:
    asked = AuditSearch(TODAY, TODAY, **{word: words})
    getattr(ask, verb)(desk.db, asked, by=desk.ward.khan)


def _open(desk: Desk, words: str, *, verb: str) -> None:
    getattr(ask, verb)(desk.db, words)


def _doctors(desk: Desk, words: str) -> None:
    ask.doctors(desk.db, specialty=words)


def _trial(desk: Desk, words: str) -> None:
    ask.send_trial(desk.db, words, by=desk.ward.tara)


def _code(_desk: Desk, words: str) -> None:
    ask.check_code(words)


def _amount(_desk: Desk, words: str) -> None:
    read_rupees(words)


_OF_DOCTORS = {
    **dict.fromkeys(("name", "specialty", "qualifications"), "line"),
    **dict.fromkeys(("phone", "email", "council", "registration"), "code"),
}
_OF_PATIENTS = {"name": "line", "address": "note", **dict.fromkeys(("phone", "email"), "code")}
_OF_PATIENTS["language"] = "code"
PREFIXED = ("patient", "bill", "receipt", "credit", "refund", "advance")
_OF_HOSPITAL = {
    "name": "line",
    "address": "note",
    **dict.fromkeys(("phone", "email", "gstin", "zone"), "code"),
    **{f"{paper}_prefix": "code" for paper in PREFIXED},
}
_OF_OWED = ("age", "doctor_number", "specialty")
_OF_PAPERS = (
    *("bill_paper", "receipt_paper", "advance_paper", "refund_paper", "credit_note_paper"),
    *("credit_notes_of", "discount_left", "unbilled_visit", "waivers_of"),
    *("lines_to_credit", "print_paper"),
)


def _each(verb: str, form: str, shapes: dict[str, str], give: Any) -> Iterator[Text]:
    for word, shape in shapes.items():
        yield Text(verb, f"{form}{word}", partial(give, word=word), shape)


TEXTS = (
    *_each("create_account", "", {"name": "line", "username": "code", "email": "code"}, _account),
    Text("change_account", "email", _changed, "code"),
    *_each("register_doctor", "DoctorForm.", _OF_DOCTORS, _registered),
    *_each("edit_doctor", "DoctorForm.", _OF_DOCTORS, _edited),
    *_each("enroll_patient", "PatientForm.", _OF_PATIENTS, _enrolled),
    *_each("edit_patient", "PatientForm.", _OF_PATIENTS, _corrected),
    *_each("likely_duplicates", "PatientForm.", dict.fromkeys(_OF_PATIENTS, "asked"), _alike),
    *_each("change_settings", "HospitalForm.", _OF_HOSPITAL, _settled),
    Text("declare_holiday", "name", _holiday, "line"),
    Text("grant_leave", "reason", _leave, "line"),
    Text("cancel_appointment", "reason", _cancelled, "line"),
    Text("overbook_appointment", "reason", _overbooked, "line"),
    Text("put_on_waitlist", "WaitForm.specialty", _waits, "code"),
    Text("finish_consultation", "note", _finished, "note"),
    Text("break_glass", "words", _glass_broken, "note"),
    Text("review_glass", "note", _glass_reviewed, "note"),
    Text("export_record", "reason", _exported, "asked"),
    Text("log_call", "note", _called, "note"),
    Text("note_contact", "note", _talked, "note"),
    Text("pause_reminders", "reason", _paused, "line"),
    Text("ask_waiver", "reason", _waiver_asked, "line"),
    Text("give_discount", "reason", _discount, "line"),
    Text("approve_waiver", "note", _approved, "line"),
    Text("refuse_waiver", "reason", _refused, "line"),
    Text("issue_credit_note", "reason", _credited, "line"),
    Text("cancel_credit_note", "reason", _uncredited, "line"),
    *_each("refund_payment", "", {"reason": "line", "reference": "bare"}, _given_back),
    Text("reverse_payment", "reason", _undone, "line"),
    Text("take_payment", "reference", _paid, "bare"),
    Text("take_tenders", "Tender.reference", _tendered, "bare"),
    Text("take_advance", "Tender.reference", _in_advance, "bare"),
    Text("close_day", "Count.reason", _closed, "line"),
    Text("close_day", "reason", _closed_for_another, "line"),
    Text("reopen_day", "reason", _reopened, "line"),
    Text("end_plan", "reason", _plan_ended, "line"),
    *_each("keep_service", "ServiceForm.", {"name": "line", "sac": "code"}, _service),
    *(
        Text(verb, "username", partial(_tried, verb=verb), "asked")
        for verb in ("begin_try", "use_code")
    ),
    *(
        Text(verb, "browser", partial(_came_with, verb=verb), "code")
        for verb in (
            *("begin_sign_in", "come_in", "judge_password", "judge_factor"),
            *("enroll_and_come_in", "come_by_identity"),
        )
    ),
    *(
        Text(verb, "typed", partial(_factor, verb=verb), "asked")
        for verb in (
            *("enroll_factor", "enroll_and_come_in", "judge_factor"),
            *("remove_factor", "renew_recovery_codes"),
        )
    ),
    Text("use_code", "code", _by_code, "asked"),
    Text("agree_plan", "bills", _planned, "asked"),
    *(
        Text(verb, "bills", partial(_for_bill, verb=verb), "asked")
        for verb in ("use_advance", "take_payment", "take_tenders")
    ),
    *(Text(verb, "number", partial(_of_number, verb=verb), "asked") for verb in _OF_PAPERS),
    Text("payments_on", "receipt_number", partial(_of_number, verb="payments_on"), "asked"),
    *(
        Text(verb, "number", partial(_deed_on_number, verb=verb), "asked")
        for verb in ("issue_credit_note", "cancel_credit_note", "give_discount", "ask_waiver")
    ),
    *(
        Text(verb, f"OwedWhere.{word}", partial(_owed_where, verb=verb, word=word), "asked")
        for verb in ("aged_sums", "numbers_and_payers", "owed_numbers", "who_owes")
        for word in _OF_OWED
    ),
    *(
        Text(verb, "words", partial(_found, verb=verb), "asked")
        for verb in (
            *("find_patients", "own_patients", "count_own_patients"),
            *("find_exactly", "find_to_export"),
        )
    ),
    *(
        Text(verb, f"AuditSearch.{word}", partial(_log, verb=verb, word=word), "asked")
        for verb in ("audit_lines", "take_out_audit")
        for word in ("about", "deed")
    ),
    *(
        Text(verb, "username", partial(_open, verb=verb), "asked")
        for verb in ("account_named", "is_locked")
    ),
    Text("read_feed", "token", partial(_open, verb="read_feed"), "asked"),
    Text("papers_numbered", "typed", partial(_of_number, verb="papers_numbered"), "asked"),
    Text("doctors", "specialty", _doctors, "asked"),
    Text("send_trial", "typed", _trial, "asked"),
    Text("check_code", "typed", _code, "asked"),
    Text("money.read_rupees", "typed", _amount, "asked"),
)
# Words of a verb that nobody types, and passwords, which are kept as a hash and never shown.
NOT_TYPED = {
    "form": "the house makes the id of a form",
    "hold": "the house makes the id of a form",
    "token": "the cookie that carries it is signed by the house",
    "zone": "it only words a leave, in the zone of the settings",
    "cut": "a word of the code",
    "asked_for": "the table and key of a row in hand",
    "word": "it only looks at how a word begins",
    "Stranded.why": "an answer of the house",
    "ShareLine.receipt_number": "an answer of the house",
    "ShareLine.bill_number": "an answer of the house",
    "ShareLine.patient_name": "an answer of the house",
    "ShareLine.terms": "an answer of the house",
    "numbers": "the numbers of bills in hand",
    "Identity.issuer": "what the settings say",
    "Identity.subject": "what the provider has signed",
    "Identity.email": "what the provider has signed, and only looked up",
    "password": "a password is text as it is, and no text is made of it",
    "present": "a password",
    "new": "a password",
    "what": "a word of the code",
    "secret": "the house makes the secret of an app",
    **dict.fromkeys(("Halfway.username", "Halfway.password_hash"), "an answer of the house"),
    **dict.fromkeys(("Try.name_digest", "Try.password_hash"), "an answer of the house"),
}
# Verbs that read what another verb of the list reads by the same function.
SAME_AS = {"open_hospital": "change_settings"}


def words_of(verb: Callable[..., Any]) -> Iterator[str]:
    """Every text among what a verb is told, in its forms too."""
    told = get_type_hints(verb)
    told.pop("return", None)
    for word, hint in told.items():
        if _is_text(hint):
            yield word
        yield from _words_in(hint)


def _words_in(hint: Any) -> Iterator[str]:
    if is_dataclass(hint) and isinstance(hint, type):
        told = get_type_hints(hint)
        for field in fields(hint):
            if _is_text(told[field.name]):
                yield f"{hint.__name__}.{field.name}"
    for part in get_args(hint):
        yield from _words_in(part)


def _is_text(hint: Any) -> bool:
    return hint is str or any(_is_text(part) for part in get_args(hint))


def verbs() -> dict[str, Callable[..., Any]]:
    """Every function that the repository offers."""
    named = {name: getattr(ask, name) for name in ask.__all__}
    return {name: verb for name, verb in named.items() if inspect.isfunction(verb)}


def live_until_evening(wall_clock: Traveller) -> None:
    """A whole day of the cast, and the next morning with a consultation that is still open."""
    live_through_a_day(wall_clock)
    wall_clock.move_to(at(9, 30, day=TOMORROW))
    with transaction() as db:
        ward = ward_of(db)
        ask.release_hold(db, "hold", by=ward.meera)
        told = {"form": "open", "by": ward.meera}
        eve = ask.enroll_patient(db, replace(ASHA, name="Eve Roy"), form="eve", by=ward.meera)
        eleven = at(11, day=TOMORROW)
        booked = ask.book_appointment(db, eve, ward.rao, eleven, VisitKind.FIRST, **told)
        ask.begin_consultation(db, booked, by=ward.rao_account)
