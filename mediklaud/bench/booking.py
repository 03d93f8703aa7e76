"""One booking through the repository beside its writes in raw SQL, and the search for times."""

from collections.abc import Callable
from random import Random

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.bench.figures import Figures, figures_of
from mediklaud.bench.opening import FORTNIGHT, SPECIALTY, Hospital
from mediklaud.bench.trials import WARM_UP, Deed, Took, by_turns, settled, timed
from mediklaud.bench.writings import RawTwin
from mediklaud.database import reading, transaction
from mediklaud.models import Appointment, Doctor, Patient, VisitKind
from mediklaud.repository import book_appointment, doctors, first_free, free_slots, the_hospital
from mediklaud.timetable import Slot

BY_REPOSITORY, RAW, SEARCH = "booking", "booking, raw SQL", "next free time of 40 doctors"


def measure(
    hospital: Hospital, trials: int, progress: Callable[[float], None]
) -> dict[str, Figures]:
    """What a booking takes, through the repository and raw by turns, then the search for times.

    The two go first by turns, so that whatever else the machine does hits both.
    """
    rounds = WARM_UP + trials
    took: dict[str, list[Took]] = {BY_REPOSITORY: [], RAW: [], SEARCH: []}
    with RawTwin(hospital.booked) as twin, settled():
        cases = Cases(hospital, twin, 2 * rounds)
        for number in range(rounds):
            one = {BY_REPOSITORY: cases.booking(), RAW: cases.raw_booking()}
            by_turns(number, one, took)
            progress((number + 1) / rounds / 2)
        for number in range(rounds):
            took[SEARCH].append(timed(search))
            progress(0.5 + (number + 1) / rounds / 2)
    return {what: figures_of(trials_of[WARM_UP:]) for what, trials_of in took.items()}


class Cases:
    """Bookings that can be done: each of a free time, for a patient with nothing ahead."""

    def __init__(self, hospital: Hospital, twin: RawTwin, at_most: int) -> None:
        """Choose times and patients in no order, but the same on every run."""
        self._desk, self._twin = hospital.desk, twin
        chance = Random(hospital.appointments)  # noqa: S311  repeatable, not secret
        with reading() as db:
            free, patients = _free(db), _patients(db)
        chance.shuffle(free)
        chance.shuffle(patients)
        self._cases = zip(free[:at_most], patients[:at_most], strict=False)

    def booking(self) -> Deed:
        """The next case through the repository."""
        (slot, doctor), patient = next(self._cases)
        form, kind = f"booking/{doctor.id}/{slot.starts_at}", VisitKind.FIRST

        def book() -> None:
            with transaction() as db:
                book_appointment(
                    db, patient, doctor, slot.starts_at, kind, form=form, by=self._desk
                )

        return book

    def raw_booking(self) -> Deed:
        """The next case in raw SQL."""
        (slot, doctor), patient = next(self._cases)
        about = {"doctor_id": doctor.id, "patient_id": patient.id, **vars(slot)}
        return self._twin.ready(about, f"raw/{doctor.id}/{slot.starts_at}")


def search() -> None:
    """The next free times in a specialty of 40 doctors, as the phone screen asks for them."""
    with reading() as db:
        offered = doctors(db, specialty=SPECIALTY)
        today = clock.today(the_hospital(db).zone)
        assert first_free(db, offered, VisitKind.FIRST, first_day=today)


def _free(db: Session) -> list[tuple[Slot, Doctor]]:
    everybody = doctors(db)
    slots = free_slots(db, everybody, clock.today(the_hospital(db).zone), FORTNIGHT)
    return [(slot, doctor) for doctor in everybody for slot in slots[doctor.id or 0]]


def _patients(db: Session) -> list[Patient]:
    ahead = select(Appointment.patient_id).where(Appointment.starts_at > clock.now())
    return list(db.exec(select(Patient).where(col(Patient.id).not_in(ahead))))
