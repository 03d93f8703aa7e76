"""What the self-check is made of: a promise, the rows that break it, and how they are found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import column, select
from sqlalchemy import text as sql
from sqlmodel import Session

# So many breaches of a rule are named; one is enough to turn it red.
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """What came of one rule: the promise, and the rows that break it."""

    rule: str
    promise: str
    breaches: tuple[str, ...]

    @property
    def green(self) -> bool:
        """Whether nothing breaks the rule."""
        return not self.breaches


@dataclass(frozen=True)
class Proof:
    """A promise in the desk's words, and what finds the rows that break it."""

    rule: str
    promise: str
    breaches: Callable[[Session], Iterator[str]]

    def ask(self, db: Session) -> Finding:
        """Look for breaches in the live database, as far as the first few."""
        few = zip(range(SHOWN), self.breaches(db), strict=False)
        return Finding(self.rule, self.promise, tuple(breach for _, breach in few))


def by_query(rule: str, promise: str, query: str) -> Proof:
    """A proof by one statement, whose only column, `breach`, names the row."""

    def breaches(db: Session) -> Iterator[str]:
        found = sql(query).columns(column("breach")).subquery()
        yield from map(str, db.execute(select(found.c.breach).limit(SHOWN)).scalars())

    return Proof(rule, promise, breaches)
