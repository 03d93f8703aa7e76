"""What the pages of accounts share: roles, the doctor behind an account, a code given once."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from sqlmodel import Session

from mediklaud.models import Account, Doctor, Role
from mediklaud.money import read_rupees, rupees
from mediklaud.passwords import is_kept
from mediklaud.repository import set_discount_limit
from mediklaud.ui import choose, sums
from mediklaud.ui.desk import beside, carried, carry, fresh_forms, record, say, submission_id
from mediklaud.ui.menu import ROLE_WORDS
from mediklaud.ui.plain import plain

LIMIT = "Discount limit"
_HANDED_OVER = "code-to-hand-over"
Staff = Sequence[tuple[Account, frozenset[Role]]]


def account_words(account: Account) -> str:
    """An account in a line."""
    return f"{account.name} · {account.username}{'' if account.active else ' · disabled'}"


def role_words(roles: frozenset[Role]) -> str:
    """The roles in the order of the house."""
    return ", ".join(ROLE_WORDS[role] for role in Role if role in roles) or "none"


def listed(
    staff: Staff, doctors: Mapping[int | None, Doctor], secured: frozenset[int] = frozenset()
) -> None:
    """Accounts as a table."""
    rows = [
        {
            "Username": account.username,
            "Name": account.name,
            "Roles": role_words(roles),
            "State": _state(account),
            "Second factor": "yes" if account.id in secured else "",
            "Doctor": doctors[account.doctor_id].number if account.doctor_id else "",
            "Discount limit": rupees(account.discount_limit_paise),
            "Email": account.email or "",
        }
        for account, roles in staff
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=sums.at_most(len(rows)),
        # The roles of one person may be several; the first rows do not tell how wide that is.
        column_config={"Roles": st.column_config.Column(width=222)},
        alt="Accounts",
    )


def _state(account: Account) -> str:
    if not account.active:
        return "Disabled"
    if not is_kept(account.password_hash):
        return "No password yet"
    return "Active"


def roles_and_doctor(
    form: str,
    doctors: Mapping[int | None, Doctor],
    held: frozenset[Role] = frozenset(),
    doctor_id: int | None = None,
) -> tuple[frozenset[Role], int | None]:
    """The roles, and the doctor whose account it is; asked for only with the role of doctor."""
    roles = st.multiselect(
        "Roles",
        list(Role),
        [role for role in Role if role in held],
        format_func=ROLE_WORDS.__getitem__,
        key=f"{form}/Roles",
        placeholder="Choose one or more …",
    )
    beside("Roles")
    if Role.DOCTOR not in roles:
        return frozenset(roles), None

    def shown(found: int | None) -> str:
        doctor = doctors[found]
        return f"{doctor.name} · {doctor.specialty} · {doctor.number}"

    chosen = choose.one("Doctor", list(doctors), form, shown=shown, chosen=doctor_id)
    return frozenset(roles), chosen


def email(form: str, account: Account) -> str:
    """The email of an account, which single sign-on matches."""
    hint = "Single sign-on matches the account by it; another one is matched anew."
    return choose.words("Email", form, value=account.email or "", hint=hint)


def chosen(staff: Staff) -> tuple[Account, frozenset[Role]]:
    """The account to change, with the roles it holds; the page stops until one is chosen."""
    by_id = {account.id: (account, roles) for account, roles in staff}

    def shown(account_id: int | None) -> str:
        return account_words(by_id[account_id][0])

    account_id = st.selectbox(
        "Account",
        list(by_id),
        index=None,
        format_func=shown,
        key="account-chosen",
        placeholder="Type a piece of the name, or choose …",
        on_change=fresh_forms,
    )
    if account_id is None:
        st.stop()
    return by_id[account_id]


def discount_limit(account: Account, me: Account) -> None:
    """How much of one bill this account may discount at once, set by another person."""
    form = submission_id(f"limit/{account.id}")
    with st.container(border=True):
        st.write("So much may be taken off one bill at once. More is a waiver for two people.")
        if account.id == me.id:
            now = plain(rupees(account.discount_limit_paise))
            st.caption(f"Your own limit is {now}; another administrator sets it.")
            return
        typed = choose.amount(LIMIT, form, value_paise=account.discount_limit_paise)
        asked = st.button("Set the limit", key=f"{form}/set", icon=":material/percent:")
    if asked:
        with record() as db:
            kept = set_discount_limit(db, account, read_rupees(typed, field=LIMIT), by=me)
            say(db, f"{kept.name} may discount {rupees(kept.discount_limit_paise)} of one bill.")


def give(db: Session, account: Account, code: str) -> None:
    """Show a code once the deed is written."""
    carry(db, **{_HANDED_OVER: {"username": account.username, "code": code}})


def hand_over(form: str) -> None:
    """The code just issued, until the next deed or another page; it is kept nowhere."""
    given = carried(_HANDED_OVER, form)
    if given is None:
        return
    with st.container(border=True):
        st.markdown(f"**One-time code of {plain(given['username'])}**")
        st.code(given["code"], language=None, width="content")
        st.caption(
            "Hand it over now: it is shown this once and kept nowhere. It works once, within "
            "30 minutes: at the sign-in form, *I have a code*, the person chooses the own "
            "password."
        )
