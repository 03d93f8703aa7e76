"""Papers and what may be done beside them: credit notes, cancellations, refunds, reversals."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlmodel import select

from mediklaud.database import reading, transaction
from mediklaud.models import (
    CreditKind,
    CreditNote,
    CreditNoteLine,
    Invoice,
    Method,
    PaymentReversal,
    Refund,
    Role,
    VisitKind,
)
from mediklaud.repository import (
    CONSOLE,
    CreditLine,
    Tender,
    account_named,
    begin_consultation,
    book_appointment,
    cancel_credit_note,
    change_account,
    finish_consultation,
    issue_credit_note,
    take_advance,
)
from mediklaud.repository.dues import dues_of
from tests.desk import click, files_of, find, said, sit, take, the
from tests.hospital import at, ward_of
from tests.till import a_form, bill_of, lines_of, pay

REASON = "Billed twice"


@pytest.fixture
def number(sqlite_house):
    """Asha's bill of ₹500.00 and ₹300.00."""
    with transaction() as db:
        ward = ward_of(db)
        return bill_of(db, ward, ward.asha, 500_00, 300_00).number


@pytest.fixture
def desk(number, monkeypatch):
    """Asha's papers at Ishaan's desk."""
    return take(find(sit(monkeypatch, "ishaan", "finance/papers"), "asha"), "JMI-000001")


def opened(desk, kind, number):
    return desk.button(key=f"open-{kind}-{number}").click().run()


def choice(desk, label, wanted):
    (one,) = [field for field in desk.get("button_group") if field.label == label]
    return one.set_value(wanted).run()


def type_in(desk, **typed):
    for label, words in typed.items():
        the(desk.text_input, label.replace("_", " ")).input(words).run()
    return desk


def rows(table):
    with reading() as db:
        return db.exec(select(table)).all()


def owed():
    with reading() as db:
        return dues_of(db, ward_of(db).asha.id).total_paise


def advance(paise=500_00):
    """Ben pays in advance; the number of the receipt."""
    with transaction() as db:
        ward = ward_of(db)
        tender = Tender(paise, Method.CHEQUE, "C-1")
        return take_advance(db, ward.ben, [tender], form=a_form(), by=ward.ishaan).number


def bens_receipt(monkeypatch, paise=500_00):
    number = advance(paise)
    desk = take(find(sit(monkeypatch, "ishaan", "finance/papers"), "ben"), "JMI-000002")
    return opened(desk, "advance", number)


def test_a_bill_is_voided_after_a_second_question(desk, number):
    type_in(opened(desk, "bill", number), Reason=REASON)
    click(desk, "Issue the credit note")
    assert rows(CreditNote) == []
    assert f"This takes back all ₹800.00 that is left of bill {number}." in said(desk)

    click(desk, "Yes, issue the credit note")

    assert [(one.kind, one.total_paise) for one in rows(CreditNote)] == [(CreditKind.VOID, 800_00)]
    assert "Credit note JMC/2627/000001 is issued." in said(desk)
    assert owed() == 0


def test_a_bill_that_moved_after_the_question_is_not_voided(desk, number):
    told = {"form": "other"}
    with transaction() as db:
        by = ward_of(db).ishaan
        told["lines"] = [CreditLine(lines_of(db, db.get_one(Invoice, number))[1].id, 300_00)]
        note = issue_credit_note(db, number, CreditKind.CORRECTION, "Wrong", **told, by=by).number
    type_in(opened(desk, "bill", number), Reason=REASON)
    click(desk, "Issue the credit note")
    with transaction() as db:
        cancel_credit_note(db, note, "It was right", by=ward_of(db).ishaan)

    click(desk, "Yes, issue the credit note")

    assert f"Of bill {number} ₹800.00 is left now, not ₹500.00" in said(desk)
    assert the(desk.text_input, "Reason").value == REASON
    assert [one.kind for one in rows(CreditNote)] == [CreditKind.CORRECTION]
    click(desk, "Yes, issue the credit note")
    assert [one.total_paise for one in rows(CreditNote)] == [300_00, 800_00]


def test_nothing_is_written_when_the_second_question_is_denied(desk, number):
    type_in(opened(desk, "bill", number), Reason=REASON)
    click(desk, "Issue the credit note")

    click(desk, "Not now")

    assert rows(CreditNote) == []
    assert "Yes, issue the credit note" not in [one.label for one in desk.button]


def test_a_reason_is_needed(desk, number):
    opened(desk, "bill", number)
    click(desk, "Issue the credit note")
    click(desk, "Yes, issue the credit note")

    assert "Reason is empty. Please fill it in." in said(desk)
    assert rows(CreditNote) == []


def correct(desk, number, **typed):
    opened(desk, "bill", number)
    choice(desk, "What it takes back", "Correct lines")
    type_in(desk, **typed)
    click(desk, "Issue the credit note")
    return click(desk, "Yes, issue the credit note")


def test_a_line_is_corrected(desk, number):
    correct(desk, number, Amount_off_line_2="100", Reason="Wrong price")

    assert [one.amount_paise for one in rows(CreditNoteLine)] == [100_00]
    assert owed() == 700_00


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0", "A credit note takes back more than zero"),
        ("-1", '"-1" is below zero.'),
        ("nan", '"nan" is not an amount.'),
        ("1.005", '"1.005" has more than two decimals.'),
        ("300.01", "Only ₹300.00 is left to credit"),
        ("", "No amount was typed."),
    ],
)
def test_what_cannot_be_credited_is_refused_and_voids_nothing(desk, number, typed, sentence):
    correct(desk, number, Amount_off_line_2=typed, Reason="Wrong price")

    assert sentence in said(desk)
    assert rows(CreditNote) == []


def test_a_second_click_on_one_form_is_one_credit_note(desk, number):
    opened(desk, "bill", number)
    form = desk.session_state["_forms"][f"credit/{number}"]
    choice(desk, "What it takes back", "Correct lines")
    type_in(desk, Amount_off_line_2="100", Reason=REASON)
    click(desk, "Issue the credit note")
    with transaction() as db:
        ward = ward_of(db)
        told = (number, CreditKind.CORRECTION, REASON)
        parts = [CreditLine(2, 100_00)]
        issue_credit_note(db, *told, form=form, by=ward.ishaan, lines=parts)

    click(desk, "Yes, issue the credit note")

    assert [one.total_paise for one in rows(CreditNote)] == [100_00]
    assert "Credit note JMC/2627/000001 is issued." in said(desk)


def test_a_visit_whose_bill_was_voided_is_billed_again(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        told = (ward.asha, ward.rao, at(10), VisitKind.FIRST)
        visit = book_appointment(db, *told, form=a_form(), by=ward.meera)
        begun = begin_consultation(db, visit, by=ward.rao_account)
        number = finish_consultation(db, begun, "Seen.", by=ward.rao_account).number
        told = (number, CreditKind.VOID, REASON)
        issue_credit_note(db, *told, form=a_form(), by=ward.ishaan)
    desk = take(find(sit(monkeypatch, "ishaan", "finance/papers"), "asha"), "JMI-000001")
    opened(desk, "bill", number)

    click(click(desk, "Bill the visit again"), "Yes, bill the visit again")

    assert "Bill JMI/2627/000002 of ₹800.00 is issued." in said(desk)
    assert owed() == 800_00
    assert "Bill the visit again" not in [one.label for one in desk.button]


def test_a_credit_note_is_cancelled_and_the_bill_owed_again(desk, number):
    with transaction() as db:
        ward = ward_of(db)
        told = (number, CreditKind.VOID, REASON)
        note = issue_credit_note(db, *told, form=a_form(), by=ward.ishaan).number
    opened(desk.run(), "credit", note)
    type_in(desk, Reason="It was right")
    click(desk, "Cancel the credit note")
    click(desk, "Yes, cancel the credit note")

    assert owed() == 800_00
    assert "Cancelled on" in said(desk)


def test_what_is_left_is_refunded_with_a_voucher(number, monkeypatch):
    desk = bens_receipt(monkeypatch)
    assert the(desk.text_input, "Amount").value == "500.00"
    type_in(desk, Amount="200", Reason="Paid too much")
    click(desk, "Refund it")
    click(desk, "Yes, refund it")

    assert [one.amount_paise for one in rows(Refund)] == [200_00]
    assert "Refund voucher JMF/2627/000001 is issued. ₹200.00 is given back" in said(desk)
    assert the(desk.text_input, "Amount").value == "300.00"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("500.01", "Only ₹500.00 of this payment pays no bill."),
        ("0", "A refund is more than zero."),
        ("-3", '"-3" is below zero.'),
        ("nan", '"nan" is not an amount.'),
        ("1.234", '"1.234" has more than two decimals.'),
    ],
)
def test_what_cannot_be_refunded_is_refused(number, monkeypatch, typed, sentence):
    desk = bens_receipt(monkeypatch)
    type_in(desk, Amount=typed, Reason="Paid too much")
    click(desk, "Refund it")
    click(desk, "Yes, refund it")

    assert sentence in said(desk)
    assert rows(Refund) == []


def test_bengali_digits_and_lakh_commas_are_refunded_right(number, monkeypatch):
    desk = bens_receipt(monkeypatch, 2_00_000_00)
    type_in(desk, Amount="১,৫০,০০০.৫০", Reason="Paid too much")
    choice(desk, "Method", Method.BANK)
    type_in(desk, Reference="NEFT 9")
    click(desk, "Refund it")
    click(desk, "Yes, refund it")

    assert [one.amount_paise for one in rows(Refund)] == [1_50_000_50]


def test_a_bounced_cheque_is_undone_and_its_bill_owed_again(desk, number):
    with transaction() as db:
        ward = ward_of(db)
        receipt = pay(db, ward, ward.asha, 800_00, Method.CHEQUE).number
    opened(desk.run(), "receipt", receipt)
    type_in(desk, Reason="Returned unpaid")
    click(desk, "Undo the payment")
    assert rows(PaymentReversal) == []

    click(desk, "Yes, undo the payment")

    assert [one.reason for one in rows(PaymentReversal)] == ["Returned unpaid"]
    assert owed() == 800_00
    assert "Every payment of this receipt came to nothing." in said(desk)


def test_a_bounced_cheque_says_what_of_it_was_given_back(number, monkeypatch):
    desk = bens_receipt(monkeypatch, 700_00)
    type_in(desk, Amount="200", Reason="Paid too much")
    click(desk, "Refund it")
    click(desk, "Yes, refund it")
    choice(desk, "What happened", "It came to nothing")
    type_in(desk, Reason="Returned unpaid")
    click(desk, "Undo the payment")
    assert "₹200.00 was given back: bill that to ask for it." in said(desk)

    click(desk, "Yes, undo the payment")

    assert len(rows(PaymentReversal)) == 1
    assert "₹200.00 of Cheque" in said(desk)
    assert "was given back, and the payment came to nothing." in said(desk)


def test_the_first_print_of_a_paper_is_the_original_and_the_second_a_duplicate(
    desk, number, monkeypatch
):
    caught = files_of(monkeypatch)
    type_in(opened(desk, "bill", number), Reason=REASON)
    click(desk, "Issue the credit note")
    click(desk, "Yes, issue the credit note")

    def words(key):
        return PdfReader(BytesIO(caught[key]())).pages[0].extract_text()

    for key in (f"pdf-{number}", "issued-JMC/2627/000001"):
        assert "DUPLICATE" not in words(key)
        assert "DUPLICATE" in words(key)
    # The page that was drawn before the note was printed tells the same.
    assert "DUPLICATE" in words("issued-JMC/2627/000001")


def test_a_role_lost_meanwhile_credits_nothing(desk, number):
    type_in(opened(desk, "bill", number), Reason=REASON)
    click(desk, "Issue the credit note")
    with transaction() as db:
        change_account(db, account_named(db, "ishaan"), {Role.FRONT_DESK}, by=CONSOLE)

    click(desk, "Yes, issue the credit note")

    assert rows(CreditNote) == []
