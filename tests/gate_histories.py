"""What befalls a family's dues in any order: bills, money, credits, plans, payers, days, rules."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from mediklaud import clock, repository
from mediklaud.errors import Refusal
from mediklaud.models import (
    CreditKind,
    CreditNote,
    Invoice,
    Method,
    Patient,
    Payment,
    PaymentPlan,
    PaymentReversal,
    Service,
    WaiverRequest,
    WaiverStatus,
)
from mediklaud.repository import CreditLine, Item, Part, ServiceForm, Tender
from mediklaud.repository.credit_lines import creditable_lines
from mediklaud.repository.dues import dues_of
from mediklaud.repository.payments import to_pay
from tests.hospital import ASHA, CARA, DEV, ZONE, Ward
from tests.till import a_form, settings
from tests.visits import desk

PRICES = {"Dressing": 333_33, "Attestation": 1, "Brace": 799_99}
LIMITS, GRACES = (0, 0, 0, 333_33, 800_00), (0, 0, 0, 1, 3)
_families = count(1)


@dataclass
class Family:
    """A father, his daughter, a girl who comes of age soon, and a woman who pays alone."""

    chance: Random
    move_clock: Callable[[datetime], None]
    ids: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def enroll(self, db: Session, ward: Ward) -> None:
        """The family comes to the hospital; the father pays for both girls."""
        today = clock.today(ZONE)
        soon = today + timedelta(days=self.chance.randrange(2, 9))
        typed = {
            "father": DEV,
            "girl": replace(CARA, birth_date=_years_before(today, 8)),
            "eve": replace(CARA, birth_date=_years_before(soon, 18)),
            "alone": ASHA,
        }
        number = next(_families)
        for name, form in typed.items():
            called = replace(form, name=f"{name.capitalize()} {number}")
            made = repository.enroll_patient(db, called, form=a_form(), by=ward.meera)
            self.ids[name] = made.id or 0
        for name in ("girl", "eve"):
            self.name_payer(db, ward, name, "father")

    def name_payer(self, db: Session, ward: Ward, whom: str, payer: str) -> None:
        """One of the girls is paid for by this one from now on, or by nobody."""
        kept, named = (db.get(Patient, self.ids.get(name, 0)) for name in (whom, payer))
        repository.name_payer(db, kept, named, by=ward.ishaan)

    def do(self) -> str:
        """One deed, and a moment passes; what is refused is a deed that changes nothing."""
        name = self.chance.choices(list(DEEDS), [weight for weight, _ in DEEDS.values()])[0]
        try:
            with desk() as (db, ward):
                DEEDS[name][1](self, db, ward)
        except Refusal:
            name = f"{name} (refused)"
        self.told.append(name)
        self.move_clock(clock.now() + timedelta(seconds=1))
        return name

    def leave(self) -> None:
        """All their bills are voided, so that the next family is alone in the house."""
        for bill in self.bills_now():
            with desk() as (db, ward):
                told = {"form": a_form(), "by": ward.ishaan}
                repository.issue_credit_note(db, bill, CreditKind.VOID, "Gone", **told)

    def bills_now(self) -> list[str]:
        """The numbers of what the family owes."""
        with desk() as (db, _):
            return [bill.number for bill in _open(self, db)]


def _years_before(day: date, years: int) -> date:
    """The birthday of so many years; whoever would be born on a 29 February is a day younger."""
    if (day.month, day.day) == (2, 29):
        day += timedelta(days=1)
    return day.replace(year=day.year - years)


def open_shop(db: Session, ward: Ward) -> None:
    """The services are priced, and Ishaan may discount."""
    for name, paise in PRICES.items():
        made = repository.keep_service(db, ServiceForm(name), by=ward.ishaan)
        repository.price_service(db, made, paise, clock.today(ZONE), by=ward.ishaan)
    repository.set_discount_limit(db, ward.ishaan, 500_00, by=ward.tara)


def _someone(family: Family, db: Session) -> Patient:
    return db.get_one(Patient, family.chance.choice(list(family.ids.values())))


def _who_owes(family: Family, db: Session) -> Patient:
    """One who owes, where somebody does."""
    owing = [one for one in family.ids.values() if dues_of(db, one).bills]
    return db.get_one(Patient, family.chance.choice(owing or list(family.ids.values())))


def _open(family: Family, db: Session) -> list[Invoice]:
    theirs = Invoice.payer_id.in_(family.ids.values()), Invoice.settled_at.is_(None)
    return list(db.exec(select(Invoice).where(*theirs).order_by(Invoice.number)).all())


def _bill(family: Family, db: Session, ward: Ward) -> None:
    _bill_to(family, db, ward, _someone(family, db))


def _bill_to(family: Family, db: Session, ward: Ward, patient: Patient) -> None:
    name = family.chance.choice(list(PRICES))
    items = [Item(db.exec(select(Service).where(Service.name == name)).one())]
    told = {"form": a_form(), "by": ward.ishaan}
    repository.bill_services(db, patient, ward.rao, items, **told)


def _pay(family: Family, db: Session, ward: Ward) -> None:
    patient = _who_owes(family, db)
    owed = sum(bill.owed_paise for bill in to_pay(db, patient, ())[1])
    paise = family.chance.choice([owed, owed, owed - 1, owed // 2])
    told = {"form": a_form(), "by": ward.ishaan, "reference": a_form()}
    repository.take_payment(db, patient, paise, Method.CHEQUE, **told)


def _bounce(family: Family, db: Session, ward: Ward) -> None:
    theirs = select(Payment).where(Payment.payer_id.in_(family.ids.values()))
    undone = select(PaymentReversal.payment_id)
    rows = db.exec(theirs.where(Payment.id.not_in(undone)).order_by(Payment.id)).all()
    if rows:
        repository.reverse_payment(db, family.chance.choice(rows), "Bounced", by=ward.ishaan)


def _take_advance(family: Family, db: Session, ward: Ward) -> None:
    free = [one for one in family.ids.values() if not dues_of(db, one).bills]
    if free:
        patient, money = db.get_one(Patient, family.chance.choice(free)), 500_00
        tenders = [Tender(money, Method.CHEQUE, a_form())]
        repository.take_advance(db, patient, tenders, form=a_form(), by=ward.ishaan)


def _use_advance(family: Family, db: Session, ward: Ward) -> None:
    """What is left of somebody's payments pays a bill; a new one, where nothing is owed."""
    ids = list(family.ids.values())
    having = [one for one in ids if repository.advances_of(db, one, by=ward.ishaan)]
    patient = db.get_one(Patient, family.chance.choice(having or ids))
    if not dues_of(db, patient.id).bills:
        _bill_to(family, db, ward, patient)
    repository.use_advance(db, patient, by=ward.ishaan)


def _credit(family: Family, db: Session, ward: Ward) -> None:
    """Of a paid bill too, which leaves an advance."""
    theirs = select(Invoice).where(Invoice.payer_id.in_(family.ids.values()))
    every = db.exec(theirs.order_by(Invoice.number)).all()
    if not every:
        return
    owing = _open(family, db) if family.chance.random() < 0.5 else []
    bill = family.chance.choice(owing or every)
    (line,) = creditable_lines(db, bill)
    told = {"form": a_form(), "by": ward.ishaan}
    way = family.chance.choice(["void", "correct", "discount"])
    if way == "void":
        repository.issue_credit_note(db, bill.number, CreditKind.VOID, "Slip", **told)
    elif way == "correct":
        part = CreditLine(line.line.id, max(1, line.amount_paise // 2))
        kind = CreditKind.CORRECTION
        repository.issue_credit_note(db, bill.number, kind, "Half", lines=[part], **told)
    else:
        paise = min(bill.owed_paise, 100_00)
        repository.give_discount(db, bill.number, paise, "Staff", **told)


def _cancel_credit(family: Family, db: Session, ward: Ward) -> None:
    theirs = select(CreditNote.number).join(Invoice, Invoice.number == CreditNote.invoice_number)
    rows = theirs.where(
        Invoice.payer_id.in_(family.ids.values()), CreditNote.cancelled_at.is_(None)
    )
    if found := db.exec(rows.order_by(CreditNote.number)).all():
        repository.cancel_credit_note(db, family.chance.choice(found), "Right", by=ward.ishaan)


def _ask_waiver(family: Family, db: Session, ward: Ward) -> None:
    if found := _open(family, db):
        bill = family.chance.choice(found)
        told = {"form": a_form(), "by": ward.meera}
        repository.ask_waiver(db, bill.number, bill.owed_paise, "Lost work", **told)


def _decide(family: Family, db: Session, ward: Ward) -> None:
    theirs = select(WaiverRequest).join(Invoice, Invoice.number == WaiverRequest.invoice_number)
    rows = theirs.where(
        Invoice.payer_id.in_(family.ids.values()), WaiverRequest.status == WaiverStatus.REQUESTED
    )
    if found := db.exec(rows.order_by(WaiverRequest.id)).all():
        repository.approve_waiver(db, family.chance.choice(found), by=ward.khan)


def _agree_plan(family: Family, db: Session, ward: Ward) -> None:
    patient = _who_owes(family, db)
    free = [bill for bill in to_pay(db, patient, ())[1] if bill.on_kept_plan is None]
    owed, days = sum(bill.owed_paise for bill in free), family.chance.sample(range(9), 2)
    first, last = (clock.today(ZONE) + timedelta(days=day) for day in sorted(days))
    parts = [Part(first, max(1, owed // 2)), Part(last, owed - max(1, owed // 2))]
    repository.agree_plan(db, patient, parts, form=a_form(), by=ward.ishaan)


def _end_plan(family: Family, db: Session, ward: Ward) -> None:
    theirs = select(PaymentPlan).where(PaymentPlan.payer_id.in_(family.ids.values()))
    rows = theirs.where(PaymentPlan.ended_at.is_(None)).order_by(PaymentPlan.id)
    if found := db.exec(rows).all():
        repository.end_plan(db, family.chance.choice(found), "Asked", by=ward.ishaan)


def _name_payer(family: Family, db: Session, ward: Ward) -> None:
    whom = family.chance.choice(["girl", "girl", "eve"])
    family.name_payer(db, ward, whom, family.chance.choice(["father", "alone", "nobody"]))


def _pause(family: Family, db: Session, ward: Ward) -> None:
    """Letters rest, which is no way past the gate."""
    last = clock.today(ZONE) + timedelta(days=3)
    repository.pause_reminders(db, _someone(family, db), last, "Insurer", by=ward.ishaan)


def _change_rule(family: Family, db: Session, ward: Ward) -> None:
    limit, grace = family.chance.choice(LIMITS), family.chance.choice(GRACES)
    settings(db, ward, dues_limit_paise=limit, dues_grace_days=grace)


def _let_days_pass(family: Family, _db: Session, _ward: Ward) -> None:
    """To the last second of a day, its first one, or the morning, some days on."""
    days, hour = family.chance.choice([(0, 24), (1, 9), (1, 24), (2, 9), (3, 24)])
    midnight = clock.local(clock.now(), ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    then = midnight.astimezone(ZoneInfo(ZONE)) + timedelta(days=days, hours=hour)
    family.move_clock(then - timedelta(seconds=2 * (family.chance.random() < 0.3)))


# How often each deed has its turn.
DEEDS: dict[str, tuple[int, Callable[[Family, Session, Ward], None]]] = {
    "bill": (14, _bill),
    "pay": (4, _pay),
    "bounce": (3, _bounce),
    "take advance": (2, _take_advance),
    "use advance": (3, _use_advance),
    "credit": (4, _credit),
    "cancel credit": (2, _cancel_credit),
    "ask waiver": (2, _ask_waiver),
    "approve waiver": (3, _decide),
    "agree plan": (4, _agree_plan),
    "end plan": (1, _end_plan),
    "name payer": (3, _name_payer),
    "pause letters": (1, _pause),
    "change the rule": (3, _change_rule),
    "days pass": (9, _let_days_pass),
}
