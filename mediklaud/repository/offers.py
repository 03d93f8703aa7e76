"""Where a patient can be moved: the best equal times, nobody's twice, and what a visit costs."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known
from mediklaud.models import LIVE, Account, Appointment, Doctor, Entitlement, VisitKind
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.doctors import doctors, fees_then, fees_today
from mediklaud.repository.entitlements import FollowUps, follow_ups_there
from mediklaud.repository.free_times import first_free, free_slots
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.relocations import Stranded, turn_of
from mediklaud.timetable import Slot

# How far from the old time an equal one is looked for, before and after.
NEAR_DAYS = 14
# How many other times are offered for one patient: the doctor's own, and the specialty's.
_OWN, _OTHERS = 200, 60


@dataclass(frozen=True)
class Offer:
    """A free time that can be promised instead, and whose it is."""

    starts_at: datetime
    ends_at: datetime
    doctor: Doctor

    @property
    def doctor_id(self) -> int:
        """Whose it is."""
        return self.doctor.id or 0

    @property
    def slot(self) -> Slot:
        """The stretch of time alone."""
        return Slot(self.starts_at, self.ends_at)


@dataclass(frozen=True)
class MovedPrice:
    """What a visit costs at another time: its fee, less what a follow-up left there gives.

    `lost` is what the visit has now and would not have there.
    """

    fee_paise: int
    left: FollowUps | None
    lost: Entitlement | None


def price_if_moved(
    db: Session, appointment: Appointment, doctor_id: int, starts_at: datetime, *, by: Account
) -> MovedPrice:
    """What an appointment would cost with a doctor at another time, before it is moved there."""
    permit(db, by, Deed.RELOCATE, appointment)
    kept = known(db, Appointment, appointment.id)
    known(db, Doctor, doctor_id)
    return _prices(db, [(kept, doctor_id, starts_at)])[kept.id or 0]


def prices_there(
    db: Session, found: Sequence[Stranded], best: Mapping[int, Offer], *, by: Account
) -> dict[int, MovedPrice]:
    """What each on the list would cost at its best time, by appointment.

    Read together, however many they are; whoever has no time is missing.
    """
    permit(db, by, Deed.RELOCATE)
    visits = {one.visit.appointment.id or 0: one.visit.appointment for one in found}
    moves = [
        (visit, best[one].doctor_id, best[one].starts_at)
        for one, visit in visits.items()
        if one in best
    ]
    return _prices(db, moves)


def _prices(
    db: Session, moves: Sequence[tuple[Appointment, int, datetime]]
) -> dict[int, MovedPrice]:
    zone = the_hospital(db).zone
    days = [(visit, whose, clock.day_of(starts_at, zone)) for visit, whose, starts_at in moves]
    fees = fees_then(db, {(whose, visit.kind, day) for visit, whose, day in days})
    again = [one for one in days if one[0].kind is VisitKind.FOLLOW_UP]
    left = follow_ups_there(db, again)
    had = _entitlements_of(db, [visit for visit, _, _ in again if visit.id not in left])
    return {
        visit.id or 0: MovedPrice(
            fees.get((whose, visit.kind, day), 0), left.get(visit.id or 0), had.get(visit.id or 0)
        )
        for visit, whose, day in days
    }


def _entitlements_of(db: Session, visits: Sequence[Appointment]) -> dict[int, Entitlement]:
    """What each of these visits uses now, by appointment."""
    used = {visit.entitled_by_id for visit in visits if visit.entitled_by_id is not None}
    rows = select(Entitlement).where(col(Entitlement.granted_by_id).in_(used))
    given = {one.granted_by_id: one for one in db.exec(rows)} if used else {}
    return {
        visit.id or 0: given[visit.entitled_by_id]
        for visit in visits
        if visit.entitled_by_id in given
    }


def best_times(db: Session, found: Sequence[Stranded], *, by: Account) -> dict[int, Offer]:
    """The best equal time for each, by appointment: free, of the same kind, and nearest.

    The same doctor's within NEAR_DAYS of the old time, else another doctor's of the same
    specialty; one of the old length before one of another. Nobody is offered a time in which
    he or she is busy, and no two are offered the same: emergencies choose first, then the
    earliest. Whose turn finds nothing near is missing.
    """
    permit(db, by, Deed.RELOCATE)
    near = _Near(db, found, by)
    taken = _Taken(db, found)
    best = {}
    for one in sorted(found, key=lambda one: turn_of(one.visit.appointment)):
        appointment = one.visit.appointment
        free = (offer for offer in near.offers(appointment) if taken.leaves(offer, appointment))
        offer = next(free, None)
        if offer is not None:
            taken.give(offer, appointment)
            best[appointment.id or 0] = offer
    return best


def other_times(db: Session, one: Stranded, *, by: Account) -> list[Offer]:
    """Free times to choose from for one patient, by time: the doctor's own and the specialty's.

    The nearest ones; where nothing near the old time is free, the first ones after today.
    """
    permit(db, by, Deed.RELOCATE)
    appointment, near, taken = one.visit.appointment, _Near(db, [one], by), _Taken(db, [one])

    def fitting(offers: Iterable[Offer], most: int) -> Iterator[Offer]:
        return islice((offer for offer in offers if taken.leaves(offer, appointment)), most)

    found = [
        *fitting(near.own(appointment), _OWN),
        *fitting(near.others(appointment), _OTHERS),
    ] or list(fitting(near.first(appointment), _OTHERS))
    return sorted(found, key=lambda offer: (offer.starts_at, offer.doctor.name))


class _Near:
    """The free times near the old ones; a doctor's are read once, however many patients."""

    def __init__(self, db: Session, found: Sequence[Stranded], by: Account) -> None:
        self._db, self._by = db, by
        self._zone = the_hospital(db).zone
        self._found = [(one.visit.appointment, one.visit.doctor) for one in found]
        self._read: dict[tuple[object, VisitKind], list[Offer]] = {}
        self._colleagues: dict[str, Sequence[Doctor]] = {}

    def offers(self, old: Appointment) -> Iterator[Offer]:
        """The doctor's own times, the best first, and then those of the specialty."""
        yield from self.own(old)
        yield from self.others(old)

    def own(self, old: Appointment) -> Iterator[Offer]:
        """The doctor's own times, the best first."""
        asked = [one for one in self._found if one[0].doctor_id == old.doctor_id]
        whose = [doctor for _, doctor in asked[:1]]
        yield from _by_nearness(self._free(old.doctor_id, whose, old.kind, asked), old, self._zone)

    def others(self, old: Appointment) -> Iterator[Offer]:
        """Other doctors' of the same specialty, the best first."""
        specialty = self._specialty(old)
        asked = [one for one in self._found if one[1].specialty == specialty]
        if specialty not in self._colleagues:
            self._colleagues[specialty] = doctors(self._db, specialty=specialty)
        offers = self._free(specialty, self._colleagues[specialty], old.kind, asked)
        theirs = [offer for offer in offers if offer.doctor.id != old.doctor_id]
        yield from _by_nearness(theirs, old, self._zone)

    def first(self, old: Appointment) -> Iterator[Offer]:
        """The first free times of the specialty from today on, however far."""
        colleagues = self._priced(doctors(self._db, specialty=self._specialty(old)), old.kind)
        by_id = {doctor.id: doctor for doctor in colleagues}
        times = first_free(
            self._db,
            colleagues,
            old.kind,
            first_day=clock.today(self._zone),
            at_least=_OTHERS,
            clerk=self._by,
        )
        return (Offer(one.starts_at, one.ends_at, by_id[one.doctor_id]) for one in times)

    def _specialty(self, old: Appointment) -> str:
        return next(doctor.specialty for one, doctor in self._found if one.id == old.id)

    def _free(
        self,
        whose: object,
        of_these: Sequence[Doctor],
        kind: VisitKind,
        asked: Sequence[tuple[Appointment, Doctor]],
    ) -> list[Offer]:
        """The free times of doctors near any of the old ones that ask for them, by start."""
        if (whose, kind) not in self._read:
            colleagues = self._priced(of_these, kind)
            old_days = [clock.day_of(one.starts_at, self._zone) for one, _ in asked]
            near = timedelta(days=NEAR_DAYS)
            first = max(min(old_days) - near, clock.today(self._zone))
            count = (max(old_days) + near - first).days + 1
            free = free_slots(self._db, colleagues, first, count, kind, clerk=self._by)
            self._read[whose, kind] = sorted(
                (
                    Offer(slot.starts_at, slot.ends_at, doctor)
                    for doctor in colleagues
                    for slot in free[doctor.id or 0]
                ),
                key=lambda offer: (offer.starts_at, offer.doctor.id or 0),
            )
        return self._read[whose, kind]

    def _priced(self, of_these: Sequence[Doctor], kind: VisitKind) -> list[Doctor]:
        # What has no price with a doctor is not booked there.
        fees = fees_today(self._db, [doctor.id or 0 for doctor in of_these])
        return [doctor for doctor in of_these if (doctor.id or 0, kind) in fees]


class _Taken:
    """When the patients are busy, and what has been given away on this list."""

    def __init__(self, db: Session, found: Sequence[Stranded]) -> None:
        self._busy: dict[int, list[tuple[int | None, Slot]]] = defaultdict(list)
        self._given: dict[int | None, list[Slot]] = defaultdict(list)
        patients = {one.visit.patient.id for one in found}
        rows = select(
            Appointment.id, Appointment.patient_id, Appointment.starts_at, Appointment.ends_at
        ).where(
            col(Appointment.patient_id).in_(patients),
            col(Appointment.status).in_(LIVE),
            col(Appointment.ends_at) > clock.now(),
        )
        for one, patient_id, starts_at, ends_at in db.exec(rows):
            self._busy[patient_id].append((one, Slot(starts_at, ends_at)))

    def leaves(self, offer: Offer, old: Appointment) -> bool:
        """Whether a time is free for this patient still; the old time is given up for it."""
        busy = (slot for one, slot in self._busy[old.patient_id] if one != old.id)
        return not any(map(offer.slot.overlaps, (*self._given[offer.doctor.id], *busy)))

    def give(self, offer: Offer, old: Appointment) -> None:
        """Give a time away to a patient of the list."""
        self._given[offer.doctor.id].append(offer.slot)
        self._busy[old.patient_id].append((None, offer.slot))


def _by_nearness(offers: Sequence[Offer], old: Appointment, zone: str) -> list[Offer]:
    """Those within NEAR_DAYS, of the old length first, then by distance; a later one at a tie."""
    near, length = timedelta(days=NEAR_DAYS), old.ends_at - old.starts_at
    old_day = clock.day_of(old.starts_at, zone)
    first = bisect_left(offers, clock.day_bounds(old_day - near, zone)[0], key=_start)
    end = bisect_left(offers, clock.day_bounds(old_day + near, zone)[1], key=_start)

    def rank(offer: Offer) -> tuple[bool, timedelta, bool, int]:
        distance = offer.starts_at - old.starts_at
        other_length = offer.ends_at - offer.starts_at != length
        return other_length, abs(distance), distance < timedelta(), offer.doctor.id or 0

    return sorted(offers[first:end], key=rank)


def _start(offer: Offer) -> datetime:
    return offer.starts_at
