"""The demo's till: most pay at once, some later or in two parts, a few not at all."""

from datetime import timedelta
from functools import partial
from random import Random

from sqlmodel import Session

from mediklaud import clock
from mediklaud.demo.agenda import desk_moment
from mediklaud.demo.roster import ZONE
from mediklaud.demo.timeline import Timeline
from mediklaud.models import Account, Method, Patient
from mediklaud.repository import take_payment

# Of a hundred bills so many are paid at the till that day, some days later, half and the
# rest later, or half and no more; nothing comes in for the others.
_AT_ONCE, _LATER, _IN_TWO, _HALF = 80, 10, 5, 2
# How often each method is used, and what its references look like.
_METHODS = {
    Method.CASH: (38, ""),
    Method.UPI: (36, "4{:011d}"),
    Method.CARD: (16, "CARD{:06d}"),
    Method.BANK: (5, "NEFT{:010d}"),
    Method.CHEQUE: (5, "{:06d}"),
}


class Till:
    """Who owes how much, and when it is paid."""

    def __init__(self, db: Session, timeline: Timeline, random: Random, cashier: Account) -> None:
        """Nobody owes anything yet."""
        self._db, self._timeline, self._random, self._cashier = db, timeline, random, cashier
        self._owed_paise: dict[int, int] = {}

    def owes(self, patient: Patient) -> bool:
        """Whether a patient owes anything, so that routine booking is on hold."""
        return (patient.id or 0) in self._owed_paise

    def bill(self, patient: Patient, total_paise: int) -> None:
        """A bill was issued; plan how it is paid."""
        number = patient.id or 0
        self._owed_paise[number] = self._owed_paise.get(number, 0) + total_paise
        random, now = self._random, self._timeline.now
        habit = random.randrange(100)
        soon = now + timedelta(seconds=random.randint(180, 1200))
        later = desk_moment(random, clock.day_of(now + timedelta(days=random.randint(1, 9)), ZONE))
        half_first = _AT_ONCE + _LATER <= habit < _AT_ONCE + _LATER + _IN_TWO + _HALF
        if habit < _AT_ONCE or half_first:
            self._timeline.at(soon, partial(self._pay, patient, halved=half_first))
        if _AT_ONCE <= habit < _AT_ONCE + _LATER + _IN_TWO:
            self._timeline.at(later, partial(self._pay, patient, halved=False))

    def _pay(self, patient: Patient, *, halved: bool) -> None:
        owed = self._owed_paise.pop(patient.id or 0, 0)
        if not owed:
            return
        amount = owed // 2 if halved else owed
        serial = self._timeline.serial
        method = self._random.choices(list(_METHODS), [often for often, _ in _METHODS.values()])[0]
        take_payment(
            self._db,
            patient,
            amount,
            method,
            form=f"demo/payment/{serial}",
            by=self._cashier,
            # Counted on, so that no reference comes twice.
            reference=_METHODS[method][1].format(314_159 + serial),
        )
        if amount < owed:
            self._owed_paise[patient.id or 0] = owed - amount
