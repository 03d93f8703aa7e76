"""Registering, editing and deactivating doctors, and what their visits cost."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from mediklaud.errors import (
    CouncilNotKnown,
    EmailNotUnderstood,
    EmptyField,
    FeeNotPossible,
    FeesInThePast,
    NotFound,
    NotPermitted,
    PhoneNotUnderstood,
    ProcedureFeeEndsToday,
    ProcedureFeeStays,
    RegistrationTaken,
    StaleForm,
    TextTooLong,
)
from mediklaud.models import Doctor, Role, Tariff, VisitKind
from mediklaud.repository import (
    SessionForm,
    close_session,
    create_account,
    deactivate_doctor,
    doctor_with,
    doctors,
    edit_doctor,
    fees_then,
    fees_to_come,
    fees_today,
    open_session,
    reactivate_doctor,
    register_doctor,
    staff_numbers,
)
from mediklaud.repository.doctors import price_of, priced
from tests.hospital import IYER, PASSWORD, RAO, TODAY, at
from tests.visits import book, desk, finish, visit

SEN = replace(RAO, name="Dr Mira Sen", registration="KMC 90001", email="sen@example.org")


def fees(db, doctor):
    prices = fees_today(db, [doctor.id])
    return prices[doctor.id, VisitKind.FIRST], prices[doctor.id, VisitKind.FOLLOW_UP]


def test_a_doctor_gets_the_next_number_and_both_fees(db, ward):
    sen = register_doctor(db, SEN, by=ward.khan)

    assert (ward.rao.number, ward.iyer.number, sen.number) == ("DOC-0001", "DOC-0002", "DOC-0003")
    assert fees(db, sen) == (800_00, 400_00)


def test_a_number_is_never_given_again(db, ward):
    sen = register_doctor(db, SEN, by=ward.khan)
    deactivate_doctor(db, sen, by=ward.khan)

    later = register_doctor(db, replace(SEN, registration="KMC 90002"), by=ward.khan)

    assert later.number == "DOC-0004"


def test_a_refused_registration_leaves_no_gap(house):
    with pytest.raises(RegistrationTaken), desk() as (db, ward):
        register_doctor(db, replace(SEN, registration=RAO.registration), by=ward.khan)

    with desk() as (db, ward):
        assert register_doctor(db, SEN, by=ward.khan).number == "DOC-0003"


@pytest.mark.parametrize("typed", ["KMC 45678", "kmc-45678", " kmc 456 78 ", "K.M.C. 45678"])
def test_a_registration_belongs_to_one_doctor_however_it_is_written(db, ward, typed):
    told = r"KMC45678 belongs to Dr Anjali Rao \(DOC-0001\) already"

    with pytest.raises(RegistrationTaken, match=told):
        register_doctor(db, replace(SEN, registration=typed), by=ward.khan)


def test_an_inactive_doctor_keeps_the_registration(db, ward):
    deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(RegistrationTaken, match="Dr Anjali Rao"):
        register_doctor(db, replace(SEN, registration=RAO.registration), by=ward.khan)


def test_two_councils_may_give_the_same_number(db, ward):
    typed = replace(SEN, registration=RAO.registration, council="Delhi Medical Council")

    assert register_doctor(db, typed, by=ward.khan).registration == "KMC45678"


@pytest.mark.parametrize(
    ("typed", "refusal", "field"),
    [
        ({"name": ""}, EmptyField, "Name"),
        ({"phone": "123"}, PhoneNotUnderstood, "Phone"),
        ({"email": ""}, EmptyField, "Email"),
        ({"email": "sen at example"}, EmailNotUnderstood, "Email"),
        ({"specialty": " "}, EmptyField, "Specialty"),
        ({"specialty": "x" * 61}, TextTooLong, "Specialty"),
        ({"qualifications": ""}, EmptyField, "Qualifications"),
        ({"council": ""}, EmptyField, "State council"),
        ({"council": "Council of Elrond"}, CouncilNotKnown, "State council"),
        ({"registration": ""}, EmptyField, "Registration number"),
        ({"registration": "—"}, EmptyField, "Registration number"),
        ({"consultation_fee_paise": -1}, FeeNotPossible, "Consultation fee"),
        ({"consultation_fee_paise": 1_00_000_01}, FeeNotPossible, "Consultation fee"),
        ({"follow_up_fee_paise": -1}, FeeNotPossible, "Follow-up fee"),
        ({"procedure_fee_paise": -1}, FeeNotPossible, "Procedure fee"),
        ({"procedure_fee_paise": 1_00_000_01}, FeeNotPossible, "Procedure fee"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(db, ward, typed, refusal, field):
    with pytest.raises(refusal) as refused:
        register_doctor(db, replace(SEN, **typed), by=ward.khan)

    assert refused.value.field == field
    assert len(db.exec(select(Doctor)).all()) == 2


def test_a_registrar_registers_but_does_not_deactivate(db, ward):
    registrar = create_account(db, "asif", "Asif", PASSWORD, {Role.REGISTRAR}, by=ward.tara)
    sen = register_doctor(db, SEN, by=registrar)

    with pytest.raises(NotPermitted, match="deactivate doctors"):
        deactivate_doctor(db, sen, by=registrar)


@pytest.mark.parametrize("name", ["meera", "ishaan", "tara", "rao_account"])
def test_other_roles_do_not_touch_doctors(db, ward, name):
    by = getattr(ward, name)

    for deed in (
        lambda: register_doctor(db, SEN, by=by),
        lambda: edit_doctor(db, ward.rao, RAO, version=1, by=by),
        lambda: deactivate_doctor(db, ward.rao, by=by),
        lambda: reactivate_doctor(db, ward.rao, by=by),
        lambda: staff_numbers(db, by=by),
    ):
        with pytest.raises(NotPermitted):
            deed()


def test_an_edited_doctor_keeps_the_number(db, ward):
    edited = edit_doctor(db, ward.rao, replace(RAO, name="Dr A. Rao"), version=1, by=ward.khan)

    assert (edited.number, edited.name, edited.version) == ("DOC-0001", "Dr A. Rao", 2)


def test_a_stale_form_does_not_overwrite(db, ward):
    edit_doctor(db, ward.rao, replace(RAO, name="Dr A. Rao"), version=1, by=ward.khan)

    with pytest.raises(StaleForm):
        edit_doctor(db, ward.rao, RAO, version=1, by=ward.khan)
    assert doctor_with(db, ward.rao.id).name == "Dr A. Rao"


def test_a_doctor_is_not_edited_into_anothers_registration(db, ward):
    typed = replace(RAO, registration=IYER.registration)

    with pytest.raises(RegistrationTaken, match="Dr Suresh Iyer"):
        edit_doctor(db, ward.rao, typed, version=1, by=ward.khan)


def test_a_new_fee_holds_from_today_and_the_old_one_stays_on_record(db, ward, nine_o_clock):
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    dearer = replace(RAO, consultation_fee_paise=900_00)
    edit_doctor(db, ward.rao, dearer, version=1, by=ward.khan)

    assert fees(db, ward.rao) == (900_00, 400_00)
    prices = select(Tariff.price_paise).where(
        Tariff.doctor_id == ward.rao.id, Tariff.kind == VisitKind.FIRST
    )
    assert db.exec(prices.order_by(Tariff.effective_from)).all() == [800_00, 900_00]


def test_a_fee_changed_twice_on_a_day_is_one_price(db, ward):
    for version, fee in ((1, 900_00), (2, 850_00), (3, 800_00)):
        typed = replace(RAO, consultation_fee_paise=fee)
        edit_doctor(db, ward.rao, typed, version=version, by=ward.khan)

    assert fees(db, ward.rao) == (800_00, 400_00)


# Fees from a later day on

APRIL = date(2027, 4, 1)
MARCH_31 = APRIL - timedelta(days=1)


def dearer_from(day, db, ward, *, version=1, paise=900_00):
    typed = replace(RAO, consultation_fee_paise=paise)
    return edit_doctor(db, ward.rao, typed, version=version, by=ward.khan, fees_from=day)


def to_come(db, ward):
    coming = fees_to_come(db, [ward.rao.id, ward.iyer.id])
    return [(one.kind, one.effective_from, one.price_paise) for one in coming]


def test_a_fee_from_a_later_day_holds_from_that_day_on(db, ward):
    dearer_from(APRIL, db, ward)

    kinds = [(ward.rao.id, VisitKind.FIRST, day) for day in (TODAY, MARCH_31, APRIL)]
    assert list(fees_then(db, kinds).values()) == [800_00, 800_00, 900_00]
    assert fees(db, ward.rao) == (800_00, 400_00)
    assert to_come(db, ward) == [(VisitKind.FIRST, APRIL, 900_00)]


def test_a_visit_before_a_later_fee_is_billed_at_the_fee_of_its_day(db, ward):
    dearer_from(TODAY + timedelta(days=1), db, ward)

    assert visit(db, ward, ward.asha, ward.rao).total_paise == 800_00


def test_a_visit_on_the_day_of_a_later_fee_is_billed_at_it(db, ward, nine_o_clock):
    tomorrow = TODAY + timedelta(days=1)
    dearer_from(tomorrow, db, ward)
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=tomorrow))
    nine_o_clock.move_to(at(10, day=tomorrow))

    assert finish(db, ward, booked).total_paise == 900_00


def test_other_changes_leave_a_fee_that_is_to_come(db, ward):
    dearer_from(APRIL, db, ward)
    edit_doctor(db, ward.rao, replace(RAO, name="Dr A. Rao"), version=2, by=ward.khan)

    assert to_come(db, ward) == [(VisitKind.FIRST, APRIL, 900_00)]


def test_a_fee_that_is_to_come_is_written_over_and_taken_back(db, ward):
    dearer_from(APRIL, db, ward)
    dearer_from(APRIL, db, ward, version=2, paise=950_00)
    assert to_come(db, ward) == [(VisitKind.FIRST, APRIL, 950_00)]

    dearer_from(APRIL, db, ward, version=3, paise=800_00)
    assert to_come(db, ward) == []


def test_a_later_fee_is_held_against_that_of_its_day_and_not_the_newest(db, ward):
    dearer_from(APRIL, db, ward)
    dearer_from(MARCH_31, db, ward, version=2)

    assert to_come(db, ward) == [(VisitKind.FIRST, MARCH_31, 900_00)]


def test_no_fee_holds_from_a_past_day_on(db, ward):
    with pytest.raises(FeesInThePast) as refused:
        dearer_from(TODAY - timedelta(days=1), db, ward)

    assert refused.value.field == "Fees from"
    assert (to_come(db, ward), fees(db, ward.rao)) == ([], (800_00, 400_00))


def test_a_procedure_fee_that_is_to_come_stays_while_the_field_is_empty(db, ward):
    cutting = replace(RAO, procedure_fee_paise=2_500_00)
    edit_doctor(db, ward.rao, cutting, version=1, by=ward.khan, fees_from=APRIL)
    edit_doctor(db, ward.rao, RAO, version=2, by=ward.khan)
    assert to_come(db, ward) == [(VisitKind.PROCEDURE, APRIL, 2_500_00)]

    edit_doctor(db, ward.rao, RAO, version=3, by=ward.khan, fees_from=APRIL)
    assert to_come(db, ward) == []


def test_a_procedure_fee_is_not_taken_away_for_later(db, ward):
    charging(2_500_00, 1, db, ward)

    with pytest.raises(ProcedureFeeEndsToday):
        edit_doctor(db, ward.rao, RAO, version=2, by=ward.khan, fees_from=APRIL)
    assert procedure_fee(db, ward.rao) == 2_500_00


# The procedure fee


def procedure_fee(db, doctor):
    return fees_today(db, [doctor.id]).get((doctor.id, VisitKind.PROCEDURE))


def charging(paise, version, db, ward):
    typed = replace(RAO, procedure_fee_paise=paise)
    return edit_doctor(db, ward.rao, typed, version=version, by=ward.khan)


def test_a_doctor_without_a_procedure_fee_does_no_procedures(db, ward):
    sen = register_doctor(db, SEN, by=ward.khan)
    cutting = replace(SEN, registration="KMC 90002", procedure_fee_paise=2_500_00)
    other = register_doctor(db, cutting, by=ward.khan)

    assert (procedure_fee(db, sen), procedure_fee(db, other)) == (None, 2_500_00)
    assert not priced(db, sen.id, VisitKind.PROCEDURE, TODAY)
    assert priced(db, other.id, VisitKind.PROCEDURE, TODAY)


def test_a_procedure_of_no_charge_is_a_fee_too(db, ward):
    charging(0, 1, db, ward)

    assert procedure_fee(db, ward.rao) == 0


def test_a_new_procedure_fee_leaves_the_old_one_on_record(db, ward, nine_o_clock):
    charging(2_500_00, 1, db, ward)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    charging(3_000_00, 2, db, ward)

    assert procedure_fee(db, ward.rao) == 3_000_00
    assert price_of(db, ward.rao.id, VisitKind.PROCEDURE, TODAY) == 2_500_00


def test_a_procedure_fee_nothing_was_booked_at_is_taken_away(db, ward):
    charging(2_500_00, 1, db, ward)
    charging(None, 2, db, ward)

    assert procedure_fee(db, ward.rao) is None
    assert fees(db, ward.rao) == (800_00, 400_00)


def cut(db, ward):
    """A session of Dr Rao on Mondays that sees procedures."""
    typed = SessionForm(0, 15 * 60, 16 * 60, 15, valid_from=TODAY, procedure_minutes=45)
    return open_session(db, ward.rao, typed, by=ward.khan)


def test_a_procedure_fee_stays_while_a_session_sees_procedures(db, ward):
    charging(2_500_00, 1, db, ward)
    session = cut(db, ward)

    with pytest.raises(ProcedureFeeStays, match="Dr Anjali Rao") as refused:
        charging(None, 2, db, ward)
    assert refused.value.field == "Procedure fee"

    close_session(db, session, last_day=TODAY - timedelta(days=1), by=ward.khan)
    charging(None, 2, db, ward)
    assert procedure_fee(db, ward.rao) is None


def test_a_procedure_fee_that_was_booked_at_stays(db, ward, nine_o_clock):
    charging(2_500_00, 1, db, ward)
    session = cut(db, ward)
    booked = book(db, ward, ward.asha, ward.rao, at(15), VisitKind.PROCEDURE)
    close_session(db, session, last_day=TODAY - timedelta(days=1), by=ward.khan)

    with pytest.raises(ProcedureFeeStays):
        charging(None, 2, db, ward)
    nine_o_clock.move_to(at(15))
    assert finish(db, ward, booked).total_paise == 2_500_00


def test_a_deactivated_doctor_leaves_the_list_and_keeps_the_past(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    ahead = book(db, ward, ward.ben, ward.rao, at(11))

    gone = deactivate_doctor(db, ward.rao, by=ward.khan)

    assert gone.deactivated_at is not None
    assert [doctor.name for doctor in doctors(db)] == ["Dr Suresh Iyer"]
    assert len(doctors(db, inactive_too=True)) == 2
    assert (bill.doctor_name, ahead.status.value) == ("Dr Anjali Rao", "booked")


def test_deactivating_twice_is_once(db, ward):
    first = deactivate_doctor(db, ward.rao, by=ward.khan)
    moment = first.deactivated_at

    assert deactivate_doctor(db, ward.rao, by=ward.khan).deactivated_at == moment
    assert first.version == 2


def test_a_doctor_who_returns_is_booked_under_the_same_number(db, ward):
    deactivate_doctor(db, ward.rao, by=ward.khan)
    back = reactivate_doctor(db, ward.rao, by=ward.khan)

    assert (back.number, back.active, back.deactivated_at) == ("DOC-0001", True, None)
    assert book(db, ward, ward.asha, back).id


def test_doctors_are_listed_by_name_and_by_specialty(db, ward):
    assert [doctor.name for doctor in doctors(db)] == ["Dr Anjali Rao", "Dr Suresh Iyer"]
    assert [doctor.number for doctor in doctors(db, specialty="Cardiology")] == ["DOC-0001"]
    assert doctors(db, specialty="Alchemy") == []


def test_an_unknown_doctor_is_not_found(db, ward):
    with pytest.raises(NotFound, match="no doctor"):
        doctor_with(db, 4711)
    with pytest.raises(NotFound, match="no doctor"):
        edit_doctor(db, Doctor(id=4711), RAO, version=1, by=ward.khan)


def test_the_cmo_sees_whose_registration_runs_out(db, ward):
    soon = replace(RAO, registration_expires_on=TODAY + timedelta(days=60))
    edit_doctor(db, ward.rao, soon, version=1, by=ward.khan)
    later = replace(IYER, registration_expires_on=TODAY + timedelta(days=61))
    edit_doctor(db, ward.iyer, later, version=1, by=ward.khan)

    numbers = staff_numbers(db, by=ward.khan)

    assert (numbers.doctors, numbers.patients) == (2, 2)
    assert [doctor.name for doctor in numbers.expiring] == ["Dr Anjali Rao"]
