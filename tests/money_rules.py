"""A hospital's till in plain Python: what is owed, what holds booking back, and what is posted."""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from mediklaud import errors
from mediklaud.errors import Refusal
from mediklaud.models import BillWhen, CreditKind, Method
from tests.booking_things import No, day_of
from tests.money_things import (
    CASH_LIMIT,
    PRICES,
    Bill,
    House,
    Line,
    Note,
    Part,
    Payment,
    Plan,
    Tendered,
    Visit,
)


def told(reference: str) -> str:
    """What two slips with the same number have in common; here they say no method."""
    return "".join(str(int(one)) if one.isdigit() else one for one in reference if one.isalnum())


class Rules(House):
    """The till as it stands, and what is written into the books."""

    @property
    def today(self) -> date:
        """The hospital's day."""
        return day_of(self.now)

    # What stands.

    def owed(self, bill: Bill) -> int:
        """What is owed on a bill."""
        return self.books.at("receivable", bill.payer, bill.number)

    def left(self, payment: Payment) -> int:
        """What of a payment pays nothing."""
        return -self.books.at(*payment.account)

    def advances(self, name: str) -> list[Payment]:
        """The payments of a payer of which something is left, the oldest first."""
        return [one for one in self.payments if one.payer == name and self.left(one)]

    def is_minor(self, name: str) -> bool:
        """Whether somebody has not had their eighteenth birthday."""
        born = self.people[name].born
        return self.today < born.replace(year=born.year + 18)

    def payer_of(self, name: str) -> str:
        """Who pays for somebody from today on."""
        named = self.people[name].payer
        return named if named is not None and self.is_minor(name) else name

    def open_bills(self, name: str) -> list[Bill]:
        """What somebody, or a minor's payer, owes; the oldest first."""
        payers = {name, self.payer_of(name)}
        return [one for one in self.bills.values() if one.payer in payers and self.owed(one)]

    def plan_of(self, bill: Bill) -> Plan | None:
        """The plan a bill is on."""
        plans = (one for one in self.plans.values() if not one.ended and bill in one.bills)
        return next(plans, None)

    def kept(self, plan: Plan) -> bool:
        """Whether what was due of a plan before today is cleared."""
        due = sum(paise for day, paise in plan.due if day < self.today)
        return due <= plan.total - sum(map(self.owed, plan.bills))

    def on_kept_plan(self, bill: Bill) -> bool | None:
        """Whether a bill's plan is kept; None where it is on none."""
        plan = self.plan_of(bill)
        return None if plan is None else self.kept(plan)

    def on_hold(self, name: str) -> bool:
        """The gate, the naive way: every bill in turn."""
        overdue = 0
        for bill in self.open_bills(name):
            old = (self.today - bill.day).days >= self.policy.grace
            if old and not self.on_kept_plan(bill):
                overdue += self.owed(bill)
        return overdue > self.policy.limit

    def line_left(self, bill: Bill, line: Line) -> tuple[int, int]:
        """What no standing credit note took back of a line, and of its tax."""
        taken = [
            (amount, tax)
            for note in self.notes.values()
            if note.bill is bill and not note.cancelled
            for of, amount, tax in note.parts
            if of is line
        ]
        return (
            line.amount - sum(amount for amount, _ in taken),
            line.tax - sum(tax for _, tax in taken),
        )

    def all_left(self, bill: Bill) -> list[tuple[Line, int, int]]:
        """What is left to credit of each line."""
        left = [(line, *self.line_left(bill, line)) for line in bill.lines]
        return [one for one in left if one[1] or one[2]]

    def spread(self, bill: Bill, paise: int) -> list[tuple[Line, int, int]]:
        """A sum with its tax over the lines, to the paisa: the net found by trying every one."""
        parts = []
        for line, amount, tax in self.all_left(bill):
            wanted = min(paise, amount + tax)
            paise -= wanted
            if wanted == amount + tax:
                parts.append((line, amount, tax))
            elif wanted:
                least, most = max(0, wanted - tax), max(0, min(wanted, amount - 1))
                fair = Fraction(wanted * 10_000, 10_000 + line.rate)
                net = most
                while net > least and abs(net - 1 - fair) < abs(net - fair):
                    net -= 1
                parts.append((line, net, wanted - net))
        if not parts:
            raise No(errors.CreditNotPossible)
        return parts

    def discounted(self, bill: Bill, by: str) -> int:
        """What a cashier has discounted of a bill."""
        return sum(
            note.total
            for note in self.notes.values()
            if (note.bill, note.kind, note.by) == (bill, CreditKind.DISCOUNT, by)
            and not note.cancelled
        )

    def in_till(self, cashier: str, day: date, method: Method) -> int:
        """What the books say of a cashier's day."""
        names = ("received", "refunded", "reversed")
        return sum(self.books.at(name, cashier, day, method) for name in names)

    def is_closed(self, cashier: str, day: date) -> bool:
        """Whether a cashier's day is closed."""
        told = (cashier, day)
        closes = self.closes.values()
        return any((one.cashier, one.day) == told and not one.reopened for one in closes)

    # What stands in the way.

    def to_pay(self, name: str, chosen: Sequence[str]) -> tuple[str, list[Bill]]:
        """Who pays now, and the bills their money is for."""
        owed = {bill.number: bill for bill in self.open_bills(name)}
        gone = next((number for number in chosen if number not in owed), None)
        if gone is not None:
            raise No(self._not_owed(name, gone))
        bills = [owed[number] for number in dict.fromkeys(chosen)] or list(owed.values())
        payer = self.payer_of(name)
        if all(bill.payer == name for bill in bills):
            payer = name
        if chosen and any(bill.payer != payer for bill in bills):
            raise No(errors.BillOfAnotherPayer)
        return payer, [bill for bill in bills if bill.payer == payer]

    def _not_owed(self, name: str, number: str) -> type[errors.Refusal]:
        if number not in self.bills:
            return errors.NotFound
        bill = self.bills[number]
        theirs = bill.payer in (name, self.payer_of(name))
        return errors.BillNotOpen if theirs or not self.owed(bill) else errors.BillOfAnotherPayer

    def refuse_tenders(self, payer: str, tenders: Sequence[Tendered], form: str, by: str) -> None:
        """What of the money on the counter cannot be taken."""
        for one in tenders:
            if one.amount <= 0:
                raise No(errors.AmountNotPossible)
            if one.method is Method.CASH and one.handed is not None and one.handed < one.amount:
                raise No(errors.TenderedTooLittle)
        cash = sum(one.amount for one in tenders if one.method is Method.CASH)
        before = sum(
            one.amount
            for one in self.payments
            if (one.method, one.day) == (Method.CASH, self.today)
            and self.payer_of(one.payer) == self.payer_of(payer)
            and not one.reversed
        )
        if cash and before + cash >= CASH_LIMIT:
            raise No(errors.CashLimit)
        used = set(self.references)
        for one in tenders:
            self.refuse_slip(one.method, one.reference, used, errors.ReferenceUsed, by)
            used.add((one.method, told(one.reference)))
        if form in self.receipt_forms:
            raise No(errors.StaleForm)

    def refuse_slip(
        self,
        method: Method,
        reference: str,
        used: Iterable[tuple[Method, str]],
        twice: type[Refusal],
        by: str,
        *also: type[Refusal],
    ) -> None:
        """A reference that is missing or was used, and a till that is closed."""
        if method is not Method.CASH and not told(reference):
            raise No(errors.ReferenceMissing)
        no = list(also)
        if method is not Method.CASH and (method, told(reference)) in used:
            no.append(twice)
        if self.is_closed(by, self.today):
            no.append(errors.DayIsClosed)
        if no:
            raise No(*no)

    # What is written.

    def number(self, prefix: str) -> str:
        """The next number of a paper."""
        year = "2627" if self.today < date(2027, 4, 1) else "2728"
        self.serials[f"{prefix}/{year}"] += 1
        return f"{prefix}/{year}/{self.serials[f'{prefix}/{year}']:06d}"

    def issue(self, name: str, lines: list[Line], visit: str | None = None) -> Bill:
        """Issue a bill to whoever pays today."""
        bill = Bill(self.number("JMI"), name, self.payer_of(name), self.today, lines, visit)
        self.bills[bill.number] = bill
        self.books.post(
            (("receivable", bill.payer, bill.number), bill.total),
            (("revenue", bill.number), -sum(line.amount for line in lines)),
            (("tax", bill.number), -sum(line.tax for line in lines)),
        )
        return bill

    def charge(self, visit: Visit) -> None:
        """Bill a visit, unless it is billed already."""
        if visit.charge is not None:
            return
        price = PRICES[visit.doctor, visit.kind]
        visit.charge = "free"
        if price:
            visit.charge = self.issue(visit.patient, [Line(price, 0, 0)], visit.form).number

    def arrived(self, visit: Visit) -> None:
        """Somebody is in the waiting room; perhaps that is billed."""
        if self.policy.bill_when is BillWhen.ARRIVAL:
            self.charge(visit)

    def receive(
        self, prefix: str, payer: str, tenders: Sequence[Tendered], form: str, by: str
    ) -> list[Payment]:
        """Take money and give a receipt."""
        receipt, made = self.number(prefix), []
        self.receipt_forms[form] = payer
        for place, one in enumerate(tenders):
            payment = Payment(receipt, place, payer, one.amount, one.method, self.today)
            till = ("received", by, self.today, one.method)
            self.books.post((till, one.amount), (payment.account, -one.amount))
            if one.method is not Method.CASH:
                self.references.add((one.method, told(one.reference)))
            made.append(payment)
        self.payments += made
        return made

    def allocate(self, payment: Payment, bill: Bill) -> None:
        """Pay a bill with what is left of a payment, as far as it reaches."""
        paise = min(self.left(payment), self.owed(bill))
        if paise:
            self.parts.append(Part(payment, bill, paise))
            self.books.post(
                (payment.account, paise), (("receivable", bill.payer, bill.number), -paise)
            )

    def take_back(self, part: Part, paise: int) -> None:
        """Let so much of a payment pay a bill no more."""
        bill = part.bill
        part.amount -= paise
        if not part.amount:
            self.parts.remove(part)
        self.books.post(
            (("receivable", bill.payer, bill.number), paise), (part.payment.account, -paise)
        )

    def credit(
        self,
        bill: Bill,
        kind: CreditKind,
        parts: list[tuple[Line, int, int]],
        form: str | None,
        by: str,
    ) -> None:
        """Write a credit note; what was paid beyond the rest is an advance, the newest first.

        Without a form where another deed leads to it, so that no desk clicks it twice.
        """
        note = Note(self.number("JMC"), bill, kind, parts, by)
        for part in [one for one in reversed(self.parts) if one.bill is bill]:
            over = note.total - self.owed(bill)
            if over > 0:
                self.take_back(part, min(over, part.amount))
        self.notes[note.number] = note
        if form is not None:
            self.note_forms[form] = bill
        self.books.post(
            (("credited", note.number), note.total),
            (("receivable", bill.payer, bill.number), -note.total),
        )
        if kind is CreditKind.VOID and bill.visit is not None:
            self.visits[bill.visit].charge = None

    def unbill(self, visit: Visit) -> None:
        """Void what a visit was charged, since it did not take place."""
        bill = self.bills.get(visit.charge or "")
        if bill is not None and self.all_left(bill):
            self.credit(bill, CreditKind.VOID, self.all_left(bill), None, "")
        visit.charge = None
