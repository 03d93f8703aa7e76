"""Attempts on the rules of break-glass, past the repository; test_constraints tries them all."""

from datetime import timedelta

from tests.breach import Statement, copy, sql

HOUR = timedelta(hours=1)
_REVIEWED, _WAITING = "reviewed_at IS NOT NULL", "reviewed_at IS NULL"
_NEW = {"id": 99, "form": "new"}

CHECKS: tuple[tuple[str, Statement], ...] = (
    ("glass_reason_is_known", copy("break_glass", _WAITING, **_NEW, reason="curious")),
    (
        "a_glass_closes_after_it_is_broken",
        copy("break_glass", _WAITING, **_NEW, expires_at=lambda row: row["broken_at"]),
    ),
    ("another_reason_is_told_in_words", copy("break_glass", **_NEW, reason="other", words=" ")),
    ("a_review_says_who_and_what", copy("break_glass", _REVIEWED, **_NEW, reviewed_by=None)),
    (
        "a_glass_is_reviewed_after_it_is_broken",
        copy("break_glass", _REVIEWED, **_NEW, reviewed_at=lambda row: row["broken_at"] - HOUR),
    ),
    (
        "nobody_reviews_their_own_glass",
        copy("break_glass", _REVIEWED, **_NEW, reviewed_by=lambda row: row["account_id"]),
    ),
    ("a_reviews_note_is_not_blank", copy("break_glass", _REVIEWED, **_NEW, review_note=" ")),
)

UNIQUES: tuple[tuple[str, Statement], ...] = (
    ("a_second_click_is_the_same_glass", copy("break_glass", _WAITING, id=99)),
)

# The rule, the event, and statements of which the last one is the breach.
GUARDED: tuple[tuple[str, str, tuple[Statement, ...]], ...] = (
    (
        "broken_glass_is_frozen",
        "UPDATE",
        (sql(f"UPDATE break_glass SET words = 'x' WHERE {_WAITING}"),),
    ),
    (
        "a_glass_is_reviewed_once",
        "UPDATE",
        (sql(f"UPDATE break_glass SET review_note = 'x' WHERE {_REVIEWED}"),),
    ),
    ("broken_glass_is_never_deleted", "DELETE", (sql("DELETE FROM break_glass"),)),
)
