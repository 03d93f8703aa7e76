"""Tariff, bills, credit notes, payers, plans and waivers."""

from mediklaud.errors.refusal import AccessRefused, Refusal


class SeriesUsedUp(Refusal):
    """The series {series} has given its last number. Change its prefix in the settings."""


class BillNotOpen(Refusal):
    """Nothing is owed on bill {number} any more. Look at the open bills again."""

    field = "Bills"


class DiscountElsewhere(Refusal):
    """A discount or a waiver has a limit and a form of its own. Use that one."""


class BillCreditedAlready(Refusal):
    """All of bill {number} is credited already. There is nothing left to take back."""


class CreditNotPossible(Refusal):
    """A credit note takes back more than zero of lines of its own bill, and no more than is left of them."""

    field = "Amount"


class CreditTooMuch(Refusal):
    """Only {most} is left to credit of "{line}". Type that at most."""

    field = "Amount"


class CreditCancelledAlready(Refusal):
    """Credit note {number} was cancelled already. Look at the bill again."""


class BilledAgain(Refusal):
    """What bill {number} was for is billed anew or did not take place. Its credit note stays."""


class BillVoided(Refusal):
    """Bill {number} was voided by credit note {void}. Cancel that one first."""


class ServiceTaken(Refusal):
    """There is a service "{name}" already. Change that one, or choose another name."""

    field = "Service"


class SacNotPossible(Refusal):
    """A SAC has 4 to 6 digits and begins with 99. Look it up in the tariff of services."""

    field = "SAC"


class TaxNotPossible(Refusal):
    """A tax lies between 0 and 100 per cent. Type 0 for what is exempt."""

    field = "Tax"


class PriceNotPossible(Refusal):
    """A price is zero or more. Type it in rupees."""

    field = "Price"


class PriceInThePast(Refusal):
    """A price begins today or later, since bills of the past stay as they are."""

    field = "From"


class ServiceNotPriced(Refusal):
    """{name} is not offered now or has no price yet. Set its price first."""

    field = "Service"


class QuantityNotPossible(Refusal):
    """A quantity is a number from 1 to 9,999."""

    field = "Quantity"


class NothingToBill(Refusal):
    """Nothing here costs anything, so there is no bill."""

    field = "Service"


class GstinMissing(Refusal):
    """Tax may be billed only by who is registered for GST (CGST Act, s. 32). Fill in the hospital's GSTIN first."""

    field = "Service"


class VisitBilledAlready(Refusal):
    """This visit is billed already or is not finished. Void its bill first where it is wrong."""


class OnlyMinorsHavePayers(Refusal):
    """{patient} is of age and pays alone. A payer is named for patients under 18."""

    field = "Payer"


class PayerNotPossible(Refusal):
    """{payer} cannot be named: a payer is of age and has no payer in turn. Choose another adult, or take away the payer {payer} has."""

    field = "Payer"


class BillOnPlan(Refusal):
    """Bill {number} is on a payment plan that has not ended. End that one first, or choose other bills."""

    field = "Bills"


class InstalmentsNotPossible(Refusal):
    """A plan has 1 to {most} instalments of more than zero, each on a day of its own, from today to two years ahead. Correct them."""

    field = "Instalments"


class PlanSumDiffers(Refusal):
    """The instalments come to {agreed}, and {owed} is owed on these bills. Make both the same."""

    field = "Instalments"


class AboveDiscountLimit(AccessRefused):
    """You may take {left} more off this bill at once. Ask for a waiver of the rest; another person approves it."""

    field = "Amount"


class DiscountTooMuch(Refusal):
    """{owed} is owed on bill {number} now. A discount or waiver is more than zero and no more than that."""

    field = "Amount"


class LimitNotPossible(Refusal):
    """A limit is zero or more. Type it in rupees; with 0 every discount is a waiver for two people."""

    field = "Discount limit"


class NeedsAPerson(Refusal):
    """Whoever does this answers for it by name. Sign in with your own account."""


class WaiverAskedAlready(Refusal):
    """A waiver was asked for on bill {number} already. Wait for its decision."""


class WaiverDecidedAlready(Refusal):
    """This waiver is {status} already. Look at the list again."""


class YourOwnWaiver(AccessRefused):
    """You asked for this waiver yourself, so another person decides it."""


class PromiseNotPossible(Refusal):
    """Who promises to pay says by which day, today or within a year; any other outcome has no such day."""

    field = "Promised for"


class ShareNotPossible(Refusal):
    """A share is 0 to 100 per cent of the money received, or a sum for each visit, not both. Correct it."""

    field = "Share"


class ShareInThePast(Refusal):
    """A share begins today or later, since the statements of the past stay as they are."""

    field = "From"


class YourOwnLimit(AccessRefused):
    """Nobody sets the own limit. Another administrator does."""

    field = "Discount limit"


class DuesOnKeptPlan(Refusal):
    """What {patient} owes is on a payment plan that is kept. Whoever keeps a plan gets no reminder."""


class PayerStillOwes(Refusal):
    """{payer} still owes for the care of {patient}: {bills}. Once that is paid, waived or credited, another payer can be named."""

    field = "Payer"


class BillTooLarge(Refusal):
    """A bill comes to {most} at most. Look at the quantities and the prices again."""

    field = "Quantity"


class BillComesToAnother(Refusal):
    """The bill comes to {now} now, not {shown}: a price was changed meanwhile. Look at it, then issue it again."""


class LeftOfBillMoved(Refusal):
    """Of bill {number} {left} is left now, not {shown}: another desk changed it meanwhile. Look at it, then decide again."""


class CreditedWhole(Refusal):
    """This would take back all that is left of bill {number}. Void it, so that its visit may be billed anew, or ask for a waiver."""

    field = "Amount"
