"""The list of patients to move and its best times, against a slow recount of random hospitals."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from mediklaud import clock, database
from mediklaud.models import (
    Appointment,
    EmergencyReason,
    Holiday,
    Hospital,
    Leave,
    Priority,
    VisitKind,
    WorkingSession,
)
from mediklaud.repository import (
    NEAR_DAYS,
    best_times,
    doctors,
    enroll_patient,
    free_slots,
    register_doctor,
    stranded,
)
from mediklaud.timetable import Slot
from tests.hospital import ASHA, RAO, TODAY, ward_of

# New York's clocks change on 14 March 2027.
STARTS = {"Asia/Kolkata": TODAY, "America/New_York": date(2027, 3, 10)}
DAYS = 8

a_session = st.tuples(
    st.integers(0, 2),  # whose
    st.integers(0, 6),
    st.integers(0, 14),  # begins, in half hours
    st.integers(1, 8),  # lasts, in half hours
    st.sampled_from([15, 20, 30]),
    st.sampled_from([None, 15, 30]),  # a follow-up's length
)
a_booking = st.tuples(
    st.integers(0, 2),  # whose
    st.integers(0, 2),  # who
    st.integers(1, DAYS),
    st.integers(0, 21),  # at which half hour
    st.sampled_from([15, 30]),
    st.sampled_from([VisitKind.FIRST, VisitKind.FOLLOW_UP]),
    st.booleans(),  # an emergency
)
a_leave = st.tuples(
    st.integers(0, 2), st.integers(0, DAYS), st.integers(0, 47), st.integers(1, 5 * 48)
)
a_hospital = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(sorted(STARTS)),
        "sessions": st.lists(a_session, min_size=3, max_size=14),
        "bookings": st.lists(a_booking, min_size=1, max_size=20),
        "leaves": st.lists(a_leave, max_size=3),
        "holidays": st.lists(st.integers(1, DAYS), max_size=2, unique=True),
        "left": st.booleans(),
        "expires": st.one_of(st.none(), st.integers(1, DAYS)),
    }
)


def build(db: Session, plan: dict) -> None:
    """Plant a hospital past every deed; what the database refuses is left out beforehand."""
    ward, zone = ward_of(db), plan["zone"]
    db.get_one(Hospital, 1).zone = zone
    for old in db.exec(select(WorkingSession)):
        db.delete(old)
    third = register_doctor(db, replace(RAO, name="Dr Third", registration="K3"), by=ward.khan)
    chitra = enroll_patient(db, replace(ASHA, name="Chitra"), form="chitra", by=ward.meera)
    whose, who = (ward.rao, ward.iyer, third), (ward.asha, ward.ben, chitra)
    ward.iyer.specialty = ward.rao.specialty
    first = clock.today(zone)
    day_of = [first + timedelta(days=ahead) for ahead in range(DAYS + 14)]
    taken: set[tuple[int, int, int]] = set()
    for doctor, weekday, begins, lasts, slot, follow_up in plan["sessions"]:
        hours = {(doctor, weekday, half) for half in range(begins, begins + lasts)}
        if hours & taken or (follow_up or 0) > 30 * lasts:
            continue
        taken |= hours
        db.add(
            WorkingSession(
                doctor_id=whose[doctor].id,
                weekday=weekday,
                begins_minute=30 * begins,
                ends_minute=30 * (begins + lasts),
                slot_minutes=slot,
                first_minutes=slot,
                follow_up_minutes=follow_up,
                valid_from=first,
            )
        )
    busy: set[object] = set()
    for n, (doctor, patient, ahead, half, length, kind, urgent) in enumerate(plan["bookings"]):
        starts_at = clock.moment_at(day_of[ahead], 30 * half, zone)
        # A clock change brings two half hours to one moment.
        both = {("doctor", doctor, starts_at), ("patient", patient, starts_at)}
        if both & busy:
            continue
        busy |= both
        db.add(
            Appointment(
                doctor_id=whose[doctor].id,
                patient_id=who[patient].id,
                kind=kind,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=length),
                session_begins_at=clock.moment_at(day_of[ahead], 0, zone) if half % 2 else None,
                priority=Priority.EMERGENCY if urgent else Priority.ROUTINE,
                emergency_reason=EmergencyReason.INJURY if urgent else None,
                booked_at=clock.now(),
                promised_at=clock.now(),
                form=f"b{n}",
            )
        )
    db.flush()
    for n, (doctor, ahead, half, lasts) in enumerate(plan["leaves"]):
        begins_at = clock.moment_at(day_of[ahead], 30 * half, zone)
        ends_at = begins_at + timedelta(minutes=30 * lasts)
        mine = {"doctor_id": whose[doctor].id, "form": f"l{n}"}
        db.add(Leave(begins_at=begins_at, ends_at=ends_at, **mine))
    for ahead in plan["holidays"]:
        begins_at, ends_at = clock.day_bounds(day_of[ahead], zone)
        day = {"day": day_of[ahead], "name": "Feast", "declared_at": clock.now()}
        db.add(Holiday(begins_at=begins_at, ends_at=ends_at, **day))
    if plan["left"]:
        third.sqlmodel_update({"active": False, "deactivated_at": clock.now()})
    if plan["expires"] is not None:
        ward.rao.registration_expires_on = day_of[plan["expires"]]
    db.flush()


def is_kept(db: Session, one: Appointment, zone: str) -> bool:
    """Whether every five minutes of a visit can be kept, asked one by one."""
    doctor = {doctor.id: doctor for doctor in doctors(db, inactive_too=True)}[one.doctor_id]
    expires_on = doctor.registration_expires_on
    if not doctor.active or (expires_on and clock.day_of(one.starts_at, zone) > expires_on):
        return False
    shut = [leave for leave in db.exec(select(Leave)) if leave.doctor_id == doctor.id]
    shut += db.exec(select(Holiday)).all()
    sessions = db.exec(select(WorkingSession).where(WorkingSession.doctor_id == doctor.id)).all()
    day = clock.day_of(one.starts_at, zone)
    held = [
        (
            clock.moment_at(day, each.begins_minute, zone),
            clock.moment_at(day, each.ends_minute, zone),
        )
        for each in sessions
        if each.weekday == day.weekday() and each.minutes_of(one.kind)
    ]
    moment = one.starts_at
    while moment < one.ends_at:
        if any(each.begins_at <= moment < each.ends_at for each in shut):
            return False
        if not any(begins <= moment < ends for begins, ends in held):
            return False
        moment += timedelta(minutes=5)
    return True


def turn(one: Appointment) -> tuple:
    return one.priority is not Priority.EMERGENCY, one.starts_at, one.id


def recount(db: Session, gone: list[Appointment], zone: str, by) -> dict[int, tuple]:
    """The best time of each, found by asking every free time of every day and doctor."""

    @cache
    def free_on(n: int, day: date, kind: VisitKind) -> list[Slot]:
        return free_slots(db, [every[n]], day, 1, kind, clerk=by)[every[n].id]

    every = doctors(db, inactive_too=True)
    specialty = {doctor.id: doctor.specialty for doctor in every}
    live = db.exec(select(Appointment)).all()
    given: list[tuple] = []
    best = {}
    for old in sorted(gone, key=turn):
        old_day = clock.day_of(old.starts_at, zone)
        choices = []
        for n, doctor in enumerate(every):
            if specialty[doctor.id] != specialty[old.doctor_id]:
                continue
            for ahead in range(-NEAR_DAYS, NEAR_DAYS + 1):
                day = old_day + timedelta(days=ahead)
                if day < clock.today(zone):
                    continue
                for slot in free_on(n, day, old.kind):
                    in_the_way = [
                        (one.starts_at, one.ends_at)
                        for one in live
                        if one.patient_id == old.patient_id and one.id != old.id
                    ]
                    in_the_way += [
                        (starts, ends)
                        for whose, who, starts, ends in given
                        if whose == doctor.id or who == old.patient_id
                    ]
                    if any(a < slot.ends_at and b > slot.starts_at for a, b in in_the_way):
                        continue
                    distance = slot.starts_at - old.starts_at
                    rank = (
                        doctor.id != old.doctor_id,
                        slot.ends_at - slot.starts_at != old.ends_at - old.starts_at,
                        abs(distance),
                        distance < timedelta(),
                        doctor.id,
                    )
                    choices.append((rank, doctor.id, slot.starts_at, slot.ends_at))
        if choices:
            _, whose, starts, ends = min(choices)
            given.append((whose, old.patient_id, starts, ends))
            best[old.id] = (whose, starts, ends)
    return best


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=a_hospital)
def test_the_list_and_its_best_times_agree_with_a_slow_recount(sqlite_house, nine_o_clock, plan):
    zone = plan["zone"]
    nine_o_clock.move_to(clock.moment_at(STARTS[zone], 9 * 60, zone))
    with Session(database.engine(), expire_on_commit=False) as db:
        build(db, plan)
        meera = ward_of(db).meera
        booked = db.exec(select(Appointment)).all()
        gone = [one for one in booked if not is_kept(db, one, zone)]

        found = stranded(db, by=meera)
        offers = best_times(db, found.found, by=meera)

        listed = [one.visit.appointment for one in found.found]
        assert [one.id for one in listed] == [one.id for one in sorted(gone, key=turn)]
        assert {
            one: (offer.doctor.id, offer.starts_at, offer.ends_at) for one, offer in offers.items()
        } == recount(db, gone, zone, meera)
        db.rollback()
