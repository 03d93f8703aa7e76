"""A hospital's till in plain Python: what must come of every deed, said before it is done.

Nothing of the house's own reckoning is used here, only its words and its refusals. Each method
named like a deed answers with what will be refused, or how the books stand afterwards.
"""

from mediklaud import errors
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import CreditKind, Method, WaiverStatus
from tests.booking_things import No, day_of, foretold
from tests.money_rules import Rules, told
from tests.money_things import (
    CASHIERS,
    SERVICES,
    Closed,
    Line,
    Plan,
    Visit,
    Waiver,
    tax_of,
)


def _as_it_is(_):
    """A second click changes nothing."""


class Model(Rules):
    """The till, and what comes of each deed."""

    # Visits: the gate, and what is billed.

    @foretold
    def book(self, form, patient, doctor, kind, starts_at, *, emergency):
        """Book a free time."""
        if form in self.visits:
            return _as_it_is
        if self.on_hold(patient) and not emergency:
            raise No(errors.OnHold)
        visit = Visit(form, patient, doctor, kind, starts_at)
        return lambda _: self.visits.update({form: visit})

    def _refuse_other_day(self, visit, *statuses):
        if visit.status not in statuses:
            raise No(errors.NotBookedAnyMore)
        if day_of(visit.starts_at) != self.today:
            raise No(errors.NotThatDay)

    @foretold
    def arrive(self, visit):
        """The patient is in the waiting room."""
        self._refuse_other_day(visit, Status.BOOKED)

        def then(_):
            visit.status = Status.ARRIVED
            self.arrived(visit)

        return then

    @foretold
    def undo_arrival(self, visit):
        """The arrival was a slip."""
        self._refuse_other_day(visit, Status.ARRIVED)

        def then(_):
            visit.status = Status.BOOKED
            self.unbill(visit)

        return then

    @foretold
    def cancel(self, visit):
        """The visit is cancelled."""
        if visit.status not in (Status.BOOKED, Status.ARRIVED):
            raise No(errors.NotBookedAnyMore)

        def then(_):
            visit.status = Status.CANCELLED
            self.unbill(visit)

        return then

    @foretold
    def see(self, visit):
        """The doctor begins and finishes."""
        if visit.status is Status.FULFILLED:
            raise No(errors.AlreadyFinished)
        self._refuse_other_day(visit, Status.BOOKED, Status.ARRIVED)

        def then(_):
            if visit.status is Status.BOOKED:
                self.arrived(visit)
            visit.status = Status.FULFILLED
            self.charge(visit)

        return then

    @foretold
    def bill_again(self, visit):
        """A finished visit is billed anew."""
        if visit.status is not Status.FULFILLED or visit.charge is not None:
            raise No(errors.VisitBilledAlready)
        return lambda _: self.charge(visit)

    @foretold
    def bill(self, patient, items, *, form):
        """Services are billed."""
        if self.bill_forms.get(form) == patient:
            return _as_it_is
        if any(not 1 <= quantity <= 9_999 for _, quantity in items):
            raise No(errors.QuantityNotPossible)
        lines = []
        for name, quantity in items:
            price, rate = SERVICES[name]
            lines.append(Line(price * quantity, rate, tax_of(price * quantity, rate)))
        if not any(line.amount for line in lines):
            raise No(errors.NothingToBill)
        if any(line.rate for line in lines) and not self.policy.gstin:
            raise No(errors.GstinMissing)
        if form in self.bill_forms:
            raise No(errors.StaleForm)

        def then(_):
            self.bill_forms[form] = patient
            self.issue(patient, lines)

        return then

    # Money received.

    def _clicked(self, form, patient):
        payer = self.receipt_forms.get(form)
        return payer is not None and payer in (patient, self.people[patient].payer)

    @foretold
    def pay(self, patient, tenders, *, form, by, chosen=()):
        """Money is taken for bills."""
        if self._clicked(form, patient):
            return _as_it_is
        payer, bills = self.to_pay(patient, chosen)
        received, owed = sum(one.amount for one in tenders), sum(map(self.owed, bills))
        if received <= 0:
            raise No(errors.AmountNotPossible)
        if not owed:
            raise No(errors.NothingOwed)
        if received > owed:
            raise No(errors.MoreThanOwed)
        self.refuse_tenders(payer, tenders, form, by)

        def then(_):
            for payment in self.receive("JMR", payer, tenders, form, by):
                for bill in bills:
                    self.allocate(payment, bill)

        return then

    @foretold
    def take_advance(self, patient, tenders, *, form, by):
        """Money is taken before there is a bill."""
        if self._clicked(form, patient):
            return _as_it_is
        if self.open_bills(patient):
            raise No(errors.PaysDuesFirst)
        if not tenders:
            raise No(errors.AmountNotPossible)
        payer = self.payer_of(patient)
        self.refuse_tenders(payer, tenders, form, by)
        return lambda _: self.receive("JMA", payer, tenders, form, by)

    @foretold
    def use_advance(self, patient, *, chosen=()):
        """What is left of earlier payments pays bills."""
        payer, bills = self.to_pay(patient, chosen)
        if not bills:
            raise No(errors.NothingOwed)
        if not self.advances(payer):
            if self.advances(patient):
                raise No(errors.AdvanceOfTheMinor)
            raise No(errors.NoAdvance)

        def then(_):
            for bill in bills:
                for payment in self.advances(payer):
                    self.allocate(payment, bill)

        return then

    @foretold
    def refund(self, payment, paise, method, reference, *, form, by):
        """What is left of a payment is given back."""
        if self.refund_forms.get(form) is payment:
            return _as_it_is
        if paise <= 0:
            raise No(errors.RefundNotPossible)
        if payment.reversed:
            raise No(errors.PaymentReversedAlready)
        if paise > self.left(payment):
            raise No(errors.MoreThanLeft)
        stale = [errors.StaleForm] if form in self.refund_forms else []
        used, twice = self.refund_references, errors.RefundReferenceUsed
        self.refuse_slip(method, reference, used, twice, by, *stale)

        def then(_):
            self.number("JMF")
            self.refund_forms[form] = payment
            payment.refunded += paise
            if method is not Method.CASH:
                self.refund_references.add((method, told(reference)))
            till = ("refunded", by, self.today, method)
            self.books.post((payment.account, paise), (till, -paise))

        return then

    @foretold
    def reverse(self, payment, *, by):
        """A payment came to nothing."""
        if payment.reversed:
            return _as_it_is
        if self.is_closed(by, self.today):
            raise No(errors.DayIsClosed)

        def then(_):
            for part in [one for one in self.parts if one.payment is payment]:
                self.take_back(part, part.amount)
            payment.reversed = True
            till = ("reversed", by, self.today, payment.method)
            # What was given back of it is nobody's any more.
            lost = ("given back in vain", payment.payer)
            self.books.post(
                (payment.account, payment.amount - payment.refunded),
                (lost, payment.refunded),
                (till, -payment.amount),
            )

        return then

    # Bills corrected.

    @foretold
    def void(self, bill, *, form, by):
        """All that is left of a bill is taken back."""
        if self.note_forms.get(form) is bill:
            return _as_it_is
        left = self.all_left(bill)
        if not left:
            raise No(errors.BillCreditedAlready)
        if form in self.note_forms:
            raise No(errors.StaleForm)
        return lambda _: self.credit(bill, CreditKind.VOID, left, form, by)

    @foretold
    def correct(self, bill, wanted, *, form, by):
        """So much of lines, before tax, is taken back; `wanted` by their places."""
        if self.note_forms.get(form) is bill:
            return _as_it_is
        parts = []
        for place, paise in wanted:
            line = bill.lines[place]
            amount, tax = self.line_left(bill, line)
            if paise <= 0:
                raise No(errors.CreditNotPossible)
            if paise > amount:
                raise No(errors.CreditTooMuch)
            part = tax if paise == amount else min(tax, tax_of(paise, line.rate))
            parts.append((line, paise, part))
        left = sum(amount + tax for _, amount, tax in self.all_left(bill))
        if sum(amount + tax for _, amount, tax in parts) == left:
            raise No(errors.CreditedWhole)
        if form in self.note_forms:
            raise No(errors.StaleForm)
        return lambda _: self.credit(bill, CreditKind.CORRECTION, parts, form, by)

    def _refuse_off(self, bill, paise):
        if not 0 < paise <= self.owed(bill):
            raise No(errors.DiscountTooMuch)

    @foretold
    def discount(self, bill, paise, *, form, by):
        """A sum is taken off at once, up to the cashier's limit."""
        if self.note_forms.get(form) is bill:
            return _as_it_is
        self._refuse_off(bill, paise)
        if paise > CASHIERS[by] - self.discounted(bill, by):
            raise No(errors.AboveDiscountLimit)
        parts = self.spread(bill, paise)
        if form in self.note_forms:
            raise No(errors.StaleForm)
        return lambda _: self.credit(bill, CreditKind.DISCOUNT, parts, form, by)

    @foretold
    def cancel_credit(self, note):
        """What a credit note took back is owed again."""
        if note.cancelled:
            raise No(errors.CreditCancelledAlready)
        bill = note.bill
        others = [one for one in self.notes.values() if one.bill is bill and one is not note]
        if any(one.kind is CreditKind.VOID and not one.cancelled for one in others):
            raise No(errors.BillVoided)
        visit = self.visits.get(bill.visit or "")
        if visit is not None and visit.charge != bill.number:
            here = visit.status in (Status.ARRIVED, Status.FULFILLED)
            if not here or visit.charge is not None:
                raise No(errors.BilledAgain)

        def then(_):
            note.cancelled = True
            self.books.post(
                (("receivable", bill.payer, bill.number), note.total),
                (("credited", note.number), -note.total),
            )
            if visit is not None:
                visit.charge = bill.number

        return then

    @foretold
    def ask_waiver(self, bill, paise, *, form, by):
        """Another person is asked for a waiver."""
        asked = self.waivers.get(form)
        if asked is not None and asked.bill is bill:
            return _as_it_is
        self._refuse_off(bill, paise)
        no = [errors.StaleForm] if asked is not None else []
        waiting = [one for one in self.waivers.values() if one.status is WaiverStatus.REQUESTED]
        if any(one.bill is bill for one in waiting):
            no.append(errors.WaiverAskedAlready)
        if no:
            raise No(*no)
        return lambda _: self.waivers.update({form: Waiver(bill, paise, by)})

    def _refuse_decision(self, waiver, decision, by):
        if waiver.asked_by == by:
            raise No(errors.YourOwnWaiver)
        decided = (waiver.status, waiver.decided_by)
        if waiver.status is not WaiverStatus.REQUESTED and decided != (decision, by):
            raise No(errors.WaiverDecidedAlready)

    @foretold
    def approve_waiver(self, waiver, *, by):
        """Another person approves, and the credit note is issued."""
        self._refuse_decision(waiver, WaiverStatus.APPROVED, by)
        if waiver.status is WaiverStatus.APPROVED:
            return _as_it_is
        self._refuse_off(waiver.bill, waiver.amount)
        parts = self.spread(waiver.bill, waiver.amount)

        def then(_):
            waiver.status, waiver.decided_by = WaiverStatus.APPROVED, by
            self.credit(waiver.bill, CreditKind.WAIVER, parts, None, by)

        return then

    @foretold
    def refuse_waiver(self, waiver, *, by):
        """Another person refuses."""
        self._refuse_decision(waiver, WaiverStatus.REFUSED, by)

        def then(_):
            waiver.status, waiver.decided_by = WaiverStatus.REFUSED, by

        return then

    # Plans and payers.

    @foretold
    def agree_plan(self, patient, due, *, form, chosen=()):
        """Open bills are to be paid in instalments."""
        clicked = self.plans.get(form)
        if clicked is not None and clicked.payer in (patient, self.people[patient].payer):
            return _as_it_is
        payer, bills = self.to_pay(patient, chosen)
        free = [bill for bill in bills if self.plan_of(bill) is None]
        if len(free) < len(bills) and (chosen or not free):
            raise No(errors.BillOnPlan)
        if not free:
            raise No(errors.NothingOwed)
        days = {day for day, _ in due}
        if not due or len(days) < len(due) or min(days) < self.today or min(due_of(due)) <= 0:
            raise No(errors.InstalmentsNotPossible)
        total = sum(map(self.owed, free))
        if sum(due_of(due)) != total:
            raise No(errors.PlanSumDiffers)
        if clicked is not None:
            raise No(errors.StaleForm)
        return lambda _: self.plans.update({form: Plan(payer, total, free, due)})

    @foretold
    def end_plan(self, plan):
        """A plan ends."""
        return lambda _: setattr(plan, "ended", True)

    @foretold
    def name_payer(self, patient, payer):
        """An adult pays for a minor from now on; or nobody any more."""
        if payer is not None:
            if not self.is_minor(patient):
                raise No(errors.OnlyMinorsHavePayers)
            pays_for = any(one.payer == patient for one in self.people.values())
            if self.is_minor(payer) or self.people[payer].payer is not None or pays_for:
                raise No(errors.PayerNotPossible)
        named = self.people[patient].payer
        if named not in (None, payer) and self.is_minor(patient):
            theirs = [one for one in self.bills.values() if one.patient == patient]
            if any(one.payer == named and self.owed(one) for one in theirs):
                raise No(errors.PayerStillOwes)
        return lambda _: setattr(self.people[patient], "payer", payer)

    # The end of the day.

    @foretold
    def close_day(self, counts, *, form, by, day):
        """A cashier counts the till; what is not counted is nothing."""
        clicked = self.closes.get(form)
        if clicked is not None and clicked.cashier == by:
            return _as_it_is
        if day > self.today:
            raise No(errors.DayNotCome)
        both = {}
        for method in Method:
            counted, reason = counts.get(method, (0, ""))
            both[method] = (self.in_till(by, day, method), counted)
            if counted < 0 <= both[method][0]:
                raise No(errors.CountBelowZero)
            if counted != both[method][0] and not reason:
                raise No(errors.CountMissesReason)
        no = [errors.StaleForm] if clicked is not None else []
        if self.is_closed(by, day):
            no.append(errors.DayClosedAlready)
        if no:
            raise No(*no)
        return lambda _: self.closes.update({form: Closed(by, day, both)})

    @foretold
    def reopen_day(self, close, *, by):
        """A second person reopens a cashier's day."""
        if close.cashier == by:
            raise No(errors.YourOwnDay)
        return lambda _: setattr(close, "reopened", True)


def due_of(due):
    """The sums of instalments."""
    return [paise for _, paise in due]
