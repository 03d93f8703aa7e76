"""How often a patient did not come."""

from mediklaud.models import VisitKind
from mediklaud.repository import book_appointment, no_shows_of, note_no_show, undo_no_show
from tests.hospital import at


def test_missed_appointments_are_counted_and_the_last_one_is_dated(db, ward, nine_o_clock):
    ten, eleven, _ = [
        book_appointment(
            db, ward.asha, ward.rao, at(hour), VisitKind.FIRST, form=f"{hour}", by=ward.meera
        )
        for hour in (10, 11, 12)
    ]
    nine_o_clock.move_to(at(11, 30))
    for missed in (ten, eleven):
        note_no_show(db, missed, by=ward.meera)

    asha, ben = (no_shows_of(db, one.id, by=ward.meera) for one in (ward.asha, ward.ben))

    assert (asha.count, asha.last_at) == (2, at(11))
    assert (ben.count, ben.last_at) == (0, None)


def test_a_slip_that_was_undone_is_not_counted(db, ward, nine_o_clock):
    visit = book_appointment(
        db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="asha", by=ward.meera
    )
    nine_o_clock.move_to(at(10, 1))
    undo_no_show(db, note_no_show(db, visit, by=ward.meera), by=ward.meera)

    assert no_shows_of(db, ward.asha.id, by=ward.meera).count == 0
