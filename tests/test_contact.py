"""Phones and email addresses as people type them."""

import re

import pytest
from email_validator import EmailUndeliverableError
from hypothesis import given
from hypothesis import strategies as st

from mediklaud import contact
from mediklaud.errors import EmailNotUnderstood, EmptyField, PhoneNotUnderstood, Refusal


@pytest.mark.parametrize(
    "typed",
    [
        "98860 11111",
        "9886011111",
        "098860-11111",
        "+91 98860 11111",
        "0091 98860 11111",
        "(+91) 98860.11111",
        "९८८६० १११११",
        "৯৮৮৬০১১১১১",
        " 98860\u00a011111 ",
    ],
)
def test_one_number_typed_in_many_ways_is_one_number(typed):
    assert contact.phone(typed, country="IN") == "+919886011111"


def test_a_landline_and_a_foreign_number_are_kept_too():
    assert contact.phone("080 2222 3333", country="IN") == "+918022223333"
    assert contact.phone("+44 20 7946 0958", country="IN") == "+442079460958"


@pytest.mark.parametrize(
    "typed", ["12345", "98860 1111", "98860 111111", "call me", "+999 1", "++"]
)
def test_what_cannot_be_dialled_is_refused_beside_its_field(typed):
    with pytest.raises(PhoneNotUnderstood, match="not a phone number") as refused:
        contact.phone(typed, country="IN")
    assert refused.value.field == "Phone"


def test_an_empty_phone_is_refused_as_empty():
    with pytest.raises(EmptyField, match="Phone is empty"):
        contact.phone("  ", country="IN")


@given(st.text(max_size=50))
def test_a_phone_is_in_e164_or_refused(typed):
    try:
        kept = contact.phone(typed, country="IN")
    except Refusal:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", kept)
    assert contact.phone(kept, country="IN") == kept


@given(st.integers(6_000_000_000, 9_999_999_999))
def test_the_words_of_a_number_lead_back_to_it(number):
    try:
        kept = contact.phone(str(number), country="IN")
    except PhoneNotUnderstood:
        return
    assert contact.phone(contact.phone_words(kept), country="US") == kept
    assert contact.national_digits(kept) == str(number)


def test_a_number_is_read_in_groups():
    assert contact.phone_words("+919886011111") == "+91 98860 11111"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("asha@example.org", "asha@example.org"),
        (" Asha.Menon@EXAMPLE.org ", "Asha.Menon@example.org"),
        ("asha+clinic@example.org", "asha+clinic@example.org"),
        ("आशा@example.org", "आशा@example.org"),
    ],
)
def test_an_address_is_kept_normalised(typed, kept):
    assert contact.email(typed) == kept


@pytest.mark.parametrize("typed", ["", "  ", "\x00"])
def test_no_address_is_none_and_no_mistake(typed):
    assert contact.email(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "asha",
        "asha@",
        "@example.org",
        "asha@example",
        "a b@example.org",
        "asha@@example.org",
        "asha@exa mple.org",
        "asha@example.org, ben@example.org",
        "asha@example.org\nBcc: ben@example.org",
        "Asha <asha@example.org>",
        "x" * 65 + "@example.org",
    ],
)
def test_what_no_letter_can_reach_is_refused_beside_its_field(typed):
    with pytest.raises(EmailNotUnderstood, match="not an email address") as refused:
        contact.email(typed)
    assert refused.value.field == "Email"


def test_a_needed_address_may_not_be_missing():
    with pytest.raises(EmptyField, match="Email is empty"):
        contact.needed_email(" ")


@given(st.text(max_size=80))
def test_an_address_is_one_line_and_stable_or_refused(typed):
    try:
        kept = contact.email(typed)
    except Refusal:
        return
    if kept is not None:
        assert not re.search(r"\s", kept)
        assert contact.email(kept) == kept


def _resolver(monkeypatch, *known: str):
    """A resolver that knows these domains and no other."""

    def look(address, *, check_deliverability, timeout):
        assert check_deliverability
        if address.rpartition("@")[2] not in known:
            raise EmailUndeliverableError("The domain name does not exist.")

    monkeypatch.setattr(contact, "validate_email", look)


def test_a_domain_nobody_knows_is_doubted_and_still_kept(monkeypatch):
    assert contact.email("asha@gmial.example.org") == "asha@gmial.example.org"
    _resolver(monkeypatch, "jmi.example")

    said = contact.doubt("asha@gmial.example", known="desk@jmi.example")

    assert said.startswith("No mail server is known for gmial.example")
    assert contact.doubt("asha@jmi.example", known="desk@jmi.example") == ""
    assert contact.doubt("", known="desk@jmi.example") == ""


def test_a_resolver_that_knows_nobody_is_not_believed(monkeypatch):
    _resolver(monkeypatch)

    assert contact.doubt("asha@gmail.example", known="desk@jmi.example") == ""


def test_a_resolver_that_fails_doubts_nobody(monkeypatch):
    def fails(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(contact, "validate_email", fails)

    assert contact.doubt("asha@gmail.example", known="desk@jmi.example") == ""
