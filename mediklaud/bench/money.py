"""Bills and payments through the repository beside raw SQL, and what finance reads all day."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count, cycle
from random import Random

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.bench.figures import Figures, figures_of
from mediklaud.bench.reads import asked_by, raw_read, ways_to
from mediklaud.bench.till import PRICE_PAISE, Till
from mediklaud.bench.trials import WARM_UP, Deed, Took, by_turns, settled
from mediklaud.bench.writings import RawTwin
from mediklaud.database import reading, transaction
from mediklaud.invoice_pdf import bill_pdf
from mediklaud.models import Invoice, Method, Patient
from mediklaud.repository import (
    CONSOLE,
    Item,
    aged_sums,
    allocated_sums,
    bill_paper,
    bill_services,
    billed_sums,
    credited_sums,
    held_since,
    minors_held_by,
    numbers_and_payers,
    take_payment,
    the_hospital,
    till_sums,
    whose_bills,
)
from mediklaud.repository.dues import dues_of

ISSUE, PAY, DUES = "issue a bill", "take a payment", "dues of one patient"
DASHBOARD, SUMMARIES, PDF = "dues dashboard's data", "summaries' data, 30 days", "a bill's PDF"
_PERIOD = timedelta(days=29)
_RAW = ", raw SQL"
# What reads the whole hospital takes long enough to be seen in fewer trials.
_FEWER = 30
# Of those who owe a page of the dashboard shows so many.
_ROWS = 10


def raw(what: str) -> str:
    """What stands beside it, in raw SQL."""
    return what + _RAW


def measure_money(till: Till, trials: int, progress: Callable[[float], None]) -> dict[str, Figures]:
    """What finance's deeds and reads take, through the repository and raw by turns."""
    took: dict[str, list[Took]] = {}
    reads = reads_of(till)
    with RawTwin(till.billed) as bill, RawTwin(till.paid) as payment, settled():
        cases = Cases(till, bill, payment)
        for number in range(WARM_UP + trials):
            by_turns(number, {ISSUE: cases.issue(), raw(ISSUE): cases.raw_issue()}, took)
            by_turns(number, {PAY: cases.pay(), raw(PAY): cases.raw_pay()}, took)
            progress((number + 1) / (WARM_UP + trials) / 2)
        for place, (what, read) in enumerate(reads.items()):
            _measure_read(what, read, trials if what in (DUES, PDF) else min(trials, _FEWER), took)
            progress(0.5 + (place + 1) / len(reads) / 2)
    return {what: figures_of(trials_of[WARM_UP:]) for what, trials_of in took.items()}


def _measure_read(what: str, read: Deed, trials: int, took: dict[str, list[Took]]) -> None:
    beside: dict[str, Deed] = {raw(what): raw_read(asked_by(read))} if what != PDF else {}
    for number in range(WARM_UP + trials):
        by_turns(number, {what: read, **beside}, took)


def ways_to_bills(till: Till) -> set[str]:
    """By which indexes the dues dashboard finds bills."""
    return ways_to("invoice", asked_by(reads_of(till)[DASHBOARD]))


class Cases:
    """Bills for patients who owe nothing, and the payments that settle them."""

    def __init__(self, till: Till, bill: RawTwin, payment: RawTwin) -> None:
        """Choose patients in no order, but the same on every run."""
        self._till, self._bill, self._payment = till, bill, payment
        with reading() as db:
            rest = select(Patient).where(col(Patient.id) > till.patients // 2)
            patients = list(db.exec(rest.order_by(col(Patient.id))))
        Random(till.bills).shuffle(patients)  # noqa: S311  repeatable, not secret
        self._patients = cycle(patients)
        self._forms = (f"{till.bills}/{number}" for number in count())
        self._billed = self._raw_billed = patients[0]

    def issue(self) -> Deed:
        """A bill of one service through the repository, for the next patient."""
        patient, form, till = next(self._patients), next(self._forms), self._till
        self._billed = patient

        def issue() -> None:
            with transaction() as db:
                bill_services(
                    db, patient, till.doctor, [Item(till.service)], form=form, by=till.cashier
                )

        return issue

    def raw_issue(self) -> Deed:
        """The same in raw SQL."""
        self._raw_billed = patient = next(self._patients)
        about = {"patient_id": patient.id, "payer_id": patient.id}
        return self._bill.ready(about, next(self._forms))

    def pay(self) -> Deed:
        """What settles the bill that was just issued, through the repository."""
        patient, form, cashier = self._billed, next(self._forms), self._till.cashier

        def pay() -> None:
            with transaction() as db:
                take_payment(db, patient, PRICE_PAISE, Method.CASH, form=form, by=cashier)

        return pay

    def raw_pay(self) -> Deed:
        """The same in raw SQL, for the bill that was issued so."""
        payer_id = self._raw_billed.id
        with reading() as db:
            number = db.exec(
                select(Invoice.number).where(
                    Invoice.payer_id == payer_id, col(Invoice.settled_at).is_(None)
                )
            ).one()
        return self._payment.ready(
            {"payer_id": payer_id, "invoice_number": number}, next(self._forms)
        )


def reads_of(till: Till) -> dict[str, Deed]:
    """What finance looks at, each in a look of its own."""
    with reading() as db:
        owing = db.exec(select(Invoice).where(col(Invoice.settled_at).is_(None))).first()
    number = owing.number if owing else till.billed.of("invoice")["number"]
    payer_id = owing.payer_id if owing else 1
    seen: dict[str, Callable[[Session], object]] = {
        DUES: lambda db: dues_of(db, payer_id),
        SUMMARIES: lambda db: _summaries(db, till),
        PDF: lambda db: bill_pdf(bill_paper(db, number, by=CONSOLE)),
    }
    looks: dict[str, Deed] = {what: partial(_look, read) for what, read in seen.items()}
    return looks | {DASHBOARD: partial(_dashboard, till)}


def _look(read: Callable[[Session], object]) -> None:
    with reading() as db:
        read(db)


def _dashboard(till: Till) -> None:
    """The dashboard as it opens, in its own two looks: choices, then all that it shows.

    Numbers, the first who owe, since when and whom else that holds back; sums by age, doctor
    and specialty.
    """
    by = till.cashier
    with reading() as db:
        the_hospital(db)
        whose_bills(db, by=by)
    with reading() as db:
        _, rows = numbers_and_payers(db, by=by, first=0, at_most=_ROWS)
        held = [row.patient_id for row in rows if row.on_hold]
        held_since(db, held, by=by)
        minors_held_by(db, held, by=by)
        aged_sums(db, by=by)


def _summaries(db: Session, till: Till) -> None:
    """The summaries of 30 days: billed, credited, received, and what was set against bills."""
    today = clock.today(the_hospital(db).zone)
    for sums in (billed_sums, credited_sums, till_sums, allocated_sums):
        sums(db, today - _PERIOD, today, by=till.cashier)
