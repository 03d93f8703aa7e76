"""The till and the desks around it as the state machine plays them: each deed, chosen and done.

A deed asks the model first what will come of it, and is then done in a transaction of its own.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, select

from mediklaud import repository
from mediklaud.database import transaction
from mediklaud.errors import Refusal
from mediklaud.models import (
    Appointment,
    BillWhen,
    CreditKind,
    DayClose,
    EmergencyReason,
    Encounter,
    InvoiceLine,
    Method,
    PaymentPlan,
    Role,
    Service,
    VisitKind,
    WaiverRequest,
)
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import Patient as PatientRow
from mediklaud.models import Payment as PaymentRow
from mediklaud.repository import Count, CreditLine, Item, Part, ServiceForm, Tender
from tests.booking_things import Said, moment
from tests.hospital import ASHA, CARA, DEV, NINE_O_CLOCK, PASSWORD, TODAY, ward_of
from tests.money_model import Model
from tests.money_things import (
    CASHIERS,
    SERVICES,
    Bill,
    Payment,
    Person,
    Policy,
    Tendered,
    Visit,
)
from tests.till import GSTIN, settings

A_DAY = timedelta(days=1)
TILLS = tuple(CASHIERS)
METHODS = tuple(Method)
# A girl of eight, and one who comes of age the day after tomorrow.
PEOPLE = {
    "asha": ASHA,
    "dev": DEV,
    "cara": CARA,
    "eli": replace(CARA, name="Eli Kapoor", birth_date=TODAY.replace(year=2008) + 2 * A_DAY),
}


@dataclass(frozen=True)
class Turn:
    """What a deed chooses by: of all that fits these, or by a slip something that may not."""

    picks: tuple[int, ...]
    slip: bool


class Desks:
    """The till, and the desks that bill."""

    def __init__(self, move_clock: Callable[[datetime], None]) -> None:
        self.move_clock = move_clock
        self.counted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.forms = (f"form {number}" for number in count(1))
        self.references = (f"REF {number}" for number in count(1))
        people = {name: Person(name, typed.birth_date) for name, typed in PEOPLE.items()}
        self.model = Model(NINE_O_CLOCK, people)
        move_clock(NINE_O_CLOCK)
        with transaction() as db:
            self._set_stage(db)

    def _set_stage(self, db: Session) -> None:
        ward = ward_of(db)
        settings(db, ward, gstin=GSTIN)
        nila = repository.create_account(
            db, "nila", "Nila Roy", PASSWORD, {Role.FINANCE}, by=ward.tara
        )
        self.accounts = {"ishaan": ward.ishaan, "nila": nila, "khan": ward.khan}
        self.accounts |= {"meera": ward.meera, "tara": ward.tara}
        for name, limit in CASHIERS.items():
            repository.set_discount_limit(db, self.accounts[name], limit, by=ward.tara)
        self.rooms = {"rao": (ward.rao, ward.rao_account), "iyer": (ward.iyer, ward.iyer_account)}
        self.patients = {"asha": ward.asha.id}
        for name, typed in PEOPLE.items():
            if name not in self.patients:
                told = {"form": f"enroll {name}", "by": ward.meera}
                self.patients[name] = repository.enroll_patient(db, typed, **told).id
        self.services: dict[str, int] = {}
        for name, (paise, rate) in SERVICES.items():
            typed = ServiceForm(name, tax_basis_points=rate)
            service = repository.keep_service(db, typed, by=ward.ishaan)
            repository.price_service(db, service, paise, TODAY, by=ward.ishaan)
            self.services[name] = service.id

    def deed(self, name: str, said: Said, done: Callable[[Session], Any]) -> None:
        """Do what the model has foretold, and see that it comes out as it said."""
        refused = None
        try:
            with transaction() as db:
                result = done(db)
        except Refusal as refusal:
            refused = type(refusal)
        else:
            said.then(result)
        foretold = said.refusals or {None}
        assert refused in foretold, f"{name}: {refused}, not {foretold}"
        self.counted[name] += 1
        self.refused[name] += refused is not None
        self.let_pass(timedelta(seconds=1))

    def let_pass(self, length: timedelta) -> None:
        """Time passes."""
        self.model.now += length
        self.move_clock(self.model.now)

    # Choosing: mostly what can be done, as the model knows it.

    def person(self, turn: Turn) -> str:
        """A patient."""
        return _one_of(list(PEOPLE), turn.picks[0])

    def till(self, turn: Turn) -> str:
        """A cashier, by preference one whose till is open."""
        open_ones = [one for one in TILLS if not self.model.is_closed(one, self.model.today)]
        return _one_of(TILLS if turn.slip or not open_ones else open_ones, turn.picks[1])

    def form(self, turn: Turn, used: Sequence[str]) -> str:
        """A new form; by a slip now and then one that was used."""
        if turn.slip and used and turn.picks[5] % 3 == 0:
            return _one_of(used, turn.picks[4])
        return next(self.forms)

    def visit(self, turn: Turn, *statuses: Status) -> Visit:
        """A visit of today that stands so, or any."""
        every = list(self.model.visits.values())
        fits = [
            one
            for one in every
            if one.status in statuses and one.starts_at.date() == self.model.today
        ]
        return _one_of(every if turn.slip or not fits else fits, turn.picks[0])

    def some_bill(self, turn: Turn, *, owing: bool = True) -> Bill:
        """A bill, by preference one on which something is owed."""
        every = list(self.model.bills.values())
        fits = [one for one in every if not owing or self.model.owed(one)]
        return _one_of(every if turn.slip or not fits else fits, turn.picks[0])

    def payment(self, turn: Turn, fits: Callable[[Payment], Any]) -> Payment:
        """A payment that fits, or any."""
        fitting = [one for one in self.model.payments if fits(one)]
        return _one_of(self.model.payments if turn.slip or not fitting else fitting, turn.picks[0])

    def reference(self, turn: Turn, method: Method) -> str:
        """A new reference; by a slip none, or one that was used, written in another way."""
        if turn.slip and turn.picks[5] % 4 == 0:
            used = [one for of, one in sorted(self.model.references) if of is method]
            signs = str.maketrans("0123456789", "०१२३४५६७८९")
            ways = (str, "# {}".format, lambda one: one.translate(signs))
            return _one_of(ways, turn.picks[2])(_one_of(["", *used], turn.picks[4]))
        return next(self.references)

    def tenders(self, turn: Turn, paise: int) -> list[Tendered]:
        """A sum in one way or several; for cash perhaps with what was handed over."""
        first, second = paise // 3, paise // 4
        parts = [[paise], [paise - first, first], [paise - first - second, first, second]]
        chosen = _one_of([parts[0], *parts], turn.picks[2])
        told = []
        for place, part in enumerate(one for one in chosen if one or turn.slip):
            method = _one_of(METHODS, turn.picks[3] + place * (1 + turn.picks[4] % 4))
            handed = None
            if method is Method.CASH and turn.picks[4] % 2:
                handed = _one_of([0, part - 1], turn.picks[5]) if turn.slip else part + 7_00
            reference = "" if method is Method.CASH else self.reference(turn, method)
            told.append(Tendered(part, method, reference, handed))
        return told

    def chosen(self, turn: Turn, patient: str) -> list[str]:
        """Some of a patient's open bills, the newest first, or none for the oldest first."""
        numbers = [bill.number for bill in self.model.open_bills(patient)]
        if turn.slip and turn.picks[4] % 5 == 0:
            numbers = list(self.model.bills)
        return numbers[: -1 - turn.picks[4] % 3 : -1] if turn.picks[4] % 3 else []

    # Visits.

    def book(self, turn: Turn) -> None:
        """Book a free time, today or tomorrow, and click twice now and then."""
        patient, doctor = self.person(turn), _one_of(list(self.rooms), turn.picks[1])
        kind = _one_of([VisitKind.FIRST, VisitKind.FOLLOW_UP], turn.picks[2])
        days = [self.model.today + number * A_DAY for number in range(2 + turn.picks[3] % 2)]
        times = [moment(day, 600 + 15 * step) for day in days for step in range(12)]
        taken = {
            one.starts_at
            for one in self.model.visits.values()
            if one.live and (one.doctor == doctor or one.patient == patient)
        }
        free = [one for one in times if one not in taken]
        if not free:
            self.go_home(turn)
            return
        starts_at = free[0]
        form, by, emergency = next(self.forms), self.accounts["meera"], None
        if turn.slip:
            emergency = EmergencyReason.INJURY
        told = {"form": form, "by": by, "emergency": emergency}

        def done(db: Session) -> Any:
            who = db.get_one(PatientRow, self.patients[patient])
            whom = self.rooms[doctor][0]
            return repository.book_appointment(db, who, whom, starts_at, kind, **told)

        for _ in range(2 if turn.picks[4] % 8 == 0 else 1):
            foretold = (form, patient, doctor, kind, starts_at)
            self.deed("book", self.model.book(*foretold, emergency=emergency), done)

    def _visited(self, name: str, said: Said, visit: Visit, deed: Callable[..., Any]) -> None:
        def done(db: Session) -> Any:
            row = db.exec(select(Appointment).where(Appointment.form == visit.form)).one()
            return deed(db, row)

        self.deed(name, said, done)

    def arrive(self, turn: Turn) -> None:
        """A patient comes."""
        visit, by = self.visit(turn, Status.BOOKED), self.accounts["meera"]
        said = self.model.arrive(visit)
        self._visited("arrive", said, visit, lambda db, row: repository.arrive(db, row, by=by))

    def undo_arrival(self, turn: Turn) -> None:
        """That was a slip."""
        visit, by = self.visit(turn, Status.ARRIVED), self.accounts["meera"]
        self._visited(
            "undo arrival",
            self.model.undo_arrival(visit),
            visit,
            lambda db, row: repository.undo_arrival(db, row, by=by),
        )

    def cancel(self, turn: Turn) -> None:
        """A visit is cancelled."""
        visit, by = self.visit(turn, Status.BOOKED, Status.ARRIVED), self.accounts["meera"]
        self._visited(
            "cancel visit",
            self.model.cancel(visit),
            visit,
            lambda db, row: repository.cancel_appointment(db, row, "By phone", by=by),
        )

    def see(self, turn: Turn) -> None:
        """The doctor sees the patient, from the beginning to the end."""
        visit = self.visit(turn, Status.BOOKED, Status.ARRIVED)
        by = self.rooms[visit.doctor][1]

        def deed(db: Session, row: Appointment) -> Any:
            encounter = repository.begin_consultation(db, row, by=by)
            assert isinstance(encounter, Encounter)
            return repository.finish_consultation(db, encounter, "Rest.", by=by)

        self._visited("see", self.model.see(visit), visit, deed)

    def bill_again(self, turn: Turn) -> None:
        """A visit whose bill was voided is billed anew."""
        every = self.model.visits.values()
        fits = [one for one in every if one.status is Status.FULFILLED and one.charge is None]
        if turn.slip or not fits:
            fits = list(every)
        visit = _one_of(fits, turn.picks[0])
        by = self.accounts[self.till(turn)]
        self._visited(
            "bill again",
            self.model.bill_again(visit),
            visit,
            lambda db, row: repository.bill_again(db, row, by=by),
        )

    def bill(self, turn: Turn) -> None:
        """Services are billed, several at once."""
        patient, by = self.person(turn), self.accounts[_one_of(TILLS, turn.picks[1])]
        names = list(SERVICES)
        items = [
            (_one_of(names, turn.picks[2] + 2 * place), 1 + turn.picks[3] % 4)
            for place in range(1 + turn.picks[4] % 3)
        ]
        if turn.slip and turn.picks[5] % 2:
            items = [(items[0][0], 0)]
        form = self.form(turn, list(self.model.bill_forms))

        def done(db: Session) -> Any:
            told = [Item(db.get_one(Service, self.services[name]), many) for name, many in items]
            who, whom = db.get_one(PatientRow, self.patients[patient]), self.rooms["rao"][0]
            return repository.bill_services(db, who, whom, told, form=form, by=by)

        self.deed("bill services", self.model.bill(patient, items, form=form), done)

    # Money.

    def pay(self, turn: Turn) -> None:
        """The cashier takes all that is owed, a part, too much or nothing."""
        owing = [one for one in PEOPLE if self.model.open_bills(one)]
        patient = _one_of(owing, turn.picks[0]) if owing else self.person(turn)
        chosen = self.chosen(turn, patient)
        bills = self.model.open_bills(patient)
        owed = sum(self.model.owed(one) for one in bills if not chosen or one.number in chosen)
        sums = [owed, owed // 2, owed // 3 + 1] if owed > 2 else [owed]
        paise = _one_of([owed + 1, 0, -5, owed] if turn.slip else sums, turn.picks[5])
        tenders, cashier = self.tenders(turn, paise), self.till(turn)
        form, by = self.form(turn, list(self.model.receipt_forms)), self.accounts[cashier]
        said = self.model.pay(patient, tenders, form=form, by=cashier, chosen=chosen)

        def done(db: Session) -> Any:
            who = db.get_one(PatientRow, self.patients[patient])
            told = {"form": form, "by": by, "bills": chosen}
            return repository.take_tenders(db, who, _tenders(tenders), **told)

        self.deed("pay", said, done)

    def take_advance(self, turn: Turn) -> None:
        """The cashier takes an advance."""
        free = [one for one in PEOPLE if not self.model.open_bills(one)]
        patient = _one_of(list(PEOPLE) if turn.slip or not free else free, turn.picks[0])
        paise = _one_of([500_00, 123_45, 1_30_000_00], turn.picks[5])
        tenders = self.tenders(turn, paise)
        if turn.slip and turn.picks[5] % 3 == 0:
            tenders = []
        cashier = self.till(turn)
        form, by = self.form(turn, list(self.model.receipt_forms)), self.accounts[cashier]
        said = self.model.take_advance(patient, tenders, form=form, by=cashier)

        def done(db: Session) -> Any:
            who = db.get_one(PatientRow, self.patients[patient])
            return repository.take_advance(db, who, _tenders(tenders), form=form, by=by)

        self.deed("take advance", said, done)

    def use_advance(self, turn: Turn) -> None:
        """What is left of earlier payments pays bills."""
        fits = [
            one
            for one in PEOPLE
            if self.model.open_bills(one) and self.model.advances(self.model.payer_of(one))
        ]
        patient = _one_of(list(PEOPLE) if turn.slip or not fits else fits, turn.picks[0])
        chosen, by = self.chosen(turn, patient), self.accounts[_one_of(TILLS, turn.picks[1])]
        said = self.model.use_advance(patient, chosen=chosen)

        def done(db: Session) -> Any:
            who = db.get_one(PatientRow, self.patients[patient])
            return repository.use_advance(db, who, by=by, bills=chosen)

        self.deed("use advance", said, done)

    def refund(self, turn: Turn) -> None:
        """What is left of a payment is given back, or a part of it, or too much."""
        payment, cashier = self.payment(turn, self.model.left), self.till(turn)
        left, method = self.model.left(payment), _one_of(METHODS, turn.picks[3])
        paise = _one_of([left + 1, 0, -5] if turn.slip else [left, left // 2 + 1], turn.picks[2])
        reference = "" if method is Method.CASH else self.reference(turn, method)
        form, by = self.form(turn, list(self.model.refund_forms)), self.accounts[cashier]
        said = self.model.refund(payment, paise, method, reference, form=form, by=cashier)

        def done(db: Session) -> Any:
            told = {"form": form, "by": by, "reference": reference}
            row = _payment(db, payment)
            return repository.refund_payment(db, row, paise, method, "Moved away", **told)

        self.deed("refund", said, done)

    def reverse(self, turn: Turn) -> None:
        """A cheque bounces."""
        payment = self.payment(turn, lambda one: not one.reversed)
        cashier = self.till(turn)
        by, said = self.accounts[cashier], self.model.reverse(payment, by=cashier)

        def done(db: Session) -> Any:
            return repository.reverse_payment(db, _payment(db, payment), "It bounced", by=by)

        self.deed("reverse", said, done)

    # Bills corrected.

    def void(self, turn: Turn) -> None:
        """A bill is voided."""
        bill, cashier = self.some_bill(turn, owing=False), _one_of(TILLS, turn.picks[1])
        form, by = self.form(turn, list(self.model.note_forms)), self.accounts[cashier]
        said = self.model.void(bill, form=form, by=cashier)
        told = (CreditKind.VOID, "Wrong patient")
        self.deed(
            "void",
            said,
            lambda db: repository.issue_credit_note(db, bill.number, *told, form=form, by=by),
        )

    def correct(self, turn: Turn) -> None:
        """A line or two of a bill are corrected."""
        bill, cashier = self.some_bill(turn, owing=False), _one_of(TILLS, turn.picks[1])
        wanted = []
        for place in range(len(bill.lines))[: 1 + turn.picks[2] % 2]:
            left = self.model.line_left(bill, bill.lines[place])[0]
            few = min(left, 1 + turn.picks[3] % 5)
            sums = [left + 1, 0] if turn.slip else [left // 2, few, few, left]
            wanted.append((place, _one_of(sums, turn.picks[4])))
        form, by = self.form(turn, list(self.model.note_forms)), self.accounts[cashier]
        said = self.model.correct(bill, wanted, form=form, by=cashier)

        def done(db: Session) -> Any:
            of_bill = select(InvoiceLine.id).where(InvoiceLine.invoice_number == bill.number)
            ids = db.exec(of_bill.order_by(InvoiceLine.id)).all()
            lines = [CreditLine(ids[place], paise) for place, paise in wanted]
            told = {"lines": lines, "form": form, "by": by}
            return repository.issue_credit_note(
                db, bill.number, CreditKind.CORRECTION, "Counted wrong", **told
            )

        self.deed("correct", said, done)

    def discount(self, turn: Turn) -> None:
        """A little is taken off at once, or too much."""
        bill, cashier = self.some_bill(turn), _one_of(TILLS, turn.picks[1])
        owed, limit = self.model.owed(bill), CASHIERS[cashier]
        left = limit - self.model.discounted(bill, cashier)
        few = min(owed, left, 1 + turn.picks[3] % 40)
        sums = [few, few, min(owed, left) // 2, min(owed, left)]
        paise = _one_of([owed + 1, left + 1, 0] if turn.slip else sums, turn.picks[2])
        form, by = self.form(turn, list(self.model.note_forms)), self.accounts[cashier]
        said = self.model.discount(bill, paise, form=form, by=cashier)
        told = (bill.number, paise, "A pensioner")
        self.deed(
            "discount", said, lambda db: repository.give_discount(db, *told, form=form, by=by)
        )

    def cancel_credit(self, turn: Turn) -> None:
        """A credit note is cancelled."""
        notes = list(self.model.notes.values())
        standing = [one for one in notes if not one.cancelled]
        note = _one_of(notes if turn.slip or not standing else standing, turn.picks[0])
        by, said = self.accounts[_one_of(TILLS, turn.picks[1])], self.model.cancel_credit(note)
        told = (note.number, "It was right")
        self.deed("cancel credit", said, lambda db: repository.cancel_credit_note(db, *told, by=by))

    def ask_waiver(self, turn: Turn) -> None:
        """A waiver is asked for, also by the front desk."""
        bill, who = self.some_bill(turn), _one_of([*TILLS, "meera"], turn.picks[1])
        owed = self.model.owed(bill)
        sums = [owed + 1, 0] if turn.slip else [owed, owed // 2 + 1, min(owed, 40)]
        paise = _one_of(sums, turn.picks[2])
        form, by = self.form(turn, list(self.model.waivers)), self.accounts[who]
        said = self.model.ask_waiver(bill, paise, form=form, by=who)
        told = (bill.number, paise, "Out of work")
        self.deed("ask waiver", said, lambda db: repository.ask_waiver(db, *told, form=form, by=by))

    def _waiver(self, turn: Turn) -> str:
        every = self.model.waivers
        waiting = [form for form, one in every.items() if one.decided_by is None]
        return _one_of(list(every) if turn.slip or not waiting else waiting, turn.picks[0])

    def _decider(self, turn: Turn, form: str) -> str:
        asked_by = self.model.waivers[form].asked_by
        every = [*TILLS, "khan"]
        others = [one for one in every if one != asked_by]
        return _one_of(every if turn.slip else others, turn.picks[1])

    def approve_waiver(self, turn: Turn) -> None:
        """Somebody else approves."""
        form = self._waiver(turn)
        who = self._decider(turn, form)
        by, said = self.accounts[who], self.model.approve_waiver(self.model.waivers[form], by=who)

        def done(db: Session) -> Any:
            row = db.exec(select(WaiverRequest).where(WaiverRequest.form == form)).one()
            return repository.approve_waiver(db, row, by=by)

        self.deed("approve waiver", said, done)

    def refuse_waiver(self, turn: Turn) -> None:
        """Somebody else refuses."""
        form = self._waiver(turn)
        who = self._decider(turn, form)
        by, said = self.accounts[who], self.model.refuse_waiver(self.model.waivers[form], by=who)

        def done(db: Session) -> Any:
            row = db.exec(select(WaiverRequest).where(WaiverRequest.form == form)).one()
            return repository.refuse_waiver(db, row, "No proof", by=by)

        self.deed("refuse waiver", said, done)

    # Plans and payers.

    def agree_plan(self, turn: Turn) -> None:
        """Open bills are to be paid in instalments, the first perhaps today."""
        model = self.model
        fits = [
            one
            for one in PEOPLE
            if any(model.plan_of(bill) is None for bill in model.open_bills(one))
        ]
        patient = _one_of(list(PEOPLE) if turn.slip or not fits else fits, turn.picks[0])
        chosen = self.chosen(turn, patient) if turn.picks[5] % 2 else []
        of_payer = [one for one in model.open_bills(patient) if not model.plan_of(one)]
        owed = sum(
            model.owed(one)
            for one in of_payer
            if (not chosen or one.number in chosen) and one.payer == self._who_pays(patient, chosen)
        )
        many, step = 1 + turn.picks[2] % 3, 1 + turn.picks[3] % 3
        days = [model.today + (turn.picks[4] % 2 + step * place) * A_DAY for place in range(many)]
        sums = [owed - owed // many * (many - 1), *[owed // many] * (many - 1)]
        due = list(zip(days, sums, strict=True))
        if turn.slip:
            due = _one_of([[], due * 2, [(days[0], owed + 1)], [(days[0] - A_DAY, owed)]], step)
        form, by = self.form(turn, list(model.plans)), self.accounts[_one_of(TILLS, turn.picks[1])]
        said = model.agree_plan(patient, due, form=form, chosen=chosen)

        def done(db: Session) -> Any:
            who, parts = db.get_one(PatientRow, self.patients[patient]), [Part(*one) for one in due]
            return repository.agree_plan(db, who, parts, form=form, by=by, bills=chosen)

        self.deed("agree plan", said, done)

    def _who_pays(self, patient: str, chosen: Sequence[str]) -> str:
        bills = self.model.open_bills(patient)
        wanted = [one for one in bills if not chosen or one.number in chosen]
        own = all(one.payer == patient for one in wanted)
        return patient if own else self.model.payer_of(patient)

    def end_plan(self, turn: Turn) -> None:
        """A plan ends."""
        standing = [form for form, one in self.model.plans.items() if not one.ended]
        forms = list(self.model.plans) if turn.slip or not standing else standing
        form, by = _one_of(forms, turn.picks[0]), self.accounts[_one_of(TILLS, turn.picks[1])]

        def done(db: Session) -> Any:
            row = db.exec(select(PaymentPlan).where(PaymentPlan.form == form)).one()
            return repository.end_plan(db, row, "Paid otherwise", by=by)

        self.deed("end plan", self.model.end_plan(self.model.plans[form]), done)

    def name_payer(self, turn: Turn) -> None:
        """A payer is named for a minor, or for anybody by a slip; or nobody any more."""
        minors = [one for one in PEOPLE if self.model.is_minor(one)]
        patient = _one_of(list(PEOPLE) if turn.slip else minors, turn.picks[0])
        payers = list(PEOPLE) if turn.slip else ["asha", "dev", "dev", None]
        payer, by = _one_of(payers, turn.picks[1]), self.accounts["meera"]

        def done(db: Session) -> Any:
            named = None if payer is None else db.get_one(PatientRow, self.patients[payer])
            kept = db.get_one(PatientRow, self.patients[patient])
            return repository.name_payer(db, kept, named, by=by)

        self.deed("name payer", self.model.name_payer(patient, payer), done)

    # Days.

    def go_home(self, turn: Turn) -> None:
        """The next morning comes, or one some days later."""
        days = _one_of([1, 1, 1, 2, 3, 8], turn.picks[0])
        self.let_pass(moment(self.model.today + days * A_DAY, 540) - self.model.now)
        self.counted["the next day"] += 1

    def change_policy(self, turn: Turn) -> None:
        """The hospital decides anew: the gate, when to bill, and its GSTIN."""
        policy = Policy(
            limit=_one_of([0, 0, 300_00], turn.picks[0]),
            grace=_one_of([0, 0, 1, 2], turn.picks[1]),
            bill_when=_one_of(list(BillWhen), turn.picks[2]),
            gstin=turn.picks[3] % 5 > 0,
        )

        def done(db: Session) -> None:
            changes = {"dues_limit_paise": policy.limit, "dues_grace_days": policy.grace}
            changes |= {"bill_when": policy.bill_when, "gstin": GSTIN if policy.gstin else ""}
            settings(db, ward_of(db), **changes)

        said = Said(frozenset(), lambda _: setattr(self.model, "policy", policy))
        self.deed("change policy", said, done)

    def close_day(self, turn: Turn) -> None:
        """A cashier counts the till, right or wrong, and closes the day."""
        cashier, day = _one_of(TILLS, turn.picks[1]), self.model.today
        if turn.slip or turn.picks[2] % 2:
            day += (turn.picks[3] % 3 - 1) * A_DAY
        counts = {method: (self.model.in_till(cashier, day, method), "") for method in METHODS}
        if turn.slip or turn.picks[2] % 4 == 0:
            wrong, reason = _one_of(METHODS, turn.picks[4]), _one_of(["", "Change"], turn.picks[5])
            counts[wrong] = (counts[wrong][0] - 5_00, reason)
        form, by = self.form(turn, list(self.model.closes)), self.accounts[cashier]
        said = self.model.close_day(counts, form=form, by=cashier, day=day)
        told = [Count(method, *count) for method, count in counts.items() if any(count)]
        self.deed(
            "close day",
            said,
            lambda db: repository.close_day(db, told, form=form, by=by, day=day),
        )

    def reopen_day(self, turn: Turn) -> None:
        """A second person reopens a day."""
        standing = [form for form, one in self.model.closes.items() if not one.reopened]
        forms = list(self.model.closes) if turn.slip or not standing else standing
        form = _one_of(forms, turn.picks[0])
        close, who = self.model.closes[form], _one_of([*TILLS, "khan"], turn.picks[1])
        if who == close.cashier and not turn.slip:
            who = "khan"
        by = self.accounts[who]

        def done(db: Session) -> Any:
            row = db.exec(select(DayClose).where(DayClose.form == form)).one()
            return repository.reopen_day(db, row, "A slip", by=by)

        self.deed("reopen day", self.model.reopen_day(close, by=who), done)


def _tenders(tenders: Sequence[Tendered]) -> list[Tender]:
    return [Tender(one.amount, one.method, one.reference, one.handed) for one in tenders]


def _payment(db: Session, payment: Payment) -> PaymentRow:
    on_receipt = select(PaymentRow).where(PaymentRow.receipt_number == payment.receipt)
    return db.exec(on_receipt.order_by(PaymentRow.id)).all()[payment.place]


def _one_of(things: Sequence[Any], pick: int) -> Any:
    return things[pick % len(things)]
