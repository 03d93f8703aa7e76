"""The known month of tests/data lived through by the deeds of a hospital, day after day."""

from dataclasses import replace
from datetime import date, timedelta

from sqlmodel import Session, col, select
from time_machine import Traveller

from mediklaud.database import transaction
from mediklaud.models import (
    Account,
    CreditKind,
    Doctor,
    InvoiceLine,
    Method,
    Patient,
    Payment,
    Role,
    Sex,
    VisitKind,
)
from mediklaud.repository import (
    CreditLine,
    DoctorForm,
    Item,
    PatientForm,
    ServiceForm,
    SessionForm,
    Tender,
    approve_waiver,
    ask_waiver,
    begin_consultation,
    bill_services,
    book_appointment,
    cancel_credit_note,
    create_account,
    enroll_patient,
    finish_consultation,
    issue_credit_note,
    keep_service,
    open_hospital,
    open_session,
    price_service,
    refund_payment,
    register_doctor,
    reverse_payment,
    take_advance,
    take_tenders,
    use_advance,
)
from mediklaud.repository.credit_lines import creditable_lines, parts_of
from mediklaud.repository.credit_notes import credit, locked_bill
from mediklaud.repository.payments import kept_reference
from tests.hospital import HOSPITAL, PASSWORD, at
from tests.known_month import BILLS, BOOK, paise

OPENS = date(2026, 7, 1)
# Fees for a first visit, a follow-up and a procedure.
FEES = {
    "DOC-0001": (800_00, 400_00, 123456_50),
    "DOC-0002": (500_00, 250_50, None),
    "DOC-0003": (450_50, 200_01, None),
    "DOC-0004": (500_00, 0, None),
}


class Month:
    """A hospital that lives the book; `upto` goes on to the end of a day."""

    def __init__(self, wall_clock: Traveller) -> None:
        """Open the hospital on the first of July with the doctors and payers of the book."""
        self.clock, self.left = wall_clock, _days()
        self.numbers: dict[str, str] = {}
        wall_clock.move_to(at(8, day=OPENS))
        with transaction() as db:
            _open(db)

    def upto(self, day: date) -> None:
        """Do all that the book says, to the end of a day."""
        while self.left and self.left[0][0] <= day:
            today, events = self.left.pop(0)
            for turn, event in enumerate(events):
                self.clock.move_to(at(9, day=today) + timedelta(minutes=15 * turn))
                with transaction() as db:
                    self._do(db, event, at(9, day=today) + timedelta(minutes=15 * (turn + 1)))
        self.clock.move_to(at(22, day=day))

    def _do(self, db, event, next_slot) -> None:
        deeds = {
            "bill": self._bill,
            "receipt": self._receive,
            "advance": self._advance,
            "allocation": self._use,
            "credit": self._credit,
            "credit cancelled": self._cancel,
            "refund": self._refund,
            "reversal": self._reverse,
        }
        deeds[event[0]["event"]](db, event, next_slot)

    def _bill(self, db, event, next_slot) -> None:
        (bill,) = event
        who, doctor = _patient(db, bill), _doctor(db, bill["doctor"])
        name, form = bill["number"], bill["number"]
        if not bill["kind"]:
            service = keep_service(db, ServiceForm("Belt", "999319", 1800), by=_by(db, "ishaan"))
            price_service(db, service, 100_00, date.fromisoformat(bill["day"]), by=_by(db, "chief"))
            issued = bill_services(
                db, who, doctor, [Item(service)], form=form, by=_by(db, "ishaan")
            )
        else:
            kind, desk = VisitKind(bill["kind"]), _by(db, "meera")
            booked = book_appointment(db, who, doctor, next_slot, kind, form=form, by=desk)
            account = _by(db, doctor.number)
            begun = begin_consultation(db, booked, by=account)
            issued = finish_consultation(db, begun, "Seen.", by=account)
        assert issued.total_paise == paise(bill["amount"]), bill
        self.numbers[name] = issued.number

    def _receive(self, db, event, _slot) -> None:
        bills = [self.numbers[number] for number in event[0]["to"]]
        take_tenders(
            db,
            _patient(db, event[0]),
            [_tender(one) for one in event],
            form=event[0]["number"],
            by=_by(db, "ishaan"),
            bills=bills,
        )

    def _advance(self, db, event, _slot) -> None:
        tenders = [_tender(one) for one in event]
        form = event[0]["number"]
        take_advance(db, _patient(db, event[0]), tenders, form=form, by=_by(db, "ishaan"))

    def _use(self, db, event, _slot) -> None:
        # What a void freed is on no bill by that very deed.
        ((number, amount),) = event[0]["to"].items()
        if paise(amount) > 0:
            bills = [self.numbers[number]]
            used = use_advance(db, _patient(db, event[0]), by=_by(db, "ishaan"), bills=bills)
            assert used == paise(amount)

    def _credit(self, db, event, _slot) -> None:
        (note,) = event
        kind, by = CreditKind(note["sort"]), _by(db, "ishaan")
        number, form = self.numbers[note["bill"]], note["number"]
        if kind is CreditKind.VOID:
            issue_credit_note(db, number, kind, "Not seen", form=form, by=by)
            return
        if kind is CreditKind.WAIVER:
            asked = (db, number, paise(note["amount"]), "Agreed")
            request = ask_waiver(*asked, form=form, by=_by(db, "meera"))
            self.numbers[form] = approve_waiver(db, request, by=by).number
            return
        bill = locked_bill(db, number)
        taken_back = [CreditLine(bill_line(db, number), paise(note["amount"]))]
        parts = parts_of(creditable_lines(db, bill), taken_back)
        self.numbers[form] = credit(db, bill, kind, "Agreed", parts, form=form, by=by).number

    def _cancel(self, db, event, _slot) -> None:
        number = self.numbers[event[0]["number"]]
        cancel_credit_note(db, number, "Could pay", by=_by(db, "ishaan"))

    def _refund(self, db, event, _slot) -> None:
        (back,) = event
        paid = db.exec(
            select(Payment)
            .where(Payment.payer_id == _patient(db, back).id, Payment.method == back["method"])
            .order_by(col(Payment.id).desc())
        ).first()
        refund_payment(
            db,
            paid,
            -paise(back["amount"]),
            Method(back["method"]),
            "Asked for it",
            form=back["number"],
            by=_by(db, "ishaan"),
            reference="" if back["method"] == "cash" else back["number"],
        )

    def _reverse(self, db, event, _slot) -> None:
        method = Method(event[0]["method"])
        reference = kept_reference(method, f"{event[0]['number']}-{method}")
        paid = db.exec(select(Payment).where(Payment.reference == reference)).one()
        reverse_payment(db, paid, "Bounced", by=_by(db, "ishaan"))


def bill_line(db: Session, number: str) -> int:
    """The id of the one line of a bill."""
    return db.exec(select(InvoiceLine.id).where(InvoiceLine.invoice_number == number)).one()


def _days():
    # The events of each day; the tenders of one receipt are one event.
    days: dict[date, list[list[dict]]] = {}
    for one in BOOK["events"]:
        events = days.setdefault(date.fromisoformat(one["day"]), [])
        last = events[-1][0] if events else {}
        again = one["event"] == "receipt" == last.get("event") and one["number"] == last["number"]
        if again:
            events[-1].append(one)
        else:
            events.append([one])
    return sorted(days.items())


def _open(db: Session) -> None:
    # Section 24 of the CGST Rules' check digit makes this a number that could be.
    rule = replace(HOSPITAL, gstin="29AAGCB7383J1Z4", dues_limit_paise=450_00, dues_grace_days=30)
    open_hospital(db, rule)
    first = {Role.CMO, Role.ADMINISTRATOR}
    chief = create_account(db, "chief", "Chief", PASSWORD, first, by=None, email="c@example.org")
    meera = create_account(db, "meera", "Meera Nair", PASSWORD, {Role.FRONT_DESK}, by=chief)
    create_account(db, "ishaan", "Ishaan Shah", PASSWORD, {Role.FINANCE}, by=chief)
    for number, (name, specialty) in BOOK["doctors"].items():
        visit, again, procedure = FEES[number]
        form = DoctorForm(
            name=name,
            phone="98450 12345",
            email=f"{number.lower()}@example.org",
            specialty=specialty,
            qualifications="MBBS",
            council="Karnataka Medical Council",
            registration=f"KMC {number[-4:]}9",
            consultation_fee_paise=visit,
            follow_up_fee_paise=again,
            procedure_fee_paise=procedure,
        )
        doctor = register_doctor(db, form, by=chief)
        assert doctor.number == number
        for weekday in range(7):
            hours = SessionForm(
                weekday, 9 * 60, 20 * 60, 15, OPENS, procedure_minutes=15 if procedure else None
            )
            open_session(db, doctor, hours, by=chief)
        create_account(
            db, number.lower(), name, PASSWORD, {Role.DOCTOR}, by=chief, doctor_id=doctor.id
        )
    for payer in sorted({bill["payer"] for bill in BILLS.values()}):
        form = PatientForm(
            payer, Sex.UNKNOWN, "98860 11111", "Here", birth_date=OPENS.replace(1980)
        )
        enroll_patient(db, form, form=payer, by=meera)


def _patient(db: Session, event: dict) -> Patient:
    return db.exec(select(Patient).where(Patient.name == event["payer"])).one()


def _doctor(db: Session, number: str) -> Doctor:
    return db.exec(select(Doctor).where(Doctor.number == number)).one()


def _by(db: Session, username: str) -> Account:
    return db.exec(select(Account).where(Account.username == username.lower())).one()


def _tender(one: dict) -> Tender:
    method = Method(one["method"])
    reference = "" if method is Method.CASH else f"{one['number']}-{one['method']}"
    return Tender(paise(one["amount"]), method, reference)
