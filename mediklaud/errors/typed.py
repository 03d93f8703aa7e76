"""What is typed, and cannot be meant: text, phones, dates, amounts."""

from mediklaud.errors.refusal import AccessRefused, Refusal


class EmptyField(Refusal):
    """{field} is empty. Please fill it in."""


class TextTooLong(Refusal):
    """{field} is longer than {at_most} characters. Please shorten it."""


class PhoneNotUnderstood(Refusal):
    """ "{typed}" is not a phone number that can be dialled. Type all its digits, or start with + and the country."""

    field = "Phone"


class EmailNotUnderstood(Refusal):
    """This is not an email address letters can reach: {why} Correct it, or leave it empty where there is none."""

    field = "Email"


class BirthDateInTheFuture(Refusal):
    """A birth date after today cannot be right. Check the year."""

    field = "Date of birth"


class AgeNotPossible(Refusal):
    """An age of {years} years cannot be right. Type a number from 0 to 125."""

    field = "Age in years"


class BirthDateOrAgeMissing(Refusal):
    """Neither a date of birth nor an age is given. Ask for one of them."""

    field = "Date of birth"


class StaleForm(Refusal):
    """Somebody changed this record while the form was open. Look at it again, then repeat the change."""


class NotFound(AccessRefused):
    """There is no {what} like that. It may have been typed wrong."""


class AmountMissing(Refusal):
    """No amount was typed. Enter it in rupees, for example 1,250.50."""


class AmountUnreadable(Refusal):
    """ "{typed}" is not an amount. Enter rupees in figures, for example 1,250.50."""


class AmountNegative(Refusal):
    """ "{typed}" is below zero. Enter the amount without a minus sign."""


class AmountTooFine(Refusal):
    """ "{typed}" has more than two decimals. The smallest coin is one paisa; round it first."""


class AmountCommasMisplaced(Refusal):
    """The commas in "{typed}" are misplaced. Write 1,23,456.50, or leave the commas out."""


class AmountTooLarge(Refusal):
    """ "{typed}" is more than the desk takes at once, {most}. Check the figure."""


class TextNotKept(Refusal):
    """This text holds characters that no record can keep. Type it anew instead of pasting it."""


class NumberTooLarge(AccessRefused):
    """Nothing here has so large a number. It may have been typed wrong."""
