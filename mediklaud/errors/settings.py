"""The hospital's settings."""

from mediklaud.errors.refusal import Refusal


class ZoneNotKnown(Refusal):
    """ "{zone}" is not a time zone. Choose one such as Asia/Kolkata."""

    field = "Time zone"


class GstinNotUnderstood(Refusal):
    """ "{typed}" is not a GSTIN. Copy its 15 characters from the registration certificate, such as 27AAPFU0939F1ZV."""

    field = "GSTIN"


class PrefixNotUsable(Refusal):
    """A prefix has 1 to 3 capital letters or digits, so that no number passes 16 characters. Shorten "{prefix}"."""


class PrefixesAlike(Refusal):
    """Every kind of paper needs a prefix of its own, and {prefix} stands twice. Change one of them."""


class GraceNotPossible(Refusal):
    """The days of grace are a number from 0 to 365."""

    field = "Days of grace"


class OverbookingsNotPossible(Refusal):
    """A session takes 0 to 20 overbookings. Type a number of these; with 0 nobody is overbooked."""

    field = "Overbookings a session"


class FollowUpsNotPossible(Refusal):
    """A paid visit gives 0 to 20 follow-ups. Type a number of these; with 0 every one costs its fee."""

    field = "Follow-ups after a paid visit"


class FollowUpDaysNotPossible(Refusal):
    """Follow-ups come within 1 to 365 days of the paid visit. Type a number of these."""

    field = "Within days"


class FollowUpShareNotPossible(Refusal):
    """The share of the fee is 0 to 99 per cent. Type a number of these; 0 is free."""

    field = "Per cent of the fee"


class GraceOfLettersNotPossible(Refusal):
    """A letter rests 0 to 600 seconds before it leaves. Type a number of these."""

    field = "Seconds a letter rests"


class ReminderHoursNotPossible(Refusal):
    """Reminders leave 0 to 168 hours before an appointment. Type a number of these; 0 sends none."""

    field = "Hours before, for reminders"


class PrefixHadBefore(Refusal):
    """There are {papers} under the prefix {prefix}, so another kind of paper cannot have it: two papers could share a number. Choose one that was never used."""


class ZoneInUse(Refusal):
    """Papers are dated in {zone}, and in another time zone their days, the days of grace and the days of the till would be others than those on paper. So the time zone stays as it is."""

    field = "Time zone"
