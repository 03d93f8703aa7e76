"""Several ways of paying at once, bills chosen, change, advances, refunds and reversals."""

import pytest
import time_machine
from sqlmodel import select

from mediklaud.errors import (
    AmountNotPossible,
    BillNotOpen,
    BillOfAnotherPayer,
    CashLimit,
    MoreThanLeft,
    MoreThanOwed,
    NoAdvance,
    NotFound,
    NothingOwed,
    NotPermitted,
    OnHold,
    PaymentReversedAlready,
    PaysDuesFirst,
    ReferenceMissing,
    ReferenceUsed,
    RefundNotPossible,
    RefundReferenceUsed,
    TenderedTooLittle,
)
from mediklaud.models import CreditKind, Invoice, Method, PaymentReversal, Receipt, Refund
from mediklaud.repository import (
    PatientForm,
    Tender,
    advance_paper,
    advances_of,
    edit_patient,
    issue_credit_note,
    receipt_paper,
    refund_paper,
    refund_payment,
    refunds_of,
    reverse_payment,
    statement_of,
    take_advance,
    take_tenders,
    till_of,
    use_advance,
)
from mediklaud.repository import (
    payments_on as taken_on,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import ASHA, TODAY, at
from tests.till import a_form, bill_of, pay, payments_on, settings
from tests.visits import book, desk, visit


def tender(db, ward, *tenders, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return take_tenders(db, told.pop("patient", ward.asha), tenders, **told)


def advance(db, ward, paise, method=Method.CASH, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    reference = told.pop("reference", "" if method is Method.CASH else a_form())
    return take_advance(db, ward.asha, [Tender(paise, method, reference)], **told)


def refund(db, ward, payment, paise, method=Method.CASH, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return refund_payment(db, payment, paise, method, "Asked for it", **told)


def left(db, ward):
    return [one.left_paise for one in advances_of(db, ward.asha.id, by=ward.ishaan)]


def owed(db, ward):
    return {bill.number: bill.owed_paise for bill in dues_of(db, ward.asha.id).bills}


# Several ways at once


def test_several_ways_of_paying_stand_on_one_receipt(db, ward):
    bill_of(db, ward, ward.asha, 800_00)
    receipt = tender(
        db,
        ward,
        Tender(500_00, Method.CASH, tendered_paise=1000_00),
        Tender(200_00, Method.UPI, "utr 1"),
        Tender(100_00, Method.CARD, "slip 2"),
    )

    assert (receipt.number, receipt.amount_paise) == ("JMR/2627/000001", 800_00)
    assert owed(db, ward) == {}
    shown = receipt_paper(db, receipt.number, by=ward.ishaan)
    assert [(one.method, one.reference, one.amount_paise) for one in shown.tenders] == [
        ("Cash", None, 500_00),
        ("UPI", "UTR1", 200_00),
        ("Card", "SLIP2", 100_00),
    ]
    assert [one.change_paise for one in shown.tenders] == [500_00, 0, 0]
    assert shown.unallocated_paise == 0


def test_less_cash_than_is_taken_is_refused(db, ward):
    bill_of(db, ward, ward.asha, 800_00)

    with pytest.raises(TenderedTooLittle, match=r"₹500\.00") as refused:
        tender(db, ward, Tender(500_00, Method.CASH, tendered_paise=499_99))
    assert refused.value.field == "Cash handed over"


def test_the_ways_together_are_no_more_than_is_owed(db, ward):
    bill_of(db, ward, ward.asha, 800_00)

    with pytest.raises(MoreThanOwed):
        tender(db, ward, Tender(500_00, Method.CASH), Tender(300_01, Method.CARD, "A"))


@pytest.mark.parametrize("paise", [0, -100_00])
def test_none_of_the_ways_is_nothing(db, ward, paise):
    bill_of(db, ward, ward.asha, 800_00)

    with pytest.raises(AmountNotPossible):
        tender(db, ward, Tender(500_00, Method.CASH), Tender(paise, Method.CARD, "A"))


def test_one_reference_refused_takes_the_whole_receipt_back(db, ward):
    bill_of(db, ward, ward.asha, 800_00)
    pay(db, ward, ward.asha, 100_00, Method.UPI, reference="UTR1")

    with pytest.raises(ReferenceUsed, match="UPI with the reference UTR1"):
        tender(db, ward, Tender(500_00, Method.CASH), Tender(200_00, Method.UPI, "utr1"))
    with pytest.raises(ReferenceUsed):
        tender(db, ward, Tender(1_00, Method.CARD, "C"), Tender(2_00, Method.CARD, "c"))
    with pytest.raises(ReferenceMissing):
        tender(db, ward, Tender(500_00, Method.CASH), Tender(200_00, Method.CARD, ""))
    assert owed(db, ward) == {"JMI/2627/000001": 700_00}
    assert tender(db, ward, Tender(700_00, Method.CASH)).serial == 2


# Bills chosen


def test_the_bills_chosen_are_paid_in_their_order(db, ward):
    first, second, third = (bill_of(db, ward, ward.asha, one) for one in (100_00, 200_00, 300_00))

    pay(db, ward, ward.asha, 350_00, bills=[third.number, second.number])

    assert owed(db, ward) == {first.number: 100_00, second.number: 150_00}


def test_no_more_is_taken_than_the_bills_chosen_owe(db, ward):
    first = bill_of(db, ward, ward.asha, 100_00)
    bill_of(db, ward, ward.asha, 200_00)

    with pytest.raises(MoreThanOwed, match=r"₹100\.00"):
        pay(db, ward, ward.asha, 100_01, bills=[first.number, first.number])


def test_a_bill_that_is_not_open_is_not_paid(db, ward):
    paid = bill_of(db, ward, ward.asha, 100_00)
    pay(db, ward, ward.asha, 100_00)
    bill_of(db, ward, ward.asha, 200_00)
    bens = bill_of(db, ward, ward.ben, 200_00)

    for number, refusal in (
        (paid.number, BillNotOpen),
        (bens.number, BillOfAnotherPayer),
        ("JMI/9", NotFound),
    ):
        with pytest.raises(refusal):
            pay(db, ward, ward.asha, 1_00, bills=[number])


def test_a_receipt_prints_for_ever_what_it_said_when_it_was_issued(db, ward):
    # The clock stands still: not even the moment tells the deeds apart.
    with time_machine.travel(at(9), tick=False):
        first = bill_of(db, ward, ward.asha, 300_00)
        receipt = pay(db, ward, ward.asha, 300_00)
        issued = receipt_paper(db, receipt.number, by=ward.ishaan)
        told = {"form": a_form(), "by": ward.ishaan}
        void = issue_credit_note(db, first.number, CreditKind.VOID, "Wrong patient", **told)
        second = bill_of(db, ward, ward.asha, 300_00)
        use_advance(db, ward.asha, by=ward.ishaan)
    edit = PatientForm(**{**vars(ASHA), "name": "Asha Nair", "phone": "98860 99999"})
    edit_patient(db, ward.asha, edit, version=ward.asha.version, by=ward.meera)
    settings(db, ward, name="Another name", receipt_prefix="XR")

    assert (void.total_paise, owed(db, ward)) == (300_00, {})
    assert [one.bill_number for one in issued.lines] == [first.number] != [second.number]
    assert receipt_paper(db, receipt.number, by=ward.ishaan) == issued


# Advances


def test_an_advance_has_a_paper_and_a_series_of_its_own(db, ward):
    receipt = advance(db, ward, 1000_00)

    assert receipt.number == "JMA/2627/000001"
    shown = advance_paper(db, receipt.number, by=ward.ishaan)
    assert (shown.amount_paise, shown.patient_name) == (1000_00, "Asha Menon")
    assert left(db, ward) == [1000_00]


def test_an_advance_pays_later_bills_oldest_first(db, ward):
    advance(db, ward, 300_00)
    advance(db, ward, 400_00, Method.CARD)
    first, second = (bill_of(db, ward, ward.asha, one) for one in (500_00, 600_00))

    assert use_advance(db, ward.asha, by=ward.ishaan) == 700_00

    assert owed(db, ward) == {second.number: 400_00}
    assert db.get_one(Invoice, first.number).settled_at is not None
    assert left(db, ward) == []
    with pytest.raises(NoAdvance):
        use_advance(db, ward.asha, by=ward.ishaan)


def test_an_advance_pays_the_bill_chosen_and_keeps_the_rest(db, ward):
    advance(db, ward, 700_00)
    first, second = (bill_of(db, ward, ward.asha, one) for one in (500_00, 600_00))

    assert use_advance(db, ward.asha, bills=[second.number], by=ward.ishaan) == 600_00

    assert (owed(db, ward), left(db, ward)) == ({first.number: 500_00}, [100_00])
    with pytest.raises(BillNotOpen):
        use_advance(db, ward.asha, bills=[second.number], by=ward.ishaan)


def test_whoever_owes_nothing_uses_no_advance(db, ward):
    advance(db, ward, 700_00)

    with pytest.raises(NothingOwed):
        use_advance(db, ward.asha, by=ward.ishaan)


def test_whoever_is_on_hold_hears_of_the_advance_that_waits(db, ward):
    advance(db, ward, 1000_00)
    bill_of(db, ward, ward.asha, 800_00)

    with pytest.raises(
        OnHold, match=r"₹1,000\.00 is paid in advance: finance can use it now\. Take"
    ):
        book(db, ward, ward.asha, ward.iyer)
    use_advance(db, ward.asha, by=ward.ishaan)
    bill_of(db, ward, ward.asha, 800_00)
    use_advance(db, ward.asha, by=ward.ishaan)
    with pytest.raises(OnHold) as refused:
        book(db, ward, ward.asha, ward.iyer)
    assert "advance" not in str(refused.value)


def test_whoever_owes_pays_before_an_advance_is_taken(db, ward):
    bill_of(db, ward, ward.asha, 500_00)

    with pytest.raises(PaysDuesFirst, match=r"₹500\.00"):
        advance(db, ward, 100_00)


def test_a_second_click_is_the_same_advance(db, ward):
    first = advance(db, ward, 700_00, form="a1")

    assert advance(db, ward, 700_00, form="a1").number == first.number
    assert left(db, ward) == [700_00]


def test_the_cash_of_an_advance_counts_towards_the_day(db, ward, nine_o_clock):
    advance(db, ward, 1_99_999_99)
    with pytest.raises(CashLimit):
        advance(db, ward, 1)
    advance(db, ward, 1, Method.UPI)

    nine_o_clock.move_to(at(24), tick=False)
    assert advance(db, ward, 1).serial == 3


def test_the_cash_of_all_tenders_is_added_up(db, ward):
    bill_of(db, ward, ward.asha, 3_00_000_00)

    with pytest.raises(CashLimit):
        tender(db, ward, *[Tender(1_00_000_00, Method.CASH)] * 2)
    parts = Tender(1_00_000_00, Method.CASH), Tender(1_00_000_00, Method.BANK, "N1")
    assert tender(db, ward, *parts).amount_paise == 2_00_000_00


# Refunds


def test_a_refund_gives_back_what_pays_no_bill(db, ward):
    (payment,) = payments_on(db, advance(db, ward, 700_00))

    given = refund(db, ward, payment, 250_00, Method.UPI, reference="r 1")

    assert (given.number, given.reference) == ("JMF/2627/000001", "R1")
    assert left(db, ward) == [450_00]
    shown = refund_paper(db, given.number, by=ward.ishaan)
    assert (shown.receipt_number, shown.receipt_date) == ("JMA/2627/000001", TODAY)
    assert (shown.method, shown.reason, shown.refunded_by) == (
        "UPI",
        "Asked for it",
        "Ishaan Shah",
    )
    assert refunds_of(db, ward.asha.id, by=ward.ishaan) == [given]


def test_no_more_is_refunded_than_is_left(db, ward):
    (payment,) = payments_on(db, advance(db, ward, 700_00))
    bill_of(db, ward, ward.asha, 500_00)
    use_advance(db, ward.asha, by=ward.ishaan)

    with pytest.raises(MoreThanLeft, match=r"Only ₹200\.00"):
        refund(db, ward, payment, 200_01)
    refund(db, ward, payment, 200_00)
    with pytest.raises(MoreThanLeft, match=r"Only ₹0\.00"):
        refund(db, ward, payment, 1)


@pytest.mark.parametrize("paise", [0, -1])
def test_a_refund_is_more_than_zero(db, ward, paise):
    (payment,) = payments_on(db, advance(db, ward, 700_00))

    with pytest.raises(RefundNotPossible):
        refund(db, ward, payment, paise)


def test_a_second_click_is_the_same_refund(db, ward):
    (payment,) = payments_on(db, advance(db, ward, 700_00))
    first = refund(db, ward, payment, 100_00, form="r1")

    assert refund(db, ward, payment, 100_00, form="r1").number == first.number
    assert db.exec(select(Refund)).all() == [first]


def test_a_refunds_reference_is_used_once(db, ward):
    (payment,) = payments_on(db, advance(db, ward, 700_00))
    refund(db, ward, payment, 100_00, Method.BANK, reference="N1")

    with pytest.raises(RefundReferenceUsed):
        refund(db, ward, payment, 100_00, Method.BANK, reference="n1")
    with pytest.raises(ReferenceMissing):
        refund(db, ward, payment, 100_00, Method.BANK)
    assert refund(db, ward, payment, 100_00, Method.BANK, reference="N2").serial == 2


# Payments that came to nothing


def test_a_bounced_cheque_opens_its_bill_and_the_gate_again(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    receipt = pay(db, ward, ward.asha, 800_00, Method.CHEQUE, reference="000123")
    (payment,) = payments_on(db, receipt)

    reverse_payment(db, payment, "Bounced", by=ward.ishaan)

    assert owed(db, ward) == {bill.number: 800_00}
    assert (left(db, ward), db.get_one(Invoice, bill.number).settled_at) == ([], None)
    with pytest.raises(OnHold):
        book(db, ward, ward.asha, ward.iyer, at(11))
    (shown,) = receipt_paper(db, receipt.number, by=ward.ishaan).tenders
    assert shown.reversed == "23 November 2026, 9:00 AM IST: Bounced"


def test_a_second_click_is_the_same_reversal(db, ward):
    bill_of(db, ward, ward.asha, 500_00)
    (payment,) = payments_on(db, pay(db, ward, ward.asha, 500_00, Method.CHEQUE))
    first = reverse_payment(db, payment, "Bounced", by=ward.ishaan)

    assert reverse_payment(db, payment, "Bounced", by=ward.ishaan).id == first.id
    assert len(db.exec(select(PaymentReversal)).all()) == 1


def test_only_the_way_that_bounced_is_reversed(db, ward):
    bill = bill_of(db, ward, ward.asha, 800_00)
    receipt = tender(db, ward, Tender(300_00, Method.CASH), Tender(500_00, Method.CHEQUE, "1"))

    reverse_payment(db, payments_on(db, receipt)[1], "Bounced", by=ward.ishaan)

    assert owed(db, ward) == {bill.number: 500_00}


def test_a_reversed_payment_is_neither_used_nor_refunded(db, ward):
    (payment,) = payments_on(db, advance(db, ward, 700_00, Method.CHEQUE))
    reverse_payment(db, payment, "Bounced", by=ward.ishaan)
    bill_of(db, ward, ward.asha, 500_00)

    with pytest.raises(NoAdvance):
        use_advance(db, ward.asha, by=ward.ishaan)
    with pytest.raises(PaymentReversedAlready):
        refund(db, ward, payment, 1)


def test_what_was_refunded_of_a_bounced_cheque_opens_no_bill_but_the_rest_does(db, ward):
    (payment,) = payments_on(db, advance(db, ward, 700_00, Method.CHEQUE))
    bill = visit(db, ward, ward.asha, ward.iyer)
    use_advance(db, ward.asha, by=ward.ishaan)
    refund(db, ward, payment, 200_00)

    reverse_payment(db, payment, "Bounced", by=ward.ishaan)

    assert (owed(db, ward), left(db, ward)) == ({bill.number: 500_00}, [])
    with pytest.raises(OnHold):
        book(db, ward, ward.asha, ward.rao, at(11))
    (stands,) = taken_on(db, payment.receipt_number, by=ward.ishaan)
    assert (stands.left_paise, stands.refunded_paise) == (0, 200_00)
    told = statement_of(db, ward.asha.id, TODAY, TODAY, by=ward.ishaan)
    assert told.closing_paise == 500_00
    assert told.lines[-1].amount_paise == 500_00
    assert "₹200.00 was given back before" in told.lines[-1].about


def test_a_payment_given_back_whole_may_still_come_to_nothing(db, ward):
    (payment,) = payments_on(db, advance(db, ward, 700_00, Method.CHEQUE))
    refund(db, ward, payment, 700_00)

    reverse_payment(db, payment, "Bounced", by=ward.ishaan)

    assert statement_of(db, ward.asha.id, TODAY, TODAY, by=ward.ishaan).closing_paise == 0
    with pytest.raises(PaymentReversedAlready):
        refund(db, ward, payment, 1)
    # The till lost the money: by cash what was given back, by cheque nothing is left.
    till = till_of(db, ward.ishaan, TODAY, by=ward.ishaan)
    counted = {one.method: one.system_paise for one in till}
    assert (counted[Method.CASH], counted[Method.CHEQUE]) == (-700_00, 0)


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_gives_money_back(db, ward, name):
    (payment,) = payments_on(db, advance(db, ward, 700_00))
    by = getattr(ward, name)

    with pytest.raises(NotPermitted, match="refund payments"):
        refund(db, ward, payment, 1, by=by)
    with pytest.raises(NotPermitted, match="reverse payments"):
        reverse_payment(db, payment, "Bounced", by=by)
    with pytest.raises(NotPermitted, match="take payments"):
        advance(db, ward, 1, by=by)
    with pytest.raises(NotPermitted, match="take payments"):
        use_advance(db, ward.asha, by=by)


def test_a_refused_refund_leaves_no_gap(house):
    with desk() as (db, ward):
        (payment,) = payments_on(db, advance(db, ward, 700_00))
    for paise in (700_01, 100_00):
        try:
            with desk() as (db, ward):
                given = refund(db, ward, payment, paise)
        except MoreThanLeft:
            continue
    assert given.number == "JMF/2627/000001"
    with desk() as (db, _):
        assert len(db.exec(select(Receipt)).all()) == 1


def test_an_advance_of_no_money_at_all_is_refused(db, ward):
    with pytest.raises(AmountNotPossible):
        take_advance(db, ward.asha, [], form=a_form(), by=ward.ishaan)


def test_nothing_handed_over_does_not_pay_in_cash(db, ward):
    bill_of(db, ward, ward.asha, 500_00)

    with pytest.raises(TenderedTooLittle):
        tender(db, ward, Tender(500_00, Method.CASH, tendered_paise=0))
