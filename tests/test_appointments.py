"""Booking, moving, cancelling: what a desk may ask of a doctor's time."""

import pytest

from mediklaud.errors import (
    OnHold,
    PatientBusy,
    SlotTaken,
)
from mediklaud.models import AppointmentStatus, EmergencyReason, Method, VisitKind
from mediklaud.repository import (
    begin_consultation,
    book_appointment,
    finish_consultation,
    free_slots,
    take_payment,
)
from tests.hospital import TODAY, at


def test_a_free_slot_is_booked_for_its_whole_length(db, ward):
    booked = book_appointment(
        db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera
    )

    assert (booked.starts_at, booked.ends_at) == (at(10), at(10, 15))
    assert booked.status is AppointmentStatus.BOOKED


def test_a_booked_slot_is_no_longer_free(db, ward):
    book_appointment(db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera)

    assert at(10) not in [
        slot.starts_at for slot in free_slots(db, [ward.rao], TODAY, 1)[ward.rao.id]
    ]


def test_the_second_desk_is_told_the_next_free_time(db, ward):
    book_appointment(db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera)

    with pytest.raises(SlotTaken, match="10:15 AM IST"):
        book_appointment(db, ward.ben, ward.rao, at(10), VisitKind.FIRST, form="f2", by=ward.meera)


def test_a_patient_is_not_promised_to_two_doctors_at_once(db, ward):
    book_appointment(db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera)

    with pytest.raises(PatientBusy, match="Dr Anjali Rao at 10:00 AM IST"):
        book_appointment(
            db, ward.asha, ward.iyer, at(10), VisitKind.FIRST, form="f2", by=ward.meera
        )


def test_a_second_click_is_the_same_appointment(db, ward):
    first = book_appointment(
        db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera
    )
    again = book_appointment(
        db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera
    )

    assert again.id == first.id


def test_the_whole_day_goes_through(db, ward, nine_o_clock):
    booked = book_appointment(
        db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera
    )
    nine_o_clock.move_to(at(10))
    encounter = begin_consultation(db, booked, by=ward.rao_account)
    bill = finish_consultation(db, encounter, "Rest.", by=ward.rao_account)
    assert bill is not None
    assert bill.number == "JMI/2627/000001"
    with pytest.raises(OnHold, match=r"₹800\.00"):
        book_appointment(
            db, ward.asha, ward.iyer, at(11), VisitKind.FIRST, form="f2", by=ward.meera
        )
    emergency = book_appointment(
        db,
        ward.asha,
        ward.iyer,
        at(11),
        VisitKind.FIRST,
        form="f3",
        by=ward.meera,
        emergency=EmergencyReason.ACUTE_PAIN,
    )
    assert emergency.dues_then_paise == 80_000
    receipt = take_payment(db, ward.asha, 80_000, Method.CASH, form="p1", by=ward.ishaan)
    assert receipt.number == "JMR/2627/000001"
    book_appointment(db, ward.asha, ward.rao, at(12), VisitKind.FIRST, form="f4", by=ward.meera)
