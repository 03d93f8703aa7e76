"""Pure: the languages letters are written in: one file of words each, under templates/."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from mediklaud import clock

TEMPLATES = Path(__file__).parent / "templates"
# Whoever chose nothing, and whoever's language has no file any more, is written to in this one.
USUAL = "en"

Words = dict[str, Any]


@cache
def languages() -> dict[str, str]:
    """Every language there is a file for, by its code (ISO 639), with its own name."""
    codes = sorted(path.stem for path in TEMPLATES.glob("*.toml"))
    codes.sort(key=lambda code: code != USUAL)
    return {code: str(_file(code)["name"]) for code in codes}


def words_in(language: str) -> Words:
    """The words of a language, those of English where it has no file."""
    return _file(language if language in languages() else USUAL)


@cache
def _file(code: str) -> Words:
    return tomllib.loads((TEMPLATES / f"{code}.toml").read_text(encoding="utf-8"))


def moment_words(moment: datetime, zone: str, language: str) -> str:
    """Day and hour of the zone's wall clock, with the zone's name, as a letter says them."""
    words, at = words_in(language), clock.local(moment, zone)
    part = [said for hour, said in words["parts_of_day"] if hour <= at.hour][-1]
    return str(words["moment"]).format(
        weekday=words["weekdays"][at.weekday()],
        day=at.day,
        month=words["months"][at.month - 1],
        year=at.year,
        clock=f"{at.hour % 12 or 12}:{at.minute:02d}",
        part=part,
        zone=at.tzname(),
    )


def zone_words(zone: str, language: str) -> str:
    """What people call the zone; its name in the tz database where nobody wrote that down."""
    return str(words_in(language)["zones"].get(zone, zone))
