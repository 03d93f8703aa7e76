"""Phones in E.164 and email addresses that letters can reach."""

import re

import phonenumbers
from email_validator import EmailNotValidError, EmailUndeliverableError, validate_email

from mediklaud import text
from mediklaud.errors import EmailNotUnderstood, PhoneNotUnderstood

# RFC 5321, 4.5.3.1.3, less the brackets around it.
_LONGEST_EMAIL = 254


def phone(typed: str, *, country: str) -> str:
    """A number as typed at the desk, in E.164; digits of any script are read.

    `country` (ISO 3166, such as IN) says whose number it is where no + leads it.
    Refuses with PhoneNotUnderstood.
    """
    wanted = text.needed(typed, field="Phone", at_most=40)
    try:
        number = phonenumbers.parse(wanted, country)
    except phonenumbers.NumberParseException:
        raise PhoneNotUnderstood(typed=wanted) from None
    if not phonenumbers.is_valid_number(number):
        raise PhoneNotUnderstood(typed=wanted)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phone_words(e164: str) -> str:
    """A number as people read it: +91 98765 43210."""
    number = phonenumbers.parse(e164, None)
    international = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(number, international))


def phone_end(e164: str) -> str:
    """The end of a number, which tells a family apart for whoever has nobody to call."""
    return f"…{e164[-4:]}"


def national_digits(e164: str) -> str:
    """The digits a caller says, without the country's code."""
    return str(phonenumbers.parse(e164, None).national_number)


def said_digits(typed: str) -> str:
    """The digits of a phone or hospital number as they are kept, from as much as was said.

    A + and the country's code, or the one 0 that leads a number dialled at home, are no part
    of it; zeros within a hospital number are. Digits of any script are read.
    """
    digits = "".join(str(int(one)) for one in typed if one.isdecimal())
    if typed.strip().startswith("+"):
        codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        code = next((size for size in (1, 2, 3) if int(digits[:size]) in codes), 0)
        return digits[code:] or digits
    if len(digits) > 10:
        return digits[-10:]
    return digits[1:] if re.match("0[1-9]", digits) else digits


def email(typed: str) -> str | None:
    """An address as typed, normalised, or None where nothing was typed.

    Its syntax is checked here (RFC 5321, 5322 and 6531 as email-validator reads them).
    Refuses with EmailNotUnderstood.
    """
    wanted = text.line(typed, field="Email", at_most=_LONGEST_EMAIL)
    if not wanted:
        return None
    try:
        # Strict: no server need take more than 64 octets before the @.
        return validate_email(wanted, check_deliverability=False, strict=True).normalized
    except EmailNotValidError as error:
        raise EmailNotUnderstood(why=str(error)) from None


def doubt(typed: str, *, known: str) -> str:
    """Why letters may not reach an address, for the clerk to ask again; empty where none.

    Asks the machine's resolver whether the domain takes mail, 2 seconds at most. It says
    nothing where no resolver answers, or one that does not know the hospital's own
    domain (`known`) either. Never asked within a transaction.
    """
    # What is longer than any address is refused by the deed.
    if len(typed) > _LONGEST_EMAIL or not typed.strip():
        return ""
    if _takes_mail(typed) or not _takes_mail(known):
        return ""
    domain = typed.strip().rpartition("@")[2]
    return f"No mail server is known for {domain}: ask whether the email is spelt right."


def _takes_mail(address: str) -> bool:
    try:
        validate_email(address.strip(), check_deliverability=True, timeout=1)
    except EmailUndeliverableError:
        return False
    except Exception:
        # What is no address is refused by `email`; a resolver that fails knows nothing.
        return True
    return True


def needed_email(typed: str) -> str:
    """An address that may not be missing."""
    text.needed(typed, field="Email", at_most=_LONGEST_EMAIL)
    return email(typed) or ""
