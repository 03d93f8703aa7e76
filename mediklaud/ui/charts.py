"""Sums as charts: rupees only here, since an axis counts in fractions anyway."""

import altair
import pandas as pd
import streamlit as st

from mediklaud.money import rupees

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
    """What was billed beside what was received, for each day or month."""
    sides = {"billed_paise": "Billed", "received_paise": "Received"}
    long = summary.rename(columns=sides).melt(word, list(sides.values()), "side", "paise")
    format_words = "%b %Y" if word == "month" else "%d %b"
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
