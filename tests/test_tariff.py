"""Services and their prices from a day on, bills of them, and the moment a visit is billed."""

from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.errors import (
    BillComesToAnother,
    BillTooLarge,
    GstinMissing,
    NothingToBill,
    NotPermitted,
    PriceInThePast,
    PriceNotPossible,
    QuantityNotPossible,
    SacNotPossible,
    ServiceNotPriced,
    ServiceTaken,
    StaleForm,
    TaxNotPossible,
)
from mediklaud.models import BillWhen, Charge, CreditNote, Invoice, InvoiceKind, VisitKind
from mediklaud.money import MOST_PAISE, tax_on
from mediklaud.repository import (
    Item,
    ServiceForm,
    advances_of,
    arrive,
    begin_consultation,
    bill_paper,
    bill_services,
    cancel_appointment,
    finish_consultation,
    keep_service,
    price_service,
    priced_services,
    undo_arrival,
    walk_in,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import TODAY, at
from tests.till import GSTIN, a_form, lines_of, pay, service, settings
from tests.visits import book, finish

TOMORROW = TODAY + timedelta(days=1)


def bill(db, ward, *items, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return bill_services(db, ward.asha, ward.rao, items, **told)


def test_a_bill_of_services_has_a_line_for_each(db, ward):
    dressing, scan = service(db, ward, 150_00), service(db, ward, 1000_50, name="Scan")

    issued = bill(db, ward, Item(dressing, 3), Item(scan))

    assert (issued.total_paise, issued.kind) == (1450_50, InvoiceKind.BILL_OF_SUPPLY)
    assert [(one.description, one.quantity) for one in lines_of(db, issued)] == [
        ("Dressing", 3),
        ("Scan", 1),
    ]


def test_one_taxable_line_makes_a_tax_invoice(db, ward):
    settings(db, ward, gstin=GSTIN)
    exempt, taxed = service(db, ward, 100_00), service(db, ward, 999_99, name="Peel", tax=18_00)

    issued = bill(db, ward, Item(exempt), Item(taxed, 2))

    assert issued.kind == InvoiceKind.TAX_INVOICE
    assert (issued.subtotal_paise, issued.tax_paise, issued.total_paise) == (
        2099_98,
        360_00,
        2459_98,
    )
    shown = bill_paper(db, issued.number, by=ward.ishaan)
    assert [line.tax_paise for line in shown.lines] == [0, 360_00]
    assert (shown.taxed, shown.balance_paise) == (True, 2459_98)


@pytest.mark.parametrize(
    ("amount", "rate", "tax"), [(50, 1_00, 1), (49, 1_00, 0), (100_03, 18_00, 18_01), (1, 0, 0)]
)
def test_tax_is_rounded_half_a_paisa_up(amount, rate, tax):
    assert tax_on(amount, rate) == tax


def test_tax_is_not_billed_without_a_gstin(db, ward):
    with pytest.raises(GstinMissing):
        bill(db, ward, Item(service(db, ward, 100_00, tax=18_00)))


def test_a_second_click_is_the_same_bill(db, ward):
    item = Item(service(db, ward, 100_00))
    first = bill(db, ward, item, form="b1")

    assert bill(db, ward, item, form="b1").number == first.number
    assert dues_of(db, ward.asha.id).total_paise == 100_00


def test_a_bill_is_no_larger_than_money_is_read(db, ward):
    settings(db, ward, gstin=GSTIN)
    costly, taxed = service(db, ward, MOST_PAISE), service(db, ward, MOST_PAISE, name="X", tax=1)

    for items in ([Item(costly, 9_999)] * 100, [Item(costly, 2)], [Item(taxed)]):
        with pytest.raises(BillTooLarge, match=r"₹1,00,00,00,00,000\.00 at most"):
            bill(db, ward, *items)
    assert bill(db, ward, Item(costly)).total_paise == MOST_PAISE


def test_what_costs_nothing_is_no_bill(db, ward):
    for items in ((), (Item(service(db, ward, 0)),)):
        with pytest.raises(NothingToBill):
            bill(db, ward, *items)


@pytest.mark.parametrize("quantity", [0, -1, 10_000])
def test_a_quantity_is_one_or_more(db, ward, quantity):
    with pytest.raises(QuantityNotPossible):
        bill(db, ward, Item(service(db, ward, 100_00), quantity))


def test_a_price_counts_from_its_day_and_issued_bills_stay(db, ward, nine_o_clock):
    dressing = service(db, ward, 100_00)
    price_service(db, dressing, 120_00, TOMORROW, by=ward.ishaan)
    today = bill(db, ward, Item(dressing))
    assert [one.price_paise for one in priced_services(db, TODAY)] == [100_00]

    nine_o_clock.move_to(at(0, day=TOMORROW), tick=False)

    assert (today.total_paise, bill(db, ward, Item(dressing)).total_paise) == (100_00, 120_00)


def test_a_service_without_a_price_or_given_up_is_not_billed(db, ward):
    later = keep_service(db, ServiceForm("Later"), by=ward.ishaan)
    price_service(db, later, 100_00, TOMORROW, by=ward.ishaan)
    with pytest.raises(ServiceNotPriced, match="Later"):
        bill(db, ward, Item(later))

    gone = service(db, ward, 100_00)
    off = ServiceForm("Dressing", active=False)
    keep_service(db, off, service=gone, version=1, by=ward.ishaan)
    with pytest.raises(ServiceNotPriced, match="Dressing"):
        bill(db, ward, Item(gone))
    assert [one.service.name for one in priced_services(db, TODAY)] == ["Later"]


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"sac": "12"}, SacNotPossible),
        ({"sac": "9993121"}, SacNotPossible),
        ({"tax_basis_points": -1}, TaxNotPossible),
        ({"tax_basis_points": 10_001}, TaxNotPossible),
        ({"name": "  DRESSING "}, ServiceTaken),
    ],
)
def test_a_service_that_cannot_be_is_refused(db, ward, typed, refusal):
    service(db, ward, 100_00)

    with pytest.raises(refusal):
        keep_service(db, ServiceForm(**{"name": "Other", **typed}), by=ward.ishaan)


def test_two_who_change_a_service_do_not_write_over_each_other(db, ward):
    dressing = service(db, ward, 100_00)
    keep_service(db, ServiceForm("Bandage"), service=dressing, version=1, by=ward.khan)

    with pytest.raises(StaleForm):
        keep_service(db, ServiceForm("Plaster"), service=dressing, version=1, by=ward.ishaan)


def test_a_price_begins_today_or_later_and_is_not_below_zero(db, ward):
    dressing = service(db, ward, 100_00)

    with pytest.raises(PriceInThePast):
        price_service(db, dressing, 1, TODAY - timedelta(days=1), by=ward.ishaan)
    with pytest.raises(PriceNotPossible):
        price_service(db, dressing, -1, TODAY, by=ward.ishaan)
    assert price_service(db, dressing, 90_00, TODAY, by=ward.ishaan).price_paise == 90_00


@pytest.mark.parametrize("name", ["meera", "tara", "rao_account"])
def test_who_may_keep_and_bill_services(db, ward, name):
    dressing, by = service(db, ward, 100_00), getattr(ward, name)

    with pytest.raises(NotPermitted, match="keep services"):
        keep_service(db, ServiceForm("New"), by=by)
    with pytest.raises(NotPermitted, match="keep services"):
        price_service(db, dressing, 1, TODAY, by=by)
    with pytest.raises(NotPermitted, match="bill services"):
        bill(db, ward, Item(dressing), by=by)


# The moment a consultation is billed


def bills(db):
    return db.exec(select(Invoice).order_by(Invoice.number)).all()


def at_arrival(db, ward):
    settings(db, ward, bill_when=BillWhen.ARRIVAL)


def test_a_consultation_is_billed_at_arrival_and_once(db, ward):
    at_arrival(db, ward)
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)
    (issued,) = bills(db)
    assert (issued.total_paise, issued.issued_by) == (800_00, ward.meera.id)

    assert finish(db, ward, booked).number == issued.number
    assert len(bills(db)) == 1


@pytest.mark.parametrize("when", list(BillWhen))
def test_the_setting_may_change_between_arrival_and_finish(db, ward, when):
    settings(db, ward, bill_when=when)
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)
    other = BillWhen.FINISH if when is BillWhen.ARRIVAL else BillWhen.ARRIVAL
    settings(db, ward, bill_when=other)

    finish(db, ward, booked)

    assert [one.total_paise for one in bills(db)] == [800_00]


def test_a_walk_in_and_one_brought_in_by_the_doctor_are_billed_at_arrival(db, ward):
    at_arrival(db, ward)
    walk_in(db, ward.ben, ward.rao, VisitKind.FIRST, form="w", by=ward.meera)
    booked = book(db, ward, ward.asha, ward.iyer, at(11))
    encounter = begin_consultation(db, booked, by=ward.iyer_account)

    assert [(one.patient_name, one.total_paise) for one in bills(db)] == [
        ("Ben Thomas", 800_00),
        ("Asha Menon", 500_00),
    ]
    assert finish_consultation(db, encounter, "Rest.", by=ward.iyer_account) == bills(db)[1]


def test_an_arrival_undone_voids_its_bill_and_keeps_what_was_paid(db, ward):
    at_arrival(db, ward)
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)
    pay(db, ward, ward.asha, 800_00)

    undo_arrival(db, booked, by=ward.meera)

    note = db.exec(select(CreditNote)).one()
    assert (note.kind, note.total_paise, note.issued_by) == ("void", 800_00, ward.meera.id)
    assert [one.left_paise for one in advances_of(db, ward.asha.id, by=ward.ishaan)] == [800_00]
    arrive(db, booked, by=ward.meera)
    assert [one.settled_at is None for one in bills(db)] == [False, True]
    assert finish(db, ward, booked) == bills(db)[1]


def test_one_who_leaves_before_the_doctor_comes_owes_nothing(db, ward):
    at_arrival(db, ward)
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)

    cancel_appointment(db, booked, "Had to leave", by=ward.meera)

    assert dues_of(db, ward.asha.id).total_paise == 0
    assert db.exec(select(Charge)).one().voided_at is not None


def test_a_free_visit_is_charged_once_more_after_its_arrival_was_undone(db, ward):
    at_arrival(db, ward)
    booked = book(db, ward, ward.asha, ward.iyer, kind=VisitKind.FOLLOW_UP)
    for _ in range(2):
        arrive(db, booked, by=ward.meera)
        undo_arrival(db, booked, by=ward.meera)
    arrive(db, booked, by=ward.meera)

    assert finish(db, ward, booked) is None
    standing = [one.voided_at is None for one in db.exec(select(Charge).order_by(Charge.id))]
    assert standing == [False, False, True]


def test_a_bill_of_another_sum_than_was_shown_is_refused(db, ward):
    items = [Item(service(db, ward, 250_00), 2)]
    told = {"form": a_form(), "by": ward.ishaan}
    with pytest.raises(BillComesToAnother, match=r"₹500\.00 now, not ₹250\.00"):
        bill_services(db, ward.asha, ward.rao, items, **told, expected_paise=250_00)

    bill = bill_services(db, ward.asha, ward.rao, items, **told, expected_paise=500_00)
    assert bill.total_paise == 500_00
