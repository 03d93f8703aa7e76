"""Doctors, their registration, sessions and leave."""

from mediklaud.errors.refusal import Refusal


class RegistrationTaken(Refusal):
    """{council} number {registration} belongs to {name} ({number}) already. Look at the certificate once more."""

    field = "Registration number"


class CouncilNotKnown(Refusal):
    """This is not one of the councils that register doctors. Choose it from the list."""

    field = "State council"


class FeeNotPossible(Refusal):
    """A fee is a sum from ₹0 to ₹1,00,000. Correct it."""

    field = "Consultation fee"


class FeesInThePast(Refusal):
    """Fees hold from today or a later day on, since visits of the past keep their price. Choose another day."""

    field = "Fees from"


class ProcedureFeeEndsToday(Refusal):
    """A procedure fee is taken away at once and not on a later day. Leave the fee, or choose today."""

    field = "Fees from"


class ProcedureFeeStays(Refusal):
    """Procedures were booked with {name}, or a session still sees them, so the fee stays. Change the fee, or close those sessions."""

    field = "Procedure fee"


class DoctorInactive(Refusal):
    """{name} no longer sees patients here. Choose another doctor."""


class RegistrationExpired(Refusal):
    """{name}'s council registration expired on {day:%d %B %Y}. The CMO renews it before that day can be booked."""


class SessionNotPossible(Refusal):
    """This session makes no sense. Correct it."""


class WeekdayNotPossible(SessionNotPossible):
    """A session is held on one of the seven weekdays. Choose one of them."""

    field = "Weekday"


class HoursNotPossible(SessionNotPossible):
    """A session lies between 00:00 and 24:00 of one day. Correct its hours."""


class SessionEndsTooSoon(SessionNotPossible):
    """A session ends after it begins, 5 minutes later at least. Choose an end after {begins}."""

    field = "Ends"


class SlotNotPossible(SessionNotPossible):
    """A slot takes 5 minutes at least and {at_most} at most in these hours. Correct its minutes."""

    field = "Minutes of a slot"


class VisitLengthNotPossible(SessionNotPossible):
    """This visit takes 5 minutes at least and {at_most}, the whole session, at most. Correct its minutes."""


class SessionNeverHeld(SessionNotPossible):
    """The last day is before the first one, {first:%d %B %Y}. Choose a later one, or none."""

    field = "Last day"


class ProcedureNotPriced(SessionNotPossible):
    """{name} has no procedure fee, so nobody could book a procedure. Enter the fee in the doctor's record first."""

    field = "Minutes of a procedure"


class SessionsOverlap(Refusal):
    """{name} already works within these hours on that weekday. Change the times, or close the other session first."""

    field = "Begins"


class HolidayStands(Refusal):
    """{day:%d %B %Y} is a holiday already. Choose another day."""

    field = "Day"


class LeaveNotPossible(Refusal):
    """Leave ends after it begins. Correct its days and times."""

    field = "Last day"


class SessionNeverTakesPlace(SessionNotPossible):
    """No {day:%A} from today on lies between the first and the last day. Choose a later last day, or none."""

    field = "Last day"
