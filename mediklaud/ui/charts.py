"""Sums as charts: rupees only here, since an axis counts in fractions anyway."""

from typing import Any

import altair
import pandas as pd
import streamlit as st

from mediklaud.money import rupees

# The older, the warmer; read on white and on black.
AGE_COLOURS = ("#129287", "#b7791f", "#d9661a", "#d6453a")
NOW, BEFORE = "#129287", "#8a9a96"
MOST_BARS = 12
FEW_BARS = 4
# The Indian way up an axis: 500, 50,000, 5 lakh, 5 crore.
_AXIS = (
    "'₹' + (abs(datum.value) >= 1e7 ? format(datum.value / 1e7, '~r') + ' crore'"
    " : abs(datum.value) >= 1e5 ? format(datum.value / 1e5, '~r') + ' lakh'"
    " : format(datum.value, ',.0f'))"
)


def bars(frame: pd.DataFrame, word: str, sums: str, *, alt: str) -> None:
    """One sum for each name, the largest on top; names are shown as they are."""
    largest = frame.head(MOST_BARS)
    chart = (
        altair.Chart(largest.assign(rupees=largest[sums] / 100, told=largest[sums].map(rupees)))
        .mark_bar(cornerRadiusEnd=4, height={"band": 0.7})
        .encode(
            x=_across(),
            y=_down(word),
            tooltip=[_tip(word, ""), _tip("told", "Sum")],
        )
    )
    st.altair_chart(chart.properties(height=44 + 34 * len(largest)), alt=alt)
    if len(frame) > MOST_BARS:
        st.caption(f"The {MOST_BARS} largest of {len(frame)}. The table has them all.")


def both_sides(summary: pd.DataFrame, word: str, *, alt: str) -> None:
    """What was billed beside what was received, for each day, week or month."""
    sides = {"billed_paise": "Billed", "received_paise": "Received"}
    long = summary.rename(columns=sides).melt(word, list(sides.values()), "side", "paise")
    format_words = _format_of(word)
    chart = (
        altair.Chart(long.assign(rupees=long["paise"] / 100, told=long["paise"].map(rupees)))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=_along(word, format_words, len(summary)),
            xOffset="side:N",
            y=_up(),
            color=_sides(list(sides.values())),
            tooltip=[_tip("side", ""), _day_tip(word, format_words), _tip("told", "Sum")],
        )
    )
    st.altair_chart(chart.properties(height=300), alt=alt)


def ageing(frame: pd.DataFrame, *, alt: str) -> None:
    """What is owed by the age of the bill, from reports.ageing: a bar for each age."""
    ages = frame["age"].tolist()
    told = frame.assign(
        rupees=frame["owed_paise"] / 100,
        told=frame["owed_paise"].map(rupees),
        counted=[f"{bills:,}" for bills in frame["bills"]],
    )
    colour = altair.Color(
        "age:N", sort=ages, scale=altair.Scale(domain=ages, range=AGE_COLOURS), legend=None
    )
    tips = [_tip("age", "Age"), _tip("told", "Owed"), _tip("counted", "Bills")]
    _labelled(told, "age", tips, alt=alt, color=colour)


def parts(frame: pd.DataFrame, word: str, sums: str, *, alt: str) -> None:
    """A sum for each name with its part of the whole, such as what came in by each mode."""
    whole = int(frame[sums].clip(lower=0).sum())
    told = frame.assign(
        rupees=frame[sums] / 100,
        told=[f"{rupees(paise)}{_part(paise, whole)}" for paise in frame[sums].tolist()],
    )
    _labelled(told, word, [_tip(word, ""), _tip("told", "Sum")], alt=alt)


def compared(
    frame: pd.DataFrame, names: tuple[str, str], *, alt: str, word: str = "measure"
) -> None:
    """A period beside the one before it, from reports.compared or side_by_side.

    `names` say which periods: now, and before.
    """
    sides = {"before_paise": names[1], "now_paise": names[0]}
    largest = frame.head(MOST_BARS)
    long = largest.rename(columns=sides).melt(word, list(sides.values()), "side", "paise")
    chart = (
        altair.Chart(long.assign(rupees=long["paise"] / 100, told=long["paise"].map(rupees)))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=_across(),
            y=_down(word),
            yOffset=altair.YOffset("side:N", sort=list(sides.values())),
            color=altair.Color(
                "side:N",
                title=None,
                sort=list(sides.values()),
                scale=altair.Scale(domain=list(sides.values()), range=[BEFORE, NOW]),
                legend=altair.Legend(orient="top"),
            ),
            tooltip=[_tip(word, ""), _tip("side", ""), _tip("told", "Sum")],
        )
    )
    st.altair_chart(chart.properties(height=80 + 56 * len(largest)), alt=alt)


def owed_over_time(summary: pd.DataFrame, word: str, *, alt: str) -> None:
    """What was owed at the end of each day, week or month, from a summary over time."""
    told = summary.assign(
        rupees=summary["owed_paise"] / 100, told=summary["owed_paise"].map(rupees)
    )
    words = _format_of(word)
    chart = (
        altair.Chart(told)
        .mark_line(
            point=len(told) <= 2 * MOST_BARS,
            interpolate="step-after",
            color=NOW,
            strokeWidth=2.5,
        )
        .encode(
            x=altair.X(
                f"{word}:T",
                title=None,
                axis=altair.Axis(format=words, labelOverlap=True, labelAngle=0, tickCount=6),
            ),
            y=_up(),
            tooltip=[_day_tip(word, words), _tip("told", "Owed")],
        )
    )
    st.altair_chart(chart.properties(height=260), alt=alt)


def _labelled(
    told: pd.DataFrame, word: str, tips: list[altair.Tooltip], *, alt: str, **colour: Any
) -> None:
    # Each bar with its sum beside it, so that no axis is needed; a third of the width is for
    # the words.
    most = max(float(told["rupees"].max()), 0.01) if len(told) else 1.0
    least = min(float(told["rupees"].min()), 0.0) if len(told) else 0.0
    scale = altair.Scale(domain=[least, most + (most - least) * 0.6], nice=False)
    base = altair.Chart(told).encode(
        x=altair.X("rupees:Q", title=None, axis=None, scale=scale), y=_down(word), tooltip=tips
    )
    bar = base.mark_bar(cornerRadiusEnd=4, height={"band": 0.6}).encode(**colour)
    # The page's own colour of text, in light and in dark.
    words = base.mark_text(align="left", dx=6, fontSize=13, color="currentColor").encode(
        text="told:N"
    )
    st.altair_chart((bar + words).properties(height=16 + 40 * len(told)), alt=alt)


def _part(paise: int, whole: int) -> str:
    if paise <= 0 or not whole:
        return ""
    tenths = (2000 * paise + whole) // (2 * whole)
    return f" · {tenths // 10}.{tenths % 10} %"


def _format_of(word: str) -> str:
    return "%b %Y" if word == "month" else "%d %b"


def _across() -> altair.X:
    return altair.X("rupees:Q", title=None, axis=altair.Axis(labelExpr=_AXIS, tickCount=3))


def _up() -> altair.Y:
    return altair.Y("rupees:Q", title=None, axis=altair.Axis(labelExpr=_AXIS, tickCount=5))


def _down(word: str) -> altair.Y:
    return altair.Y(f"{word}:N", title=None, sort=None, axis=altair.Axis(labelLimit=150))


def _along(word: str, format_words: str, count: int) -> altair.X:
    axis = altair.Axis(format=format_words, formatType="time", labelOverlap=True, labelAngle=0)
    unit = "yearmonth" if word == "month" else "yearmonthdate"
    # A month or two must not fill the whole width with a few slabs.
    inner, outer = (0.6, 1) if count < FEW_BARS else (0.2, 0.1)
    scale = altair.Scale(paddingInner=inner, paddingOuter=outer)
    return altair.X(f"{unit}({word}):O", title=None, axis=axis, scale=scale)


def _sides(names: list[str]) -> altair.Color:
    return altair.Color("side:N", title=None, sort=names, legend=altair.Legend(orient="top"))


def _tip(word: str, title: str) -> altair.Tooltip:
    return altair.Tooltip(f"{word}:N", title=title)


def _day_tip(word: str, format_words: str) -> altair.Tooltip:
    return altair.Tooltip(f"{word}:T", title=word.capitalize(), format=format_words)
