"""Hot statements: the driver's own cursor brings, writes and refuses what SQLAlchemy would."""

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from mediklaud import hot
from mediklaud.database import broken_rule, engine, transaction
from mediklaud.errors import TextNotKept
from mediklaud.hot import Hot, among
from tests.day import live_through_a_day

_TABLES = SQLModel.metadata.tables
_SERIES, _HOLIDAY = _TABLES["number_series"], _TABLES["holiday"]
_OPEN = Hot(insert(_SERIES))
_LAST = Hot(select(_SERIES.c.last).where(_SERIES.c.name == bindparam("series")))
_NEW = {"name": "trial", "last": 7}


def last(db, series):
    return _LAST.first(db, {"series": series})


def test_every_column_comes_back_as_sqlalchemy_brings_it(house, nine_o_clock):
    live_through_a_day(nine_o_clock)
    seen = 0
    with transaction() as db:
        for table in SQLModel.metadata.sorted_tables:
            rows = Hot(select(*table.c)).rows(db, {})
            assert rows == [tuple(row) for row in db.execute(select(*table.c))], table.name
            seen += len(rows)

    assert seen > 100


def test_every_value_is_given_as_sqlalchemy_gives_it(house, nine_o_clock):
    """A row is found by all of its values, so each was given as it stands in the database."""
    live_through_a_day(nine_o_clock)
    tried = 0
    with transaction() as db:
        for table in SQLModel.metadata.sorted_tables:
            row = db.execute(select(*table.c).limit(1)).first()
            if row is None:
                continue
            told = {word: value for word, value in row._mapping.items() if value is not None}
            all_of_it = [table.c[word] == bindparam(f"the_{word}") for word in told]
            given = {f"the_{word}": value for word, value in told.items()}
            found = Hot(select(*table.c).where(*all_of_it)).first(db, given)
            assert found == tuple(row), table.name
            tried += 1

    assert tried > 10


def test_a_row_goes_back_with_the_deeds_own_transaction(house):
    with Session(engine()) as db:
        _OPEN.rows(db, _NEW)
        assert last(db, "trial") == (7,)
        db.rollback()

        assert last(db, "trial") is None


def test_what_a_savepoint_undoes_a_hot_statement_undoes_too(house):
    with transaction() as db:
        _OPEN.rows(db, {**_NEW, "name": "before"})
        undo = db.begin_nested()
        _OPEN.rows(db, {**_NEW, "name": "within"})
        undo.rollback()
        _OPEN.rows(db, {**_NEW, "name": "after"})

        assert [last(db, one) for one in ("before", "within", "after")] == [(7,), None, (7,)]


def test_a_breach_is_sqlalchemys_and_names_its_rule(house):
    with pytest.raises(IntegrityError) as breach, transaction() as db:
        _OPEN.rows(db, {**_NEW, "last": -1})

    assert broken_rule(breach.value) == "last_number_is_whole"


@pytest.mark.parametrize("typed", ["a\0b", "\ud800", "नमस्ते\0"])
def test_the_door_of_texts_is_the_same(house, typed):
    with transaction() as db, pytest.raises(TextNotKept):
        last(db, typed)


def test_a_gap_without_a_value_is_a_mistake_and_not_an_empty_answer(house):
    with transaction() as db, pytest.raises(AssertionError, match="series"):
        _LAST.rows(db, {})


def test_a_change_brings_back_what_it_returns(house):
    take = Hot(
        update(_SERIES)
        .where(_SERIES.c.name == bindparam("series"))
        .values(last=_SERIES.c.last + 1)
        .returning(_SERIES.c.last)
    )
    with transaction() as db:
        _OPEN.rows(db, _NEW)

        assert [take.first(db, {"series": "trial"}) for _ in range(2)] == [(8,), (9,)]


def test_a_listener_hears_of_each_statement(house, monkeypatch):
    heard = []
    monkeypatch.setattr(hot, "listeners", [lambda statement, values: heard.append(statement)])
    with transaction() as db:
        last(db, "trial")

    assert [words for words in heard if "number_series" in words] == heard[-1:]


@pytest.mark.parametrize("wanted", [[], ["trial"], ["trial", "second"], ["trial", "nobody's"]])
def test_the_rows_among_ids_are_those_that_in_brings(house, wanted):
    account = _TABLES["account"]
    among_them = Hot(select(account.c.id).where(among(account.c.id, "ids")).order_by("id"))
    with transaction() as db:
        known = dict(
            zip(("trial", "second"), db.execute(select(account.c.id)).scalars(), strict=False)
        )
        ids = [known.get(one, 99_999) for one in wanted]
        found = among_them.rows(db, {"ids": ids})

        plain = select(account.c.id).where(account.c.id.in_(ids)).order_by("id")
        assert found == [tuple(row) for row in db.execute(plain)]
        assert len(found) == len([one for one in wanted if one in known])


def test_a_list_that_is_worded_anew_for_its_values_is_a_mistake(house):
    anew = Hot(select(_SERIES.c.last).where(_SERIES.c.name.in_(bindparam("few", expanding=True))))
    with transaction() as db, pytest.raises(AssertionError, match="worded anew"):
        anew.rows(db, {"few": ["trial"]})
