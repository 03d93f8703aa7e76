"""Payments, refunds, cash and the day's close."""

from mediklaud.errors.refusal import AccessRefused, Refusal


class AmountNotPossible(Refusal):
    """A payment is more than zero. Type the sum received."""

    field = "Received"


class MoreThanOwed(Refusal):
    """{patient} owes {owed}, which is less than {received}. Take {owed} at most."""

    field = "Received"


class ReferenceMissing(Refusal):
    """A payment by {method} needs its reference. Copy it from the slip or the screen."""

    field = "Reference"


class ReferenceUsed(Refusal):
    """A payment by {method} with the reference {reference} is in the till already. Check the slip."""

    field = "Reference"


class CashLimit(Refusal):
    """Nobody may receive ₹2,00,000 or more in cash from one person in a day (Income-tax Act 2025, s. 186). Take the rest another way."""

    field = "Received"


class NothingOwed(Refusal):
    """{patient} owes nothing. There is no bill to pay."""


class TenderedTooLittle(Refusal):
    """Less cash was handed over than the {amount} to be taken. Type what was received."""

    field = "Cash handed over"


class PaysDuesFirst(Refusal):
    """{patient} owes {owed}. Take it as a payment first, so that booking opens."""

    field = "Received"


class NoAdvance(Refusal):
    """Nothing is left of what {patient} paid. Take a payment instead."""


class RefundNotPossible(Refusal):
    """A refund is more than zero. Type the sum given back."""

    field = "Amount"


class MoreThanLeft(Refusal):
    """Only {left} of this payment pays no bill. Refund that at most, or credit a bill first."""

    field = "Amount"


class RefundReferenceUsed(Refusal):
    """A refund by {method} with the reference {reference} is on a voucher already. Check the slip."""

    field = "Reference"


class PaymentReversedAlready(Refusal):
    """This payment was reversed: it came to nothing, and there is nothing to refund."""


class DayIsClosed(Refusal):
    """Your day at the till is closed, so it takes no more money and gives none back. Another person can reopen it with a reason."""


class DayClosedAlready(Refusal):
    """Your till of {day:%d %B %Y} is closed already. Another person can reopen it with a reason."""


class DayNotCome(Refusal):
    """That day is still to come. Close today or a day before it."""

    field = "Day"


class CountMissesReason(Refusal):
    """What was counted by {method} differs by {difference} from the ledger. Count once more, or say why."""

    field = "Reason"


class LedgerMoved(Refusal):
    """The ledger says {now} of {method} now, not {shown}: money moved while it was counted. Count once more."""


class CountBelowZero(Refusal):
    """What was counted by {method} is below zero, and the ledger is not. Count what is there: nothing is 0."""


class NotYourTill(AccessRefused):
    """This is another cashier's till. It is closed by somebody else only once that account is off or takes no money any more."""


class YourOwnDay(AccessRefused):
    """This is your own day at the till, so another person reopens it."""


class YouClosedIt(AccessRefused):
    """You closed this day for its cashier, so another person reopens it."""


class BillOfAnotherPayer(AccessRefused):
    """Bill {number} is owed by {owes}, and this receipt is {payer}'s. Take it apart, on a receipt of its own."""

    field = "Bills"


class AdvanceOfTheMinor(Refusal):
    """{left} is left in the name of {patient}, and these bills are in that of {payer}. Refund it from its receipt and take it as a payment."""
