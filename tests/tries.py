"""Tries at a name, as a test makes them: wrong ones, and one at the own password."""

from sqlmodel import Session

from mediklaud.models import Account
from mediklaud.repository import begin_own_try, change_own_password
from mediklaud.repository.tries import begin_try, note_wrong


def note_wrong_try(db: Session, username: str) -> None:
    """A wrong try at a name, whether or not an account has it."""
    note_wrong(db, begin_try(db, username), "password")


def choose_anew(db: Session, me: Account, present: str, new: str) -> None:
    """Change the own password, with its try counted in the same transaction for once."""
    change_own_password(db, me, present, new, tried=begin_own_try(db, me))
