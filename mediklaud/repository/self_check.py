"""The house proves its promises on the live database: one finding a rule, green or red.

Everything is recounted from the rows alone, by other means than the deeds use, so that a
rule that was gone round is found too. Rows are read in batches or by the engine.
"""

from sqlmodel import Session

from mediklaud.models import Account
from mediklaud.permissions import Deed
from mediklaud.repository import (
    proofs_of_money,
    proofs_of_privacy,
    proofs_of_the_house,
    proofs_of_the_till,
    proofs_of_times,
)
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import is_set_up
from mediklaud.repository.proofs import Finding, Proof


def check_house(db: Session, *, by: Account) -> list[Finding]:
    """Prove every promise on the database as it is now; nothing is changed."""
    permit(db, by, Deed.CHECK_HOUSE)
    asked: tuple[Proof, ...] = proofs_of_the_house.PROOFS
    if is_set_up(db):
        of_money = (*proofs_of_money.PROOFS, *proofs_of_the_till.PROOFS)
        asked = (*asked, *proofs_of_times.PROOFS, *of_money, *proofs_of_privacy.PROOFS)
    return [proof.ask(db) for proof in asked]
