"""The menu: each role's pages, in the order of its day."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from mediklaud.config import ROOT
from mediklaud.models import Account, Role
from mediklaud.ui import holding
from mediklaud.ui.desk import fresh_forms
from mediklaud.ui.plain import plain
from mediklaud.ui.sign_in import sign_out
from mediklaud.ui.single_sign_on import leave

ROLE_WORDS = {
    Role.CMO: "Chief Medical Officer",
    Role.REGISTRAR: "Registrar",
    Role.FRONT_DESK: "Front desk",
    Role.DOCTOR: "Doctor",
    Role.FINANCE: "Finance",
    Role.ADMINISTRATOR: "Administrator",
}

# Section, then (file under pages/, title, icon, the roles whose menu has it).
_STAFF = (Role.CMO, Role.REGISTRAR)
_SECTIONS: dict[str, tuple[tuple[str, str, str, tuple[Role, ...]], ...]] = {
    "Front desk": (
        ("front_desk/book", "Book an appointment", "event_available", (Role.FRONT_DESK,)),
        ("front_desk/day", "The day's appointments", "today", (Role.FRONT_DESK,)),
        ("front_desk/waitlist", "Waitlist", "hourglass_top", (Role.FRONT_DESK,)),
        ("front_desk/queue", "The queue", "groups", (Role.FRONT_DESK,)),
        ("front_desk/board", "Waiting room's board", "tv", (Role.FRONT_DESK,)),
        ("front_desk/enroll", "Enroll a patient", "person_add", (Role.FRONT_DESK,)),
        ("front_desk/edit_patient", "Edit a patient", "manage_accounts", (Role.FRONT_DESK,)),
        ("front_desk/waivers", "Waivers I asked for", "percent", (Role.FRONT_DESK,)),
        ("front_desk/relocations", "Patients to move", "event_repeat", (Role.FRONT_DESK, *_STAFF)),
    ),
    "Doctor": (
        ("doctor/today", "Today's consultations", "stethoscope", (Role.DOCTOR,)),
        ("doctor/week", "My week", "calendar_view_week", (Role.DOCTOR,)),
        ("doctor/patient", "My patients", "clinical_notes", (Role.DOCTOR,)),
    ),
    "Finance": (
        ("finance/dues", "Outstanding dues", "account_balance_wallet", (Role.FINANCE,)),
        ("finance/gate", "Patients on hold", "front_hand", (Role.FINANCE,)),
        ("finance/payment", "Take a payment", "payments", (Role.FINANCE,)),
        ("finance/bill_services", "Bill services", "add_shopping_cart", (Role.FINANCE,)),
        ("finance/papers", "Bills and receipts", "receipt_long", (Role.FINANCE,)),
        ("finance/plans", "Payment plans", "calendar_month", (Role.FINANCE,)),
        ("finance/waivers", "Discounts and waivers", "percent", (Role.FINANCE, Role.CMO)),
        ("finance/close", "Close the day", "lock_clock", (Role.FINANCE,)),
        ("cmo/closed_days", "Closed days", "lock_open", (Role.CMO,)),
        ("finance/summaries", "Billing summaries", "monitoring", (Role.FINANCE, Role.CMO)),
        ("finance/shares", "Doctors' shares", "pie_chart", (Role.FINANCE, Role.CMO)),
        ("finance/tariff", "Services and prices", "sell", (Role.FINANCE, Role.CMO)),
    ),
    "Doctors": (
        ("cmo/register_doctor", "Register a doctor", "badge", _STAFF),
        ("cmo/edit_doctor", "Edit a doctor", "edit_note", _STAFF),
        ("cmo/sessions", "Weekly sessions", "schedule", _STAFF),
        ("cmo/leave", "Leave", "beach_access", _STAFF),
        ("cmo/holidays", "Holidays", "flag", _STAFF),
        ("cmo/registrars", "Registrars", "how_to_reg", (Role.CMO,)),
        ("cmo/break_glass", "Break-glass review", "policy", (Role.CMO,)),
        ("cmo/export", "Export a record", "folder_zip", (Role.CMO,)),
    ),
    "Hospital": (
        ("administrator/accounts", "Accounts and roles", "group", (Role.ADMINISTRATOR,)),
        ("administrator/letters", "Letters", "mail", (Role.ADMINISTRATOR,)),
        ("administrator/audit", "Audit log", "history", (Role.CMO, Role.ADMINISTRATOR)),
        ("administrator/settings", "Settings", "settings", (Role.ADMINISTRATOR,)),
        (
            "administrator/self_check",
            "Self-check",
            "verified",
            (Role.CMO, Role.FINANCE, Role.ADMINISTRATOR),
        ),
    ),
}


def page_file(name: str) -> Path:
    """The file of a page, such as finance/dues."""
    return ROOT / "pages" / f"{name}.py"


def url_of(name: str) -> str:
    """The address of a page: role and task, such as finance-dues."""
    return name.replace("/", "-").replace("_", "-")


def page_of(name: str, title: str, icon: str, *, default: bool = False) -> Page:
    """A page of the menu, at its URL."""
    return st.Page(
        page_file(name),
        title=title,
        icon=f":material/{icon}:",
        url_path="" if default else url_of(name),
        default=default,
    )


def pages_of(roles: frozenset[Role]) -> dict[str, list[Page]]:
    """The sections of a person's menu, home first."""
    menu = {"": [page_of("home/today", "Home", "home", default=True)]}
    for section, entries in _SECTIONS.items():
        mine = [page_of(*entry[:3]) for entry in entries if roles & set(entry[3])]
        if mine:
            menu[section] = mine
    menu["Account"] = [page_of("home/account", "My account", "account_circle")]
    return menu


def every_page() -> list[Page]:
    """Every page by its URL, under no title of its own."""
    names = [entry[0] for entries in _SECTIONS.values() for entry in entries]
    others = [page_of(name, "MediKlaud", "home") for name in (*names, "home/account")]
    return [page_of("home/today", "MediKlaud", "home", default=True), *others]


def run_menu(me: Account, roles: frozenset[Role]) -> Page:
    """Draw the menu and the way out; returns the page to run."""
    # Nobody looks for the own page behind "View more".
    page = st.navigation(pages_of(roles), expanded=True)
    if st.session_state.get("_page") != page.url_path:
        st.session_state["_page"] = page.url_path
        fresh_forms()
        holding.let_go()
    with st.sidebar:
        held = ", ".join(ROLE_WORDS[role] for role in Role if role in roles)
        st.caption(f"{plain(me.name)}  \n{held}")
        if st.button("Sign out", icon=":material/logout:", width="stretch"):
            sign_out()
            leave()
            st.rerun()
    return page
