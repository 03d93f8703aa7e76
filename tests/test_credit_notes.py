"""Credit notes: bills corrected and voided, what was paid set free, and the note cancelled."""

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import select

from mediklaud.errors import (
    BillCreditedAlready,
    BilledAgain,
    BillVoided,
    CreditCancelledAlready,
    CreditedWhole,
    CreditNotPossible,
    CreditTooMuch,
    DiscountElsewhere,
    EmptyField,
    LeftOfBillMoved,
    NotFound,
    NotPermitted,
    OnHold,
    VisitBilledAlready,
)
from mediklaud.models import Allocation, Appointment, BillWhen, CreditKind, Invoice, Method
from mediklaud.money import tax_on
from mediklaud.repository import (
    CreditLine,
    advances_of,
    approve_waiver,
    arrive,
    ask_waiver,
    bill_again,
    bill_paper,
    cancel_credit_note,
    credit_note_paper,
    credit_notes_of,
    issue_credit_note,
    papers_numbered,
    undo_arrival,
)
from mediklaud.repository.credit_lines import creditable_lines, spread
from mediklaud.repository.dues import dues_of
from tests.hospital import TODAY, at
from tests.till import GSTIN, a_form, bill_of, lines_of, pay, settings
from tests.visits import book, visit


def void(db, ward, bill, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return issue_credit_note(db, bill.number, CreditKind.VOID, "Wrong patient", **told)


def correct(db, ward, bill, *paise, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    parts = [
        CreditLine(line.id, one)
        for line, one in zip(lines_of(db, bill), paise, strict=False)
        if one
    ]
    told.setdefault("lines", parts)
    return issue_credit_note(db, bill.number, CreditKind.CORRECTION, "Charged twice", **told)


def waive(db, ward, bill, paise):
    asked = ask_waiver(db, bill.number, paise, "Hardship", form=a_form(), by=ward.ishaan)
    return approve_waiver(db, asked, by=ward.khan)


def owed(db, patient):
    return dues_of(db, patient.id).total_paise


def test_a_void_takes_all_of_a_bill_back_and_names_it(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)

    note = void(db, ward, bill)

    assert (note.number, note.total_paise) == ("JMC/2627/000001", 800_00)
    assert (note.invoice_number, note.invoice_issued_on) == (bill.number, bill.issued_on)
    assert owed(db, ward.asha) == 0
    assert db.get_one(Invoice, bill.number).settled_at == note.issued_at
    assert book(db, ward, ward.asha, ward.iyer, at(11)).dues_then_paise == 0


def test_a_correction_takes_back_parts_of_lines(db, ward):
    bill = bill_of(db, ward, ward.asha, 300_00, 200_00)

    note = correct(db, ward, bill, 0, 50_00)

    assert note.total_paise == 50_00
    assert owed(db, ward.asha) == 450_00
    assert [one.amount_paise for one in creditable_lines(db, bill)] == [300_00, 150_00]


def test_what_a_credited_bill_was_paid_beyond_the_rest_is_an_advance(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    pay(db, ward, ward.asha, 200_00)
    pay(db, ward, ward.asha, 300_00)

    correct(db, ward, bill, 100_00)

    parts = db.exec(select(Allocation.amount_paise).order_by(Allocation.id)).all()
    # The newest payment is taken back whole, and what the bill still needs is set again.
    assert parts == [200_00, 300_00, -300_00, 200_00]
    (advance,) = advances_of(db, ward.asha.id, by=ward.ishaan)
    assert (advance.payment.amount_paise, advance.left_paise) == (300_00, 100_00)
    assert owed(db, ward.asha) == 0


def test_a_void_of_a_bill_half_paid_frees_the_half(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    pay(db, ward, ward.asha, 200_00)

    void(db, ward, bill)

    assert [one.left_paise for one in advances_of(db, ward.asha.id, by=ward.ishaan)] == [200_00]
    assert db.get_one(Invoice, bill.number).settled_at is not None


def test_a_second_click_is_the_same_credit(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    first = correct(db, ward, bill, 100_00, form="c1")

    assert correct(db, ward, bill, 100_00, form="c1").number == first.number
    assert owed(db, ward.asha) == 400_00


@pytest.mark.parametrize("paise", [0, -1])
def test_a_correction_is_more_than_zero(db, ward, paise):
    bill = bill_of(db, ward, ward.asha, 500_00)
    lines = [CreditLine(lines_of(db, bill)[0].id, paise)]

    with pytest.raises(CreditNotPossible) as refused:
        correct(db, ward, bill, lines=lines)
    assert refused.value.field == "Amount"


def test_no_more_is_credited_of_a_line_than_is_left(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00, 100_00)
    correct(db, ward, bill, 400_00)

    with pytest.raises(CreditTooMuch, match=r"Only ₹100\.00 is left"):
        correct(db, ward, bill, 100_01)
    assert correct(db, ward, bill, 100_00).serial == 2


def test_a_correction_leaves_something_of_its_bill(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    correct(db, ward, bill, 300_00)

    with pytest.raises(CreditedWhole, match="Void it"):
        correct(db, ward, bill, 500_00)
    with pytest.raises(CreditNotPossible):
        correct(db, ward, bill, lines=[])
    void(db, ward, bill)
    again = bill_again(db, db.exec(select(Appointment)).one(), by=ward.ishaan)
    assert again.total_paise == owed(db, ward.asha) == 800_00


def test_a_line_of_another_bill_is_not_credited(db, ward):
    bill, other = bill_of(db, ward, ward.asha, 500_00), bill_of(db, ward, ward.ben, 500_00)

    with pytest.raises(NotFound):
        correct(db, ward, bill, lines=[CreditLine(lines_of(db, other)[0].id, 1)])


def test_a_bill_credited_in_full_is_not_voided(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    void(db, ward, bill)

    with pytest.raises(BillCreditedAlready, match=r"JMI/2627/000001"):
        void(db, ward, bill)


def test_a_reason_is_given(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)

    with pytest.raises(EmptyField) as refused:
        issue_credit_note(db, bill.number, CreditKind.VOID, " ", form="c", by=ward.ishaan)
    assert refused.value.field == "Reason"


@pytest.mark.parametrize("kind", [CreditKind.DISCOUNT, CreditKind.WAIVER])
def test_a_discount_does_not_come_in_as_a_correction(db, ward, kind):
    bill = bill_of(db, ward, ward.asha, 500_00)

    with pytest.raises(DiscountElsewhere):
        issue_credit_note(db, bill.number, kind, "Kind", form="c", by=ward.ishaan)


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_credits(db, ward, name):
    bill = bill_of(db, ward, ward.asha, 500_00)
    note = void(db, ward, bill)
    by = getattr(ward, name)

    for verb in (
        lambda: void(db, ward, bill, by=by),
        lambda: cancel_credit_note(db, note.number, "No", by=by),
    ):
        with pytest.raises(NotPermitted, match="issue and cancel credit notes"):
            verb()


def test_an_unknown_bill_or_note_is_not_found(db, ward):
    with pytest.raises(NotFound, match="no bill"):
        issue_credit_note(db, "JMI/1", CreditKind.VOID, "x", form="c", by=ward.ishaan)
    with pytest.raises(NotFound, match="no credit note"):
        cancel_credit_note(db, "JMC/1", "x", by=ward.ishaan)
    with pytest.raises(NotFound, match="no credit note"):
        credit_note_paper(db, "JMC/1", by=ward.ishaan)


# Tax


def test_the_tax_goes_back_with_its_line_to_the_last_paisa(db, ward):
    settings(db, ward, gstin=GSTIN)
    bill = bill_of(db, ward, ward.asha, 100_03, tax=18_00)
    assert (bill.subtotal_paise, bill.tax_paise) == (100_03, 18_01)

    first = correct(db, ward, bill, 33_33)
    second = correct(db, ward, bill, 33_33)
    last = void(db, ward, bill)

    assert [one.tax_paise for one in (first, second, last)] == [6_00, 6_00, 6_01]
    assert owed(db, ward.asha) == 0


@pytest.mark.parametrize("paise", [1, 2, 99, 2_00, 100_00, 118_03, 118_04])
def test_a_sum_is_spread_over_lines_with_its_tax(db, ward, paise):
    settings(db, ward, gstin=GSTIN)
    left = creditable_lines(db, bill_of(db, ward, ward.asha, 100_03, tax=18_00))

    (part,) = spread(left, paise)

    assert part.amount_paise + part.tax_paise == paise
    assert abs(part.tax_paise - tax_on(part.amount_paise, 18_00)) <= 1


def test_tax_that_is_left_of_a_line_alone_is_credited_too(db, ward):
    settings(db, ward, gstin=GSTIN)
    bill = bill_of(db, ward, ward.asha, 10, tax=18_00)
    for _ in range(9):
        correct(db, ward, bill, 1)
    (left,) = creditable_lines(db, bill)
    pay(db, ward, ward.asha, 1)

    assert (left.amount_paise, left.tax_paise) == (1, 2)
    waive(db, ward, bill, 2)
    assert owed(db, ward.asha) == 0


def test_all_that_is_owed_on_a_taxed_bill_is_waived_to_the_paisa(db, ward):
    settings(db, ward, gstin=GSTIN)
    bill = bill_of(db, ward, ward.asha, 1000_00, tax=18_00)
    pay(db, ward, ward.asha, 1178_00)

    assert waive(db, ward, bill, 2_00).total_paise == 2_00
    assert owed(db, ward.asha) == 0
    assert book(db, ward, ward.asha, ward.iyer, at(11)).dues_then_paise == 0


def test_an_exempt_sum_is_spread_to_the_paisa_from_the_first_line_on(db, ward):
    left = creditable_lines(db, bill_of(db, ward, ward.asha, 300_00, 200_00))

    assert [one.amount_paise for one in spread(left, 350_01)] == [300_00, 50_01]
    with pytest.raises(CreditNotPossible):
        spread(left, 500_01)


# Cancelled


def test_a_cancelled_credit_is_owed_again_and_holds_booking_back(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    note = void(db, ward, bill)

    cancelled = cancel_credit_note(db, note.number, "It was right", by=ward.ishaan)

    assert (cancelled.cancel_reason, cancelled.cancelled_by) == ("It was right", ward.ishaan.id)
    assert cancelled.cancelled_on == TODAY
    assert owed(db, ward.asha) == 800_00
    assert db.get_one(Invoice, bill.number).settled_at is None
    with pytest.raises(OnHold):
        book(db, ward, ward.asha, ward.iyer, at(11))


def test_what_a_cancelled_credit_had_freed_stays_an_advance(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    pay(db, ward, ward.asha, 500_00)
    note = void(db, ward, bill)
    cancel_credit_note(db, note.number, "It was right", by=ward.ishaan)

    assert owed(db, ward.asha) == 500_00
    assert [one.left_paise for one in advances_of(db, ward.asha.id, by=ward.ishaan)] == [500_00]


def test_a_credit_is_cancelled_once(db, ward):
    note = void(db, ward, bill_of(db, ward, ward.asha, 500_00))
    cancel_credit_note(db, note.number, "It was right", by=ward.ishaan)

    with pytest.raises(CreditCancelledAlready, match=r"JMC/2627/000001"):
        cancel_credit_note(db, note.number, "Again", by=ward.ishaan)


def test_a_bill_is_credited_anew_after_a_cancelled_note(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    note = void(db, ward, bill)
    cancel_credit_note(db, note.number, "Too much", by=ward.ishaan)

    assert correct(db, ward, bill, 400_00).total_paise == 400_00
    listed = credit_notes_of(db, bill.number, by=ward.ishaan)
    assert [one.serial for one in listed] == [2, 1]


# Billed again


def test_a_voided_consultation_is_billed_again_once(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    note = void(db, ward, bill)
    appointment = db.exec(select(Appointment)).one()

    again = bill_again(db, appointment, by=ward.ishaan)

    assert (again.number, again.total_paise) == ("JMI/2627/000002", 800_00)
    with pytest.raises(VisitBilledAlready):
        bill_again(db, appointment, by=ward.ishaan)
    with pytest.raises(BilledAgain, match=r"JMI/2627/000001"):
        cancel_credit_note(db, note.number, "Both", by=ward.ishaan)


# Papers


def test_the_paper_names_the_bill_its_lines_and_who_issued_it(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    note = correct(db, ward, bill, 300_00)

    (shown,) = papers_numbered(db, note.number.lower(), by=ward.ishaan)

    assert shown == credit_note_paper(db, note.number, by=ward.ishaan)
    assert (shown.bill_number, shown.bill_date) == (bill.number, bill.issued_on)
    assert (shown.kind, shown.reason, shown.issued_by) == (
        "Correction",
        "Charged twice",
        "Ishaan Shah",
    )
    assert [(line.amount_paise, line.sac) for line in shown.lines] == [(300_00, "999312")]
    assert shown.cancelled == ""
    cancel_credit_note(db, note.number, "It was right", by=ward.ishaan)
    later = credit_note_paper(db, note.number, by=ward.ishaan).cancelled
    assert later == "23 November 2026, 9:00 AM IST: It was right"


def test_the_bill_says_what_was_credited_and_paid(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    correct(db, ward, bill, 100_00)
    pay(db, ward, ward.asha, 150_00, Method.UPI)

    shown = bill_paper(db, bill.number, by=ward.ishaan)

    assert (shown.total_paise, shown.credited_paise, shown.paid_paise) == (500_00, 100_00, 150_00)
    assert shown.balance_paise == 250_00


def test_what_was_credited_before_a_void_is_not_cancelled_under_it(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    corrected = correct(db, ward, bill, 100_00)
    voided = void(db, ward, bill)

    with pytest.raises(BillVoided, match=voided.number):
        cancel_credit_note(db, corrected.number, "It was right", by=ward.ishaan)


def test_a_void_of_some_lines_is_no_void(db, ward):
    bill = bill_of(db, ward, ward.asha, 100_00, 200_00)
    first = lines_of(db, bill)[0]

    with pytest.raises(CreditNotPossible):
        void(db, ward, bill, lines=[CreditLine(first.id, 100_00)])


def test_a_sum_spread_over_a_line_is_never_exceeded_by_the_tax_roundings_left(db, ward):
    settings(db, ward, gstin=GSTIN)
    bill = bill_of(db, ward, ward.asha, 3, tax=1_800)
    correct(db, ward, bill, 1)

    (part,) = spread(creditable_lines(db, bill), 2)
    assert (part.amount_paise, part.tax_paise) == (1, 1)


def test_a_visit_undone_after_its_bill_was_credited_whole_may_be_billed_again(db, ward):
    settings(db, ward, bill_when=BillWhen.ARRIVAL)
    appointment = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    waive(db, ward, db.exec(select(Invoice)).one(), 800_00)
    undo_arrival(db, appointment, by=ward.meera)

    arrive(db, appointment, by=ward.meera)

    assert owed(db, ward.asha) == 800_00


def test_a_bill_is_settled_no_earlier_than_anything_on_it(db, ward):
    """One server's clock is a minute ahead, and the rest is waived at the other."""
    bill = bill_of(db, ward, ward.asha, 500_00)
    with time_machine.travel(at(9) + timedelta(seconds=65), tick=False):
        paid = pay(db, ward, ward.asha, 300_00)
    with time_machine.travel(at(9) + timedelta(seconds=5), tick=False):
        assert waive(db, ward, bill, 200_00).issued_at < paid.issued_at

    assert db.get_one(Invoice, bill.number).settled_at == paid.issued_at


def test_a_void_of_another_sum_than_was_shown_is_refused(db, ward):
    bill = bill_of(db, ward, ward.asha, 500_00)
    told = {"form": a_form(), "by": ward.ishaan}
    with pytest.raises(LeftOfBillMoved, match=r"₹500\.00 is left now, not ₹100\.00"):
        issue_credit_note(db, bill.number, CreditKind.VOID, "Twice", **told, left_paise=100_00)

    note = issue_credit_note(db, bill.number, CreditKind.VOID, "Twice", **told, left_paise=500_00)
    assert note.total_paise == 500_00
