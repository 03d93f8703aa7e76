"""Every text of every verb: kept as the filter leaves it or refused, the same on both engines."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
from sqlalchemy import Enum, String, event
from sqlalchemy.exc import DataError
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.sqltypes import AutoString
from time_machine import Traveller

from mediklaud import contact, database, text
from mediklaud.database import reading
from mediklaud.errors import Refusal, TextNotKept, TextTooLong
from mediklaud.models import Patient
from tests.conftest import assert_house_is_green, open_copy, thrown_away
from tests.every_text import (
    LISTED,
    NAUGHTY,
    NOT_TYPED,
    OURS,
    PREFIXED,
    SAME_AS,
    TEXTS,
    Desk,
    Text,
    kept_as,
    live_until_evening,
    verbs,
    words_of,
)
from tests.hospital import NINE_O_CLOCK, ward_of
from tests.test_text import is_safe

# What each text is given that asks for a form of its own.
PLAUSIBLE = {
    "username": "anna",
    "email": "anna@example.org",
    "phone": "98860 44444",
    "council": "Karnataka Medical Council",
    "registration": "KMC 90211",
    "language": "hi",
    "gstin": "29AAAAA0000A1ZY",
    # The zone of the papers that are there: another one is refused.
    "zone": "Asia/Kolkata",
    "sac": "999311",
    "specialty": "Cardiology",
    **{f"{paper}_prefix": "XYZ" for paper in PREFIXED},
}
# Every field meets these in every run; all of them are a drill.
SAMPLE = (*OURS[1:3], *OURS[5:8], OURS[12], OURS[15], *LISTED[400::90])
# Columns that no verb fills with what was typed: made by the house, or copied of one that is.
MADE = re.compile(
    r"number|series|\w*seal|form|(name_)?digest|\w*_hash|sealed_secret|folded_name|search_text|country"
    r"|message_id|facts|subject|kind|outcome|to_(address|name)|account_name|deed|detail|description|language"
    r"|(hospital|patient|payer|doctor|invoice|receipt|credit|received_by|refunded_by)_\w+"
)
# The same, by the verb that writes them.
COPIED = {
    **dict.fromkeys(("charge.sac", "invoice_line.sac"), "keep_service"),
    "number_series.name": "next_number",
    "linked_identity.issuer": "come_by_identity",
}
TEN_MB = {
    "one letter": "x" * 10_000_000,
    "blanks": " " * 10_000_000,
    "figures": "9" * 10_000_000,
    "turned": "\u202e" * 3_500_000,
    "loose accents": "\u0301" * 5_000_000,
    "line breaks": "\r\n" * 5_000_000,
}


@contextmanager
def evening(
    request: pytest.FixtureRequest, engine: str, address: Path, clock: Traveller
) -> Iterator[Desk]:
    """The cast's evening on an engine; what is given to it is undone again."""
    with thrown_away(open_copy(request, engine, address)):
        clock.move_to(NINE_O_CLOCK)
        live_until_evening(clock)
        with Session(database.engine(), expire_on_commit=False) as db:
            yield Desk(db, ward_of(db))
        assert_house_is_green()


def verdict(desk: Desk, one: Text, typed: str) -> str:
    """What became of a text: as it was kept, or the sentence that refused it."""
    undo = desk.db.begin_nested()
    try:
        given = one.give(desk, typed)
        if given is None:
            return "looked up"
        record, word = given
        desk.db.flush()
        desk.db.expire(record)
        kept = getattr(record, word) or ""
        if one.shape != "code":
            assert kept == kept_as(one.shape, typed), f"{one} kept {kept!r} of {typed!r}"
        assert is_safe(kept), f"{one} kept {kept!r}"
        return f"kept {kept!r}"
    except Refusal as refusal:
        return f"refused: {refusal}"
    finally:
        undo.rollback()
        desk.db.info.pop("deeds", None)
        desk.db.info.pop("hospital", None)


def verdicts(desk: Desk, typed: Iterable[str], looked_up: int) -> dict[tuple[str, str], str]:
    """What becomes of each string in every text; of the first few where it is only looked up."""
    found = {}
    for place, each in enumerate(typed):
        for one in TEXTS:
            if place < looked_up or one.shape != "asked":
                found[str(one), each] = verdict(desk, one, each)
        # PostgreSQL keeps a lock for every savepoint until the transaction ends.
        desk.db.rollback()
    return found


def on_both(
    request: pytest.FixtureRequest,
    address: Path,
    clock: Traveller,
    typed: Iterable[str],
    looked_up: int,
) -> dict[tuple[str, str], str]:
    """The same on each engine, which must come to the same."""
    found = []
    for engine in ("sqlite", "postgresql"):
        with evening(request, engine, address, clock) as desk:
            found.append(verdicts(desk, typed, looked_up))
    one, other = found
    assert {
        where: (said, other[where]) for where, said in one.items() if said != other[where]
    } == {}
    return one


def test_every_text_is_kept_as_filtered_or_refused_the_same_on_both_engines(
    request, address, nine_o_clock
):
    found = on_both(request, address, nine_o_clock, SAMPLE, 2)

    # Each text that is kept was kept at least once, or nothing was tried.
    kept = {where for (where, _), said in found.items() if said.startswith("kept")}
    assert {str(one) for one in TEXTS if one.shape in ("line", "note", "upper")} <= kept


@pytest.mark.drill
def test_all_naughty_strings_in_every_text(request, address, nine_o_clock, record_property):
    found = on_both(request, address, nine_o_clock, NAUGHTY, len(NAUGHTY))

    kept = sum(said.startswith("kept") for said in found.values())
    refused = sum(said.startswith("refused") for said in found.values())
    record_property(
        "proof",
        f"naughty strings: {len(NAUGHTY)} x {len(TEXTS)} texts x 2 engines: {kept} kept as "
        f"filtered, {refused} refused with a sentence, {len(found) - kept - refused} looked up, "
        "no difference, no traceback",
    )


def test_ten_megabytes_are_refused_within_a_second(request, address, nine_o_clock, record_property):
    # Of the processor, so that a busy machine does not speak.
    slowest = 0.0
    with evening(request, "sqlite", address, nine_o_clock) as desk:
        for one in TEXTS:
            for what, typed in TEN_MB.items():
                began = time.process_time()
                said = verdict(desk, one, typed)
                took = time.process_time() - began
                slowest = max(slowest, took)
                # What is only looked up may be nobody's. What a browser says of itself is cut.
                open_too = one.shape == "asked" or one.word == "browser"
                assert said.startswith("refused") or open_too, f"{one} took {what}: {said[:200]}"
                assert len(said) < 1000, f"{one} tells {what} all over: {said[:200]}"
                assert took < 1, f"{one} looked at {what} for {took:.2f} s"
    record_property("proof", f"10 MB: {len(TEN_MB)} kinds x {len(TEXTS)} texts, {slowest:.3f} s")


# Nothing is left out


def test_every_text_of_every_verb_is_tried_or_is_not_typed():
    tried = {str(one) for one in TEXTS}
    told = {
        f"{name}.{word}"
        for name, verb in verbs().items()
        for word in words_of(verb)
        if word not in NOT_TYPED and SAME_AS.get(name) is None
    }

    assert told - tried == set()
    assert tried - told == {"money.read_rupees.typed", "read_feed.token"}
    assert set(SAME_AS) <= set(verbs())


def text_columns() -> set[str]:
    """Every column of the house that holds text, but words of a fixed list."""
    return {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | AutoString) and not isinstance(column.type, Enum)
    }


def test_every_column_of_text_is_filled_by_a_text_that_is_tried(request, address, nine_o_clock):
    filled = set()
    with evening(request, "sqlite", address, nine_o_clock) as desk:
        for one in TEXTS:
            undo = desk.db.begin_nested()
            with suppress(Refusal):
                given = one.give(desk, PLAUSIBLE.get(one.word.rpartition(".")[2], "Rest"))
                if given:
                    filled.add(f"{given[0].__tablename__}.{given[1]}")
            undo.rollback()
            desk.db.info.clear()
    left = {name for name in text_columns() - filled if name not in COPIED}

    assert {name for name in left if not MADE.fullmatch(name.partition(".")[2])} == set()


# The filter and the engine's own door


class TooLong(str):
    """A text of ten million characters that nobody may look at."""

    def __len__(self) -> int:
        return 10_000_000

    def __getattribute__(self, word: str) -> object:
        raise AssertionError(f"{word} of a text that is too long")

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("a text that is too long was read")


@pytest.mark.parametrize("keep", [text.line, text.note, text.needed, text.needed_note])
def test_the_filter_looks_at_the_length_before_anything_else(keep):
    with pytest.raises(TextTooLong):
        keep(TooLong(), field="Name")


def test_no_text_reaches_an_engine_that_one_of_them_could_not_hold(house):
    for typed in ("a\0b", "\ud800", "a\udfff", "नमस्ते\0"):
        with reading() as db, pytest.raises(TextNotKept):
            db.exec(select(Patient).where(Patient.name == typed)).all()
    with reading() as db, pytest.raises(TextTooLong):
        db.exec(select(Patient).where(Patient.name == "x" * (text.LONGEST + 1))).all()


def test_what_both_engines_hold_passes_their_door(house):
    for typed in ("", "Asha", "नमस्ते\n", "\U0001f600", "\ufffe", "x" * text.LONGEST):
        with reading() as db:
            assert db.exec(select(Patient).where(Patient.name == typed)).all() == []


def test_without_their_door_the_engines_would_differ(house):
    engine = database.engine()
    differs = nullcontext() if engine.dialect.name == "sqlite" else pytest.raises(DataError)
    event.remove(engine, "before_cursor_execute", database._look_at_texts)
    try:
        with differs, reading() as db:
            db.exec(select(Patient).where(Patient.name == "a\0b")).all()
    finally:
        event.listen(engine, "before_cursor_execute", database._look_at_texts)


@pytest.mark.parametrize("typed", ["x" * 10_000_000, "9" * 10_000_000, "@" * 10_000_000])
def test_a_doubt_about_ten_megabytes_is_none(typed):
    began = time.perf_counter()

    assert contact.doubt(typed, known="desk@jmi-hospital.example.org") == ""
    assert time.perf_counter() - began < 1
