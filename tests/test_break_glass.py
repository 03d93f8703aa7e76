"""Break-glass: another doctor's patient for an hour, with a reason, reviewed by somebody else."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud import database
from mediklaud.errors import (
    AlreadyReviewed,
    EmptyField,
    GlassOfAnInactiveDoctor,
    NotFound,
    NotPermitted,
    NotYourPatient,
    OwnGlass,
    OwnPatient,
)
from mediklaud.models import AuditEvent, BreakGlass, GlassReason, Role, VisitKind
from mediklaud.repository import (
    begin_consultation,
    book_appointment,
    break_glass,
    cancel_appointment,
    change_account,
    deactivate_doctor,
    find_exactly,
    finish_consultation,
    glasses_broken,
    note_no_show,
    open_record,
    own_patients,
    reactivate_doctor,
    review_glass,
    schedule_of,
    unreviewed_glasses,
)
from tests.hospital import TODAY, at, ward_of

COVERING = GlassReason.COVERING


@contextmanager
def desk():
    with database.transaction() as db:
        yield db, ward_of(db)


def book(db, ward, patient, doctor, moment):
    form = f"{patient.id}-{doctor.id}-{moment}"
    return book_appointment(db, patient, doctor, moment, VisitKind.FIRST, form=form, by=ward.meera)


def broken(db, ward, *, form="glass", reason=COVERING, words=""):
    return break_glass(db, ward.ben, reason, words, form=form, by=ward.rao_account)


def deeds(db):
    return [row.deed for row in db.exec(select(AuditEvent).order_by(AuditEvent.id))]


def test_a_broken_glass_opens_one_record_for_an_hour(house, nine_o_clock):
    with desk() as (db, ward):
        glass = broken(db, ward)
        assert glass.expires_at - glass.broken_at == timedelta(minutes=60)
    with desk() as (db, ward):
        assert open_record(db, ward.ben.id, by=ward.rao_account).glass == glass
        with pytest.raises(NotYourPatient):
            open_record(db, ward.asha.id, by=ward.rao_account)
        with pytest.raises(NotYourPatient):
            open_record(db, ward.ben.id, by=ward.iyer_account)

    nine_o_clock.move_to(at(10, 1))
    with pytest.raises(NotYourPatient), desk() as (db, ward):
        open_record(db, ward.ben.id, by=ward.rao_account)
    with desk() as (db, _):
        assert deeds(db)[-3:] == ["glass broken", "record opened by break-glass", "access refused"]


def test_a_second_click_breaks_no_second_glass(db, ward):
    first = broken(db, ward)

    assert broken(db, ward).id == first.id
    assert broken(db, ward, form="another").id == first.id


def test_a_deactivated_doctor_opens_what_is_to_come_and_nothing_else(house, nine_o_clock):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao, at(10))
        broken(db, ward)
        deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(NotYourPatient), desk() as (db, ward):
        open_record(db, ward.ben.id, by=ward.rao_account)
    with pytest.raises(GlassOfAnInactiveDoctor), desk() as (db, ward):
        broken(db, ward, form="another")
    with pytest.raises(GlassOfAnInactiveDoctor), desk() as (db, ward):
        find_exactly(db, ward.ben.phone, by=ward.rao_account)

    nine_o_clock.move_to(at(10))
    with desk() as (db, ward):
        assert open_record(db, ward.asha.id, by=ward.rao_account).patient == ward.asha
        (visit,) = schedule_of(db, TODAY, 1, by=ward.rao_account)
        begun = begin_consultation(db, visit.appointment, by=ward.rao_account)
        assert own_patients(db, by=ward.rao_account) == [ward.asha]
        finish_consultation(db, begun, "Rest.", by=ward.rao_account)
        assert own_patients(db, by=ward.rao_account) == []
    with pytest.raises(NotYourPatient), desk() as (db, ward):
        open_record(db, ward.asha.id, by=ward.rao_account)
    with desk() as (db, ward):
        reactivate_doctor(db, ward.rao, by=ward.khan)
        assert open_record(db, ward.asha.id, by=ward.rao_account).past


def test_a_form_of_somebody_elses_glass_opens_nothing(db, ward):
    broken(db, ward)

    with pytest.raises(Exception, match="Somebody changed this record"):
        break_glass(db, ward.asha, COVERING, form="glass", by=ward.iyer_account)
    with pytest.raises(NotYourPatient):
        open_record(db, ward.asha.id, by=ward.iyer_account)


@pytest.mark.parametrize(
    ("reason", "words", "field"), [(None, "", "Reason"), (GlassReason.OTHER, " \n", "In words")]
)
def test_a_glass_is_not_broken_without_a_reason(db, ward, reason, words, field):
    with pytest.raises(EmptyField) as refused:
        broken(db, ward, reason=reason, words=words)

    assert refused.value.field == field
    assert db.exec(select(BreakGlass)).first() is None


def test_an_own_patients_record_needs_no_breaking(db, ward):
    book(db, ward, ward.ben, ward.rao, at(10))

    with pytest.raises(OwnPatient, match="Ben Thomas is your own patient"):
        broken(db, ward)
    assert open_record(db, ward.ben.id, by=ward.rao_account).glass is None


def test_who_cancelled_or_did_not_come_is_nobodys_own_patient(db, ward, nine_o_clock):
    cancelled = book(db, ward, ward.asha, ward.rao, at(10))
    missed = book(db, ward, ward.ben, ward.rao, at(11))
    assert len(own_patients(db, by=ward.rao_account)) == 2
    cancel_appointment(db, cancelled, "Fever", by=ward.meera)
    nine_o_clock.move_to(at(12))
    note_no_show(db, missed, by=ward.meera)

    assert own_patients(db, by=ward.rao_account) == []
    for patient in (ward.asha, ward.ben):
        with pytest.raises(NotYourPatient):
            open_record(db, patient.id, by=ward.rao_account)


@pytest.mark.parametrize(
    "words", ["JMI-000002", " jmi-000002", "98860 22222", "+91 98860 22222", "+919886022222"]
)
def test_the_whole_number_or_phone_finds_a_patient(db, ward, words):
    assert [one.name for one in find_exactly(db, words, by=ward.rao_account)] == ["Ben Thomas"]


@pytest.mark.parametrize(
    "words", ["", " ", "JMI-00000", "000002", "98860", "Ben", "Ben Thomas", "%"]
)
def test_less_than_the_whole_finds_nobody(db, ward, words):
    assert list(find_exactly(db, words, by=ward.rao_account)) == []


def test_that_a_patient_was_looked_for_is_noted_once_a_quarter_hour(house):
    for _ in range(3):
        with desk() as (db, ward):
            find_exactly(db, "JMI-000002", by=ward.rao_account)

    with desk() as (db, _):
        assert deeds(db).count("patient looked for") == 1


def test_the_cmo_reviews_a_glass_once(db, ward):
    glass = broken(db, ward, words="Dr Iyer is ill")
    open_record(db, ward.ben.id, by=ward.rao_account)
    assert unreviewed_glasses(db, by=ward.khan) == 1

    with pytest.raises(EmptyField):
        review_glass(db, glass.id, " ", by=ward.khan)
    review_glass(db, glass.id, "True, he was", by=ward.khan)

    with pytest.raises(AlreadyReviewed):
        review_glass(db, glass.id, "Once more", by=ward.khan)
    assert glasses_broken(db, by=ward.khan) == []
    (one,) = glasses_broken(db, by=ward.khan, reviewed=True)
    assert (one.doctor.name, one.patient.name) == ("Dr Anjali Rao", "Ben Thomas")
    assert (one.reviewer, one.glass.review_note) == ("Dr Imran Khan", "True, he was")


def test_the_review_says_when_the_record_was_read(house, nine_o_clock):
    with desk() as (db, ward):
        broken(db, ward)
    for minutes in (5, 10, 25):
        nine_o_clock.move_to(at(9, minutes))
        with desk() as (db, ward):
            open_record(db, ward.ben.id, by=ward.rao_account)

    with desk() as (db, ward):
        (one,) = glasses_broken(db, by=ward.khan)
    assert [moment.minute for moment in one.opened_at] == [35, 55]


def test_the_review_says_when_the_record_was_read_under_a_second_glass(house, nine_o_clock):
    with desk() as (db, ward):
        broken(db, ward, form="first")
    for reading in (at(9, 55), at(10, 2)):
        nine_o_clock.move_to(reading)
        with desk() as (db, ward):
            broken(db, ward, form=f"{reading}")
            open_record(db, ward.ben.id, by=ward.rao_account)

    with desk() as (db, ward):
        found = glasses_broken(db, by=ward.khan)
    assert [[moment.minute for moment in one.opened_at] for one in found] == [[25], [32]]


def test_a_record_opened_as_another_doctor_is_opened_anew(house):
    with desk() as (db, ward):
        change_account(db, ward.iyer_account, {Role.FRONT_DESK}, by=ward.tara)
        for doctor, hour in ((ward.rao, 10), (ward.iyer, 11)):
            book(db, ward, ward.ben, doctor, at(hour))
    for name in ("rao", "iyer"):
        with desk() as (db, ward):
            doctor, roles = getattr(ward, name), {Role.DOCTOR}
            change_account(db, ward.rao_account, roles, by=ward.tara, doctor_id=doctor.id)
        with desk() as (db, ward):
            open_record(db, ward.ben.id, by=ward.rao_account)

    with desk() as (db, _):
        told = select(AuditEvent.detail).where(AuditEvent.deed == "record opened")
        assert db.exec(told).all() == ['{"doctor": 1}', '{"doctor": 2}']


def test_nobody_reviews_their_own_glass(db, ward):
    roles = {Role.CMO, Role.DOCTOR}
    both = change_account(db, ward.rao_account, roles, by=ward.tara, doctor_id=ward.rao.id)
    glass = break_glass(db, ward.ben, COVERING, form="glass", by=both)

    with pytest.raises(OwnGlass, match="Another Chief Medical Officer"):
        review_glass(db, glass.id, "I may", by=both)
    review_glass(db, glass.id, "He might", by=ward.khan)


def test_only_doctors_break_and_only_the_cmo_reviews(db, ward):
    for by in (ward.meera, ward.ishaan, ward.tara, ward.khan):
        with pytest.raises(NotPermitted):
            break_glass(db, ward.ben, COVERING, form="glass", by=by)
    with pytest.raises(NotPermitted):
        review_glass(db, 1, "Mine", by=ward.rao_account)
    with pytest.raises(NotFound):
        review_glass(db, 4711, "None", by=ward.khan)
