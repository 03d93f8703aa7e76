"""The waitlist: whom a freed time suits, against a plain reading of the rule."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from mediklaud import clock
from mediklaud.errors import Refusal
from mediklaud.models import LIVE, Appointment, Leave, VisitKind, WaitlistEntry
from mediklaud.repository import grant_leave, who_fits
from mediklaud.timetable import Slot
from tests.hospital import TODAY, ZONE, Ward, at
from tests.visits import a_form, book
from tests.waits import priced, with_long_visits

QUARTERS = st.integers(40, 52).map(lambda quarter: 15 * quarter)


@st.composite
def some_entries(draw: st.DrawFn) -> list[dict[str, object]]:
    """Entries as the database may hold them."""
    entries = []
    for _ in range(draw(st.integers(1, 8))):
        begins = draw(st.sampled_from((0, 600, 615, 630, 700, 720)))
        first = TODAY + timedelta(days=draw(st.integers(-1, 2)))
        entries.append(
            {
                "whose": draw(st.sampled_from(("asha", "ben"))),
                "whom": draw(st.sampled_from(("rao", "rao", "iyer", "Cardiology", "Surgery"))),
                "kind": draw(st.sampled_from(VisitKind)),
                "first_day": first,
                "last_day": first + timedelta(days=draw(st.integers(0, 3))),
                "weekdays": draw(st.sampled_from((127, 127, 1, 2, 3, 4, 62))),
                "begins_minute": begins,
                "ends_minute": draw(st.sampled_from((begins + 1, begins + 30, 1440))),
                "urgent": draw(st.booleans()),
                "asked_at": at(8) + timedelta(minutes=draw(st.integers(0, 5))),
                "closed_at": draw(st.sampled_from((None, None, None, at(9)))),
            }
        )
    return entries


BOOKINGS = st.lists(
    st.tuples(
        st.sampled_from(("asha", "ben")),
        st.sampled_from(("rao", "iyer")),
        QUARTERS,
        st.integers(0, 2),
        st.sampled_from((VisitKind.FIRST, VisitKind.FOLLOW_UP)),
    ),
    max_size=6,
)


FREED = st.tuples(st.integers(0, 2), QUARTERS, st.sampled_from((15, 30, 60, 90)))


def expected(db: Session, ward: Ward, slot: Slot) -> list[tuple[int, datetime]]:
    """Whom a freed stretch of Dr Rao suits and when, as slowly as a person would find it."""
    day = clock.day_of(slot.starts_at, ZONE)
    live = [one for one in db.exec(select(Appointment)) if one.status in LIVE]
    leaves = [one for one in db.exec(select(Leave)) if one.withdrawn_at is None]
    length = {VisitKind.FIRST: 30, VisitKind.FOLLOW_UP: 15, VisitKind.PROCEDURE: 60}
    found = []
    for entry in db.exec(select(WaitlistEntry)):
        whom = entry.doctor_id == ward.rao.id or entry.specialty == "Cardiology"
        if entry.closed_at or not whom or not entry.first_day <= day <= entry.last_day:
            continue
        if not entry.weekdays & (1, 2, 4, 8, 16, 32, 64)[day.weekday()]:
            continue
        for minute in range(600, 780, 15):
            starts_at = at(0, 0, day) + timedelta(minutes=minute)
            ends_at = starts_at + timedelta(minutes=length[entry.kind])
            taken = [
                one
                for one in live
                if one.doctor_id == ward.rao.id or one.patient_id == entry.patient_id
            ]
            if (
                entry.begins_minute <= minute < entry.ends_minute
                and minute + length[entry.kind] <= 780
                and starts_at > clock.now()
                and (starts_at < slot.ends_at and slot.starts_at < ends_at)
                and not any(one.starts_at < ends_at and starts_at < one.ends_at for one in taken)
                and not any(one.begins_at < ends_at and starts_at < one.ends_at for one in leaves)
            ):
                found.append((not entry.urgent, entry.asked_at, entry.id, starts_at))
                break
    return [(entry_id, starts_at) for *_, entry_id, starts_at in sorted(found)]


def lay_out(db: Session, ward: Ward, entries: list[dict[str, object]]) -> None:
    """Write the entries as they are, whatever the deed would say of them."""
    whom = {"rao": {"doctor_id": ward.rao.id}, "iyer": {"doctor_id": ward.iyer.id}}
    for number, facts in enumerate(entries):
        kept = {word: value for word, value in facts.items() if word not in ("whose", "whom")}
        wanted = whom.get(str(facts["whom"]), {"specialty": facts["whom"]})
        patient = getattr(ward, str(facts["whose"]))
        row = WaitlistEntry(patient_id=patient.id, form=f"e{number}", **wanted, **kept)
        db.add(row)
    db.flush()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=some_entries(), bookings=BOOKINGS, freed=FREED, on_leave=st.booleans())
def test_whom_a_freed_time_suits_is_what_the_rule_says(
    db, ward, entries, bookings, freed, on_leave
):
    ahead, minute, length = freed
    day = TODAY + timedelta(days=ahead)
    begins_at = at(0, 0, day) + timedelta(minutes=minute)
    slot = Slot(begins_at, begins_at + timedelta(minutes=length))
    example = db.begin_nested()
    try:
        with_long_visits(db, ward)
        priced(db, ward)
        lay_out(db, ward, entries)
        for whose, whom, quarter, later, kind in bookings:
            hour = at(0, 0, TODAY + timedelta(days=later)) + timedelta(minutes=quarter)
            try:
                book(db, ward, getattr(ward, whose), getattr(ward, whom), hour, kind)
            except Refusal:
                continue
        if on_leave:
            stretch = {"begins_minute": 630, "ends_minute": 660}
            grant_leave(db, ward.rao, TODAY, TODAY, form=a_form(), by=ward.khan, **stretch)

        found = who_fits(db, ward.rao, slot, by=ward.meera)

        assert [(fit.wait.entry.id, fit.time.starts_at) for fit in found] == expected(
            db, ward, slot
        )
    finally:
        example.rollback()
        db.expunge_all()
        db.info.pop("deeds", None)
