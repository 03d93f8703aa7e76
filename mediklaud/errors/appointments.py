"""Times that are booked, held, moved and waited for."""

from mediklaud.errors.refusal import AccessRefused, Refusal


class PastTime(Refusal):
    """This time has passed. Choose a later one."""


class TooFarAhead(Refusal):
    """Appointments are given at most {days} days ahead. Choose an earlier day."""


class NoSuchSlot(Refusal):
    """{name} has no slot at that time any more. Choose one of the times shown."""


class DoctorOnLeave(Refusal):
    """{name} is on leave at that time. Choose another time or another doctor."""


class HospitalClosed(Refusal):
    """The hospital is closed that day: {holiday}. Choose another day."""


class KindNotSeen(Refusal):
    """{name} sees no {kind} at that time. Choose another time, or another kind of visit."""


class TimeHeld(Refusal):
    """{name} is holding this time for another caller, for {left} more. {way_on}"""


class HoldRanOut(Refusal):
    """Your hold on this time has run out, so nothing is booked. {way_on}"""


class HoldExtended(Refusal):
    """A hold is extended once. Book the time, or choose it again when it is free."""


class NotYourHold(AccessRefused):
    """Another clerk holds this time. Choose one of the free times."""


class SessionFull(Refusal):
    """This session has its {cap} overbookings already. Choose another session or the waitlist."""


class NotOverFree(Refusal):
    """This time is free, so nothing needs to be overbooked. Book it as it is."""


class NoTimeLeft(Refusal):
    """{name} has no free time left in a session of today. Overbook one with a reason, or choose another doctor."""


class AlreadyInQueue(Refusal):
    """{patient} has token {token} with {name} already. Look at the queue."""


class NotYourQueue(AccessRefused):
    """This is another doctor's queue. Your own is on the page of today's consultations."""


class NothingToUndo(Refusal):
    """This appointment is {status}, so there is no slip to undo. Look at the list again."""


class WaitsNoMore(Refusal):
    """{patient} does not wait any more: another desk has booked or withdrawn it. Look at the list again."""


class WaitNotPossible(Refusal):
    """A wait needs days and hours that can still come. Correct them."""

    field = "Last day"


class NotStranded(Refusal):
    """{patient}'s time stands as it is and needs no move. Look at the list again."""


class SlotTaken(Refusal):
    """This time was just taken. {way_on}"""


class PatientBusy(Refusal):
    """{patient} already has an appointment with {doctor} at {hour} that day. Choose another time, or move that one."""


class OnHold(Refusal):
    """Routine booking is on hold: {patient} owes {owed} on {bills}. The hospital holds booking back for {rule}.{advance} Take the payment, agree a payment plan, ask for a waiver and wait for it, or book an emergency with its reason."""


class NotBookedAnyMore(Refusal):
    """This appointment is {status} already, so it cannot be {wanted}. Look at the list again."""


class NotYetTime(Refusal):
    """The appointment has not begun yet. A patient has not missed it before {hour}."""
