"""Single sign-on: an account is matched and never made, and each word opens one sign-in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud import clock
from mediklaud.database import reading, transaction
from mediklaud.errors import (
    IdentityAccountDisabled,
    IdentityNotFresh,
    IdentityNotTrusted,
    IdentityUnknown,
    NotPermitted,
    SignedOut,
)
from mediklaud.models import Account, AuditEvent, LinkedIdentity, SignIn
from mediklaud.repository import (
    Halfway,
    Identity,
    change_account,
    come_by_identity,
    enroll_factor,
    live_account,
    new_secret,
    note_refused_identity,
    roles_of,
    unlink_identity,
)
from tests.hospital import NINE_O_CLOCK
from tests.phones import code_now

ISSUER = "https://id.jmi-hospital.example.org"
KHAN = "khan@jmi-hospital.example.org"
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def still(nine_o_clock):
    nine_o_clock.move_to(NINE_O_CLOCK, tick=False)


def said(subject="s-1", email=KHAN, *, verified=True, issuer=ISSUER, at=NINE_O_CLOCK) -> Identity:
    """What the provider says of Dr Khan, or of somebody else."""
    return Identity(issuer, subject, email, verified, at)


def claims(**changes) -> dict[str, object]:
    """The claims of a token."""
    issued = NINE_O_CLOCK.timestamp()
    told = {"iss": ISSUER, "sub": "s-1", "email": KHAN, "email_verified": True, "iat": issued}
    return {**told, **changes}


def test_a_verified_email_finds_its_account_and_begins_a_sign_in_of_ours(db, ward):
    token = come_by_identity(db, said(email=KHAN.upper()), browser="")

    assert live_account(db, token).username == "khan"
    assert db.exec(select(LinkedIdentity)).one().subject == "s-1"


def test_whoever_has_a_second_factor_is_asked_for_it_here_too(db, ward):
    """The provider is one more door to the same house, not a way around its locks."""
    secret = new_secret()
    enroll_factor(db, ward.khan, secret, code_now(secret))

    come = come_by_identity(db, said(), browser="")

    assert isinstance(come, Halfway)
    assert db.exec(select(SignIn)).all() == []


def test_no_account_is_ever_made(db, ward):
    before = len(db.exec(select(Account)).all())
    # Letters that Python or an engine takes for a small k or i are none (U+212A, U+0130).
    lookalikes = (KHAN.replace("k", "\u212a"), KHAN.replace("i", "\u0130"), KHAN + "\u200b")
    for email in ("stranger@example.org", "", "khan", "%", KHAN + " x", *lookalikes):
        with pytest.raises(IdentityUnknown):
            come_by_identity(db, said(email=email), browser="")

    assert len(db.exec(select(Account)).all()) == before
    assert db.exec(select(SignIn)).all() == []


def test_an_email_that_is_not_verified_matches_nobody(db, ward):
    with pytest.raises(IdentityUnknown):
        come_by_identity(db, said(verified=False), browser="")


@pytest.mark.parametrize("word", ["true", "True", 1, "1", None, [True]])
def test_only_the_truth_itself_verifies_an_email(word):
    assert not Identity.said(claims(email_verified=word), issuer=ISSUER).email_verified
    assert Identity.said(claims(), issuer=ISSUER).email_verified


@pytest.mark.parametrize(
    "change",
    [
        {"iss": ISSUER + "/"},
        {"iss": "https://evil.example.org"},
        {"iss": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "s\0"},
        {"sub": "\udc00"},
        {"sub": "s" * 256},
        {"iat": None},
        {"iat": "1"},
        {"iat": 1e300},
        {"iat": float("nan")},
        {"iat": True},
    ],
)
def test_another_issuers_word_is_not_trusted(change):
    with pytest.raises(IdentityNotTrusted):
        Identity.said(claims(**change), issuer=ISSUER)


@pytest.mark.parametrize("email", ["khan\0@example.org", "\ud800@example.org", "a\nb", 7, None])
def test_an_email_that_is_no_text_is_none(email):
    assert Identity.said(claims(email=email), issuer=ISSUER).email == ""


def test_without_an_issuer_nothing_is_trusted():
    with pytest.raises(IdentityNotTrusted):
        Identity.said(claims(iss=""), issuer="")


def test_two_accounts_of_one_email_match_nobody(db, ward):
    ward.meera.email = KHAN
    db.flush()

    with pytest.raises(IdentityUnknown):
        come_by_identity(db, said(), browser="")


def test_once_linked_the_subject_counts_and_no_email(db, ward):
    come_by_identity(db, said(), browser="")
    ward.meera.email = "new@jmi-hospital.example.org"

    later = said(email=ward.meera.email, verified=False, at=NINE_O_CLOCK + SECOND)
    token = come_by_identity(db, later, browser="")

    assert live_account(db, token).username == "khan"


def test_another_subject_with_the_same_email_takes_over_no_account(db, ward):
    come_by_identity(db, said(), browser="")

    with pytest.raises(IdentityUnknown):
        come_by_identity(db, said(subject="s-2", at=NINE_O_CLOCK + SECOND), browser="")


def test_the_same_subject_of_another_issuer_is_somebody_else(db, ward):
    come_by_identity(db, said(), browser="")

    with pytest.raises(IdentityUnknown):
        come_by_identity(
            db, said(issuer="https://other.example.org", email="x@example.org"), browser=""
        )


def test_one_word_of_the_provider_opens_one_sign_in(db, ward):
    come_by_identity(db, said(), browser="")

    for at in (NINE_O_CLOCK, NINE_O_CLOCK - SECOND):
        with pytest.raises(IdentityNotFresh):
            come_by_identity(db, said(at=at), browser="")
    assert come_by_identity(db, said(at=NINE_O_CLOCK + SECOND), browser="")


@pytest.mark.parametrize(
    "age", [timedelta(minutes=5) + SECOND, timedelta(days=30), -2 * SECOND * 60]
)
def test_an_old_word_of_the_provider_opens_nothing(db, ward, age):
    with pytest.raises(IdentityNotFresh):
        come_by_identity(db, said(at=NINE_O_CLOCK - age), browser="")


def test_an_account_without_an_email_is_given_one_and_matched(db, ward):
    held = roles_of(db, ward.meera)
    change_account(db, ward.meera, held, by=ward.tara, email=" meera@example.org ")

    come = come_by_identity(db, said(email="meera@example.org"), browser="")
    assert live_account(db, come).username == "meera"


def test_another_email_ends_the_match_and_the_same_one_does_not(db, ward):
    token = come_by_identity(db, said(), browser="")
    held = roles_of(db, ward.khan)
    for same in (None, KHAN):
        change_account(db, ward.khan, held, by=ward.tara, email=same)
    assert db.exec(select(LinkedIdentity)).one().subject == "s-1"

    change_account(db, ward.khan, held, by=ward.tara, email="imran@example.org")
    assert db.exec(select(LinkedIdentity)).all() == []
    with pytest.raises(SignedOut):
        live_account(db, token)
    with pytest.raises(IdentityUnknown):
        come_by_identity(db, said(at=NINE_O_CLOCK + SECOND), browser="")


def test_a_sign_in_by_the_provider_falls_idle_like_any(db, ward, nine_o_clock):
    token = come_by_identity(db, said(), browser="")
    nine_o_clock.move_to(NINE_O_CLOCK + timedelta(minutes=15), tick=False)

    with pytest.raises(SignedOut):
        live_account(db, token)
    with pytest.raises(IdentityNotFresh):
        come_by_identity(db, said(), browser="")


@pytest.mark.parametrize("linked", [True, False])
def test_a_disabled_account_is_refused_and_its_sign_in_over(db, ward, linked):
    ward.meera.email = "meera@example.org"
    db.flush()
    token = come_by_identity(db, said(email=ward.meera.email), browser="") if linked else ""
    change_account(db, ward.meera, roles_of(db, ward.meera), by=ward.tara, active=False)

    with pytest.raises(IdentityAccountDisabled):
        come_by_identity(db, said(email=ward.meera.email, at=NINE_O_CLOCK + SECOND), browser="")
    with pytest.raises(SignedOut):
        live_account(db, token)


def test_a_refusal_leaves_one_audit_row_a_minute(house, nine_o_clock):
    for minutes in (0, 0, 2):
        nine_o_clock.move_to(clock.now() + timedelta(minutes=minutes), tick=False)
        with transaction() as db:
            note_refused_identity(db, said(subject="who"), IdentityUnknown())

    with reading() as db:
        of_refusals = select(AuditEvent).where(AuditEvent.deed == "single sign-on refused")
        rows = db.exec(of_refusals).all()
    assert [(row.account_id, row.subject) for row in rows] == [(None, "identity/who")] * 2


def test_the_administrator_unlinks_and_nobody_else(db, ward):
    come_by_identity(db, said(), browser="")
    with pytest.raises(NotPermitted):
        unlink_identity(db, ward.khan, by=ward.meera)

    unlink_identity(db, ward.khan, by=ward.tara)

    again = replace(said(subject="s-9"), issued_at=NINE_O_CLOCK + SECOND)
    assert live_account(db, come_by_identity(db, again, browser="")).username == "khan"
