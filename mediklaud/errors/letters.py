"""Letters and reminders, and the server that takes them."""

from mediklaud.errors.refusal import Refusal


class LetterOnItsWay(Refusal):
    """This letter is {state} by now, so it is not sent again. Look at the list anew."""


class LetterNotNeeded(Refusal):
    """What this letter tells is old by now: there is a newer letter, or the time is past."""


class NoAddressToSendTo(Refusal):
    """There is no email to which {name} may be written. Add one on "Edit a patient", or call."""


class MailServerNotSet(Refusal):
    """No mail server is set, so there is none to try. Set MEDIKLAUD_SMTP_URL and start anew."""


class MailServerSaysNo(Refusal):
    """The mail server would take no letter: {why}. Letters wait, and are sent once it does."""


class PauseNotPossible(Refusal):
    """Reminders may rest until today or a day within a year. Choose one."""

    field = "Last day"


class RemindersRest(Refusal):
    """Reminders to {patient} rest until {day:%d %B %Y}: {reason}. End the pause first, or wait."""


class ReminderTooEarly(Refusal):
    """{patient} was reminded of bill {number}. The next letter may leave from {day:%d %B %Y} on; until then, call."""


class RemindedToTheLast(Refusal):
    """The final reminder of bill {number} has left. Call {patient}, or agree a payment plan."""


class RemindedMeanwhile(Refusal):
    """Another desk has just queued these letters. Look at the list again."""


class AdvanceCoversDues(Refusal):
    """{patient} has {left} in advance, which covers what is owed. Pay the bills with it instead of writing a letter."""
