"""Signing in: accounts, passwords, codes, second factors, single sign-on."""

from mediklaud.errors.refusal import AccessRefused, Refusal


class NotPermitted(AccessRefused):
    """Your account may not {deed}. Ask the administrator for the role it needs."""


class SignedOut(Refusal):
    """You are signed out. Sign in again; what you typed has not been saved."""


class WrongCode(Refusal):
    """This is not the code printed in the server's terminal. Copy it from there."""

    field = "One-time code"


class AlreadySetUp(Refusal):
    """This hospital is set up already. Sign in instead."""


class UsernameTaken(Refusal):
    """Another account already has the username {username}. Choose another one."""

    field = "Username"


class UsernameNotUnderstood(Refusal):
    """A username has 3 to 40 small letters, digits, dots or dashes. Choose another one."""

    field = "Username"


class PasswordTooShort(Refusal):
    """A password needs at least 12 characters. A few words in a row make a good one."""

    field = "New password"


class PasswordTooLong(Refusal):
    """A password may have at most 72 bytes. Choose a shorter one."""

    field = "New password"


class PasswordsDiffer(Refusal):
    """The two passwords are not the same. Type them once more."""

    field = "Repeat the new password"


class WrongPassword(Refusal):
    """This is not your present password. Type it once more."""

    field = "Present password"
    wrong = "password"


class LastChief(Refusal):
    """This would leave the hospital without anyone who is {role}. Give another account that role first."""


class DoctorRoleNeedsDoctor(Refusal):
    """An account with the role of doctor belongs to one registered doctor. Choose which one."""

    field = "Doctor"


class DoctorHasAccount(Refusal):
    """This doctor has an account already. Change that one instead."""

    field = "Doctor"


class NoRole(Refusal):
    """An account without a role can do nothing. Choose at least one."""

    field = "Roles"


class PasswordTooCommon(Refusal):
    """This password is too easy to guess: it is a common one, a name, or a pattern. A few words in a row that have nothing to do with you or the hospital make a good one."""

    field = "New password"


class PasswordNotPrintable(Refusal):
    """A password has letters, figures, signs and blanks only. Something else came along, perhaps when it was pasted: type it."""

    field = "New password"


class NameLocked(Refusal):
    """There were ten wrong tries within 15 minutes, so this name is locked for 15 minutes. Wait, or ask the administrator for a code."""


class AccountDisabled(Refusal):
    """This account is disabled, so a code would open nothing. Let it sign in again first."""


class WrongFactor(Refusal):
    """This code is not right, or it was used before. Wait for the next one in the app, or type a recovery code."""

    field = "Code from the app"
    wrong = "second factor"


class FactorNotConfirmed(Refusal):
    """This is not the code the app shows now. Check that the phone's clock is set by itself, and type the code once more."""

    field = "Code from the app"


class FactorStands(Refusal):
    """This account has a second factor already. Take it away before another phone gets it."""


class NoFactor(Refusal):
    """This account has no second factor."""


class FactorRequired(Refusal):
    """The hospital asks the CMO and administrators for a second factor, so this one stays. For another phone the administrator takes it away, and you set it up anew at the next sign-in."""


class IdentityUnknown(Refusal):
    """No account here has your verified email address. Ask the administrator to create one, or to write this address into yours."""


class IdentityAccountDisabled(Refusal):
    """Your account is disabled. Ask the administrator."""


class IdentityNotTrusted(Refusal):
    """What single sign-on said of you cannot be trusted here. Ask the administrator."""


class IdentityNotFresh(Refusal):
    """What single sign-on said of you was used before, or is too old. Sign in with it again."""
