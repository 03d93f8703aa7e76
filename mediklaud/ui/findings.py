"""What the self-check found: a sentence for all, a line for each rule."""

from collections.abc import Sequence

import streamlit as st

from mediklaud import safe_start
from mediklaud.repository import Finding
from mediklaud.ui.plain import plain


def of_the_start() -> Finding:
    """Whether this server could start safely again, as it stands now."""
    return safe_start.check_start()


def summary(found: Sequence[Finding], at: str) -> None:
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


def listed(found: Sequence[Finding]) -> None:
    """A line for each rule, broken ones first, with up to five rows that break it."""
    with st.container(border=True):
        for finding in sorted(found, key=lambda finding: finding.green):
            st.markdown(_line(finding))


def _line(finding: Finding) -> str:
    mark = ":green[:material/check_circle:]" if finding.green else ":red[:material/cancel:]"
    rows = "".join(f"\n- {plain(breach)}" for breach in finding.breaches)
    name = plain(finding.rule[:1].upper() + finding.rule[1:])
    return f"{mark} **{name}**: {plain(finding.promise)}{rows}"
