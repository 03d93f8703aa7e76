"""What the self-check found: a sentence for all, a line for each rule."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from mediklaud import safe_start
from mediklaud.check_pdf import check_pdf
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.statements import CheckLine, CheckReport, SeriesLine
from mediklaud.ui import downloads, show
from mediklaud.ui.plain import plain


def with_the_start(report: CheckReport) -> CheckReport:
    """The report with one line more: whether this server could start safely again."""
    found = safe_start.check_start()
    line = CheckLine(found.rule, found.promise, found.breaches)
    return replace(report, lines=(*report.lines, line))


def summary(found: Sequence[CheckLine], at: str) -> None:
    """Whether the house is green, and when that was."""
    red = sum(not finding.green for finding in found)
    if red:
        st.error(
            f"Broken rules: {red} of {len(found)}. Checked on {plain(at)}. Tell the "
            "administrator, and keep a backup of the database as it is now.",
            icon=":material/gpp_maybe:",
        )
    else:
        st.success(
            f"All {len(found)} rules hold. Checked on {plain(at)}.", icon=":material/verified:"
        )


def listed(found: Sequence[CheckLine]) -> None:
    """A line for each rule, broken ones first, with up to five rows that break it."""
    with st.container(border=True):
        for finding in sorted(found, key=lambda finding: finding.green):
            st.markdown(_line(finding))


def _line(finding: CheckLine) -> str:
    mark = ":green[:material/check_circle:]" if finding.green else ":red[:material/cancel:]"
    rows = "".join(f"\n- {plain(breach)}" for breach in finding.breaches)
    name = plain(finding.rule[:1].upper() + finding.rule[1:])
    return f"{mark} **{name}**: {plain(finding.promise)}{rows}"


def print_button(report: CheckReport) -> None:
    """The very findings on the screen as a paper for the auditor, drawn when it is asked for."""
    downloads.button(
        "Print for the auditor",
        downloads.shown(report, Deed.CHECK_HOUSE),
        check_pdf,
        name=f"self-check-{report.issued_on}.pdf",
        key="self-check-pdf",
    )


def series(found: Sequence[SeriesLine]) -> None:
    """The numbers given in each series and financial year."""
    st.subheader("Numbers given", anchor=False)
    if not found:
        st.caption("No paper was issued yet.")
        return
    rows = [
        {
            "Papers": line.paper,
            "From number": line.first,
            "To number": line.last,
            "Count": line.count,
            "Total": rupees(line.total_paise),
        }
        for line in found
    ]
    show.table(rows, alt="Numbers given", height="content")
