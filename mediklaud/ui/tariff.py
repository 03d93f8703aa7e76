"""Services as finance keeps and bills them: the list, the fields, prices and the bill's items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from mediklaud.models import Service
from mediklaud.money import rupees, tax_on
from mediklaud.registers import SAC_CONSULTATION
from mediklaud.repository import Item, PricedService, ServiceForm
from mediklaud.ui import choose, pick
from mediklaud.ui.desk import beside, fresh_forms, shown_before
from mediklaud.ui.plain import plain

_USUAL_TAX = 18.0


def table(found: Sequence[PricedService]) -> PricedService | None:
    """Every service with its price of today; the one whose row is chosen."""
    if not found:
        st.info("There is no service yet. Add the first one.", icon=":material/medical_services:")
        return None
    rows = [_row(one) for one in found]
    return pick.row(rows, found, [one.service.id or 0 for one in found], alt="Services")


def _row(one: PricedService) -> dict[str, object]:
    kept = one.service
    return {
        "Service": kept.name,
        "Price today": price_words(one),
        "GST": tax_words(kept),
        "SAC": kept.sac,
        "State": "Offered" if kept.active else "No more",
    }


def price_words(one: PricedService) -> str:
    """What a service costs today, before tax."""
    return "no price yet" if one.price_paise is None else rupees(one.price_paise)


def tax_words(kept: Service) -> str:
    """The tax of a service."""
    return f"{kept.tax_basis_points / 100:g} %" if kept.taxable else "exempt"


def fields(form: str, kept: Service | None = None) -> ServiceForm:
    """The fields of a service, filled with what is kept."""
    name = choose.words("Service", form, value=kept.name if kept else "", placeholder="X-ray, …")
    left, right = st.columns(2, vertical_alignment="top")
    with left:
        sac = choose.words("SAC", form, value=kept.sac if kept else SAC_CONSULTATION)
    with right:
        tax = _tax(form, kept)
    active = choose.yes("Offered", form, kept.active) if kept else True
    return ServiceForm(name, sac, tax, active)


def _tax(form: str, kept: Service | None) -> int:
    """Whether GST is due, and how much, in hundredths of a per cent."""
    key = f"{form}/Taxable"
    taxable = st.toggle("Taxable", kept.taxable if kept else False, key=key, help=_EXEMPT)
    percent = 0.0
    if taxable:
        value = kept.tax_basis_points / 100 if kept and kept.taxable else _USUAL_TAX
        key = f"{form}/Tax"
        percent = st.number_input(
            "Tax", 0.0, 100.0, value, 0.5, "%.2f", key=key, help="Per cent of the price"
        )
    beside("Tax")
    return round(100 * percent)


_EXEMPT = "Health care is exempt from GST; cosmetic surgery, rooms above a limit and goods are not."


def version_shown(kept: Service, form: str) -> int:
    """The version of the service with which this form was first filled in."""
    version = int(st.session_state.setdefault(f"{form}/version", kept.version))
    if version != kept.version:
        st.warning("Somebody changed this service meanwhile.", icon=":material/sync_problem:")
        st.button("Show it as it is now", on_click=fresh_forms, icon=":material/refresh:")
    return version


def price(form: str, today: date, *, value_paise: int | None = None) -> tuple[str, date | None]:
    """A price before tax, and the day it begins."""
    left, right = st.columns(2)
    with left:
        typed = choose.amount("Price", form, value_paise=value_paise)
    with right:
        day = choose.day("From", form, value=today, first=today)
    return typed, day


@dataclass(frozen=True)
class _Row:
    one: PricedService
    quantity: int
    # The price and the rate of tax with which the service was last shown.
    shown: tuple[int, int]

    @property
    def amount_paise(self) -> int:
        return self.quantity * (self.one.price_paise or 0)

    @property
    def tax_paise(self) -> int:
        return tax_on(self.amount_paise, self.one.service.tax_basis_points)

    @property
    def shown_paise(self) -> int:
        amount_paise = self.quantity * self.shown[0]
        return amount_paise + tax_on(amount_paise, self.shown[1])


def items(form: str, offered: Sequence[PricedService]) -> tuple[list[Item], int]:
    """Which services and how many of each, and what they come to at the prices last shown.

    The prices are kept and not their sum, so that whoever types a number and clicks at once is
    not refused.
    """
    known = {one.service.id: one for one in offered}
    prices = {key: _price(one) for key, one in known.items()}
    before = shown_before(f"{form}/prices", prices)
    chosen = st.multiselect(
        "Service",
        list(known),
        format_func=lambda which: _offer(known[which]) if which in known else "",
        key=f"{form}/Service",
        placeholder="Choose one or more …",
    )
    beside("Service")
    rows = [
        _Row(known[one], _quantity(form, known[one]), before.get(one, prices[one]))
        for one in chosen
        if one in known
    ]
    beside("Quantity")
    if rows:
        _sums(rows)
    billed = [Item(row.one.service, row.quantity) for row in rows]
    return billed, sum(row.shown_paise for row in rows)


def _price(one: PricedService) -> tuple[int, int]:
    return one.price_paise or 0, one.service.tax_basis_points


def _offer(one: PricedService) -> str:
    return f"{one.service.name} · {price_words(one)}"


def _quantity(form: str, one: PricedService) -> int:
    label = plain(f"How many: {one.service.name}")
    return int(st.number_input(label, 1, 9_999, 1, key=f"{form}/quantity/{one.service.id}"))


def _sums(rows: Sequence[_Row]) -> None:
    tax = sum(row.tax_paise for row in rows)
    whole = sum(row.amount_paise for row in rows) + tax
    with_tax = f", with {rupees(tax)} of GST" if tax else ""
    st.markdown(f"The bill comes to **{plain(rupees(whole))}**{plain(with_tax)}")
