"""The till in Chromium: refused, explained, paid, booked; waivers, a day's close, papers read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, expect, sync_playwright
from sqlmodel import Session, select

from mediklaud import clock, database, migrations
from mediklaud.database import transaction
from mediklaud.models import (
    CreditKind,
    Doctor,
    Invoice,
    Method,
    Patient,
    Role,
    WorkingSession,
)
from mediklaud.repository import (
    CreditLine,
    Item,
    ServiceForm,
    Tender,
    account_named,
    bill_services,
    create_account,
    enroll_patient,
    issue_credit_note,
    keep_service,
    price_service,
    take_payment,
    take_tenders,
)
from mediklaud.repository.credit_lines import creditable_lines
from tests.browser import Desk, Server, chromium, serving
from tests.conftest import assert_house_is_green, move_in
from tests.hospital import BEN, DEV, PASSWORD, ZONE, Ward, open_ward, ward_of
from tests.test_browser import choose_first_time, true_now, words_of
from tests.till import GSTIN, settings

OpenDesk = Callable[..., Desk]
RAO = "Dr Anjali Rao"
# Who stands here besides the cast: a second cashier, and a clerk of two roles.
STAFF = {
    "nila": ("Nila Roy", {Role.FINANCE}),
    "tariq": ("Tariq Anwar", {Role.FRONT_DESK, Role.FINANCE}),
}
GITA = replace(BEN, name="Gita Rane", phone="98860 44444")
# Each service: its price, and its tax in hundredths of a per cent.
SERVICES = {"Dressing": (800_00, 0), "Swab": (7, 1_800), "Brace": (1_250_50, 500)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all desks; every desk has its own cookies."""
    with sync_playwright() as play, chromium(play) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One house for the file, on the true day; the self-check runs at its end."""
    folder = tmp_path_factory.mktemp("till") / "data"
    with pytest.MonkeyPatch.context() as patch:
        move_in(patch, folder)
        migrations.upgrade()
        with transaction() as db:
            open_ward(db)
            _let_all_owe(db, ward_of(db))
        with serving(folder) as running:
            yield running
        assert_house_is_green()
        database.engine().dispose()


def _let_all_owe(db: Session, ward: Ward) -> None:
    """Asha, Ben and Dev owe for services; Nila has taken Gita's payment in cash."""
    for session in db.exec(select(WorkingSession)):
        session.valid_from = clock.today(ZONE)
    settings(db, ward, gstin=GSTIN)
    for username, (name, roles) in STAFF.items():
        create_account(db, username, name, PASSWORD, roles, by=ward.tara)
    dev, gita = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, GITA))
    offered = {}
    for name, (paise, tax) in SERVICES.items():
        typed = ServiceForm(name, tax_basis_points=tax)
        offered[name] = keep_service(db, typed, by=ward.ishaan)
        price_service(db, offered[name], paise, clock.today(ZONE), by=ward.ishaan)

    def bill(patient: Patient, doctor: Doctor, form: str, **items: int) -> None:
        wanted = [Item(offered[name], quantity) for name, quantity in items.items()]
        bill_services(db, patient, doctor, wanted, form=form, by=ward.ishaan)

    bill(ward.asha, ward.rao, "asha-1", Dressing=1)
    bill(ward.asha, ward.iyer, "asha-2", Brace=1)
    bill(ward.ben, ward.rao, "ben", Dressing=1)
    bill(dev, ward.rao, "dev", Dressing=2, Swab=3, Brace=1)
    bill(gita, ward.rao, "gita", Dressing=1)
    nila = account_named(db, "nila")
    take_payment(db, gita, 500_00, Method.CASH, form="gita", by=nila)
    _pay_and_correct(db, ward, dev)


def _pay_and_correct(db: Session, ward: Ward, dev: Patient) -> None:
    """Dev has paid a part in two ways, and a part of two lines was credited."""
    tenders = [
        Tender(300_00, Method.CASH, "", 500_00),
        Tender(200_50, Method.UPI, "632144559981"),
    ]
    take_tenders(db, dev, tenders, form="dev", by=ward.ishaan)
    bill = db.exec(select(Invoice).where(Invoice.payer_id == dev.id)).one()
    dressing, _, brace = creditable_lines(db, bill)
    parts = [CreditLine(dressing.line.id, 800_00), CreditLine(brace.line.id, 50_50)]
    told = (CreditKind.CORRECTION, "Done once, and the smaller brace")
    issue_credit_note(db, bill.number, *told, form="dev", by=ward.ishaan, lines=parts)


@pytest.fixture(scope="module")
def sit(
    browser: Browser, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenDesk]:
    """Somebody's desk with a page open; who sat down once stays signed in."""
    opened: dict[str, Desk] = {}

    def sit(username: str, page: str, head: str = "") -> Desk:
        if username not in opened:
            context = browser.new_context(
                viewport={"width": 1280, "height": 1600}, accept_downloads=True
            )
            desk = opened[username] = Desk(context.new_page())
            desk.page.goto(server.url)
            desk.sign_in(username, PASSWORD)
        opened[username].go(page, head)
        return opened[username]

    yield sit
    kept = tmp_path_factory.mktemp("last-seen")
    for username, desk in opened.items():
        desk.page.screenshot(path=kept / f"{username}.png")
        desk.page.context.close()


def find(desk: Desk, name: str) -> None:
    """Find a patient by the name, whoever was on the line before."""
    another = desk.button("Another patient")
    field = desk.page.get_by_label("Find a patient", exact=True)
    another.or_(field).first.wait_for()
    if another.count():
        another.click()
        field.wait_for()
    desk.type("Find a patient", name)
    desk.page.get_by_role("button", name=re.compile(name)).click()
    desk.button("Another patient").wait_for()
    desk.rest()


def table(desk: Desk, alt: str) -> Locator:
    """A table by what it is called."""
    return desk.page.get_by_test_id("stDataFrame").filter(
        has=desk.page.locator(f'[aria-label="{alt}"]')
    )


def cells(desk: Desk, alt: str) -> list[list[str]]:
    """The cells of a table, row by row."""
    rows = table(desk, alt).locator("tbody tr")
    rows.first.wait_for(state="attached")
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def choose_row(desk: Desk, alt: str, place: int = 0) -> None:
    """Mark a row of a table, at its left end."""
    desk.rest()
    table(desk, alt).click(position={"x": 14, "y": 54 + 35 * place})
    desk.rest()


def today() -> date:
    """The hospital's true day, by which the server lives."""
    return true_now().astimezone(ZoneInfo(ZONE)).date()


def is_booked(desk: Desk, name: str) -> None:
    """Nothing holds the booking back any more."""
    find(desk, name)
    desk.sees("Nothing is owed.")
    desk.press(choose_first_time(desk, RAO, RAO))
    desk.sees(f"{name} is booked: ")


def test_a_booking_refused_for_dues_is_explained_paid_and_booked(sit: OpenDesk) -> None:
    meera = sit("meera", "Book an appointment")
    find(meera, "Asha Menon")
    last = choose_first_time(meera, RAO, RAO)
    # How much, by which rule, whom to ask, and on which bills.
    meera.sees("Routine booking is on hold: ₹2,113.03 is owed.")
    meera.sees("The rule: any bill that is not paid in full.")
    meera.sees("Finance takes the payment or agrees a payment plan")
    meera.sees("a waiver is asked for, and another person decides")
    assert cells(meera, "Open bills") == [
        ["JMI/2627/000001", "₹800.00", today().isoformat()],
        ["JMI/2627/000002", "₹1,313.03", today().isoformat()],
    ]
    expect(meera.button(last)).to_be_disabled()

    ishaan = sit("ishaan", "Take a payment")
    find(ishaan, "Asha Menon")
    ishaan.press("Take payment")
    ishaan.sees("Asha Menon owes nothing any more. Booking is open again")

    is_booked(meera, "Asha Menon")


def test_a_waiver_of_the_front_desk_is_decided_by_another_person(sit: OpenDesk) -> None:
    tariq = sit("tariq", "Book an appointment")
    find(tariq, "Ben Thomas")
    tariq.page.get_by_text("Ask for a waiver", exact=True).click()
    tariq.fill(Amount="800", Reason="Lost work")
    tariq.press("Ask")
    tariq.sees("The waiver is asked for. Another person decides it")
    tariq.sees("A waiver of ₹800.00 off bill JMI/2627/000003 waits for its decision.")
    tariq.sees("Routine booking is on hold")

    # Whoever asked is in finance too, and still does not decide it.
    sit("tariq", "Discounts and waivers")
    choose_row(tariq, "Waivers asked for")
    tariq.sees("You asked for this waiver yourself, so another person decides it.")
    expect(tariq.button("Approve")).to_have_count(0)

    khan = sit("khan", "Discounts and waivers")
    choose_row(khan, "Waivers asked for")
    khan.sees("Tariq Anwar asks: Lost work")
    khan.press("Approve")
    khan.sees("₹800.00 is waived by credit note JMC/")

    sit("tariq", "Waivers I asked for")
    ((_, name, sum_off, state, *_),) = cells(tariq, "Waivers I asked for")
    assert (name, sum_off, state) == ("Ben Thomas", "₹800.00", "Approved")
    sit("tariq", "Book an appointment")
    is_booked(tariq, "Ben Thomas")


def test_a_day_that_differs_wants_its_reason_and_another_person_reopens_it(sit: OpenDesk) -> None:
    nila = sit("nila", "Close the day")
    nila.type("Cash counted", "480")
    nila.press("Close the day")
    nila.sees("What was counted by cash differs by -₹20.00 from the ledger")
    nila.type("Reason", "A note was torn")
    nila.press("Close the day")
    nila.sees(f"Your till of {today():%d %b %Y} is closed.")
    sit("nila", "Take a payment")
    find(nila, "Gita Rane")
    nila.press("Take payment")
    nila.sees("Your day at the till is closed")

    khan = sit("khan", "Closed days", "Days at the till")
    choose_row(khan, "Closed days")
    ((_, cashier, closer, counted, difference, state, _),) = cells(khan, "Closed days")
    assert (cashier, closer, counted) == ("Nila Roy", "Nila Roy", "₹480.00")
    assert (difference, state) == ("-₹20.00", "Closed")
    assert cells(khan, "Counts")[0] == ["Cash", "₹500.00", "₹480.00", "-₹20.00", "A note was torn"]
    khan.press("Reopen the day")
    khan.sees("Reason is empty")
    khan.type("Reason", "A payment came late")
    khan.press("Reopen the day")
    khan.sees("The day is open again; its cashier closes it anew")

    nila.press("Take payment")
    nila.sees("Gita Rane owes nothing any more")


def read_paper(desk: Desk, tab: str, button: str) -> str:
    """Open Dev's only paper of a tab; returns what its PDF says, in one line."""
    back = desk.button("Back to the list")
    back.or_(desk.page.get_by_text("Find a paper")).first.wait_for()
    if back.count():
        back.click()
        back.wait_for(state="detached")
    find(desk, "Dev Kapoor")
    desk.page.get_by_role("tab", name=re.compile(tab)).click()
    shown = desk.page.get_by_role("tabpanel", name=re.compile(tab))
    shown.get_by_role("button", name="Open").click()
    back.wait_for()
    desk.rest()
    return " ".join(words_of(desk.download(button)).split())


def on_paper(shown: str) -> str:
    """A sum of the screen as it stands in a table on paper, where no tax is a dash."""
    return "–" if shown == "₹0.00" else shown.removeprefix("₹")


def test_a_bills_pdf_says_what_the_screen_says(sit: OpenDesk) -> None:
    ishaan = sit("ishaan", "Bills and receipts")
    printed = read_paper(ishaan, "Bills", "Bill PDF")
    lines = cells(ishaan, "Lines of the bill")

    assert [line[:4] for line in lines] == [
        ["2 × Dressing", "₹1,600.00", "₹0.00", "₹1,600.00"],
        ["3 × Swab", "₹0.21", "₹0.04", "₹0.25"],
        ["Brace", "₹1,250.50", "₹62.53", "₹1,313.03"],
    ]
    for place, (service, value, tax, total, _) in enumerate(lines, start=1):
        quantity, _, name = service.rpartition(" × ")
        what = rf"\b{place} {name} \d{{6}} {quantity or 1} \S+"
        sums = rf"{on_paper(value)} \S+ {on_paper(tax)} {on_paper(total)}"
        assert re.search(rf"{what} {sums}\b", printed), service
    ishaan.sees(
        "₹2,850.71 before tax · ₹62.57 tax · ₹2,913.28 in all · ₹853.03 credited · "
        "₹500.50 paid · ₹1,559.75 balance due"
    )
    assert "Value before tax ₹2,850.71" in printed
    halves = re.findall(r"[CS]GST \S+% ₹(\S+)", printed)
    assert sum(map(Decimal, halves)) == Decimal("62.57")
    below = "Total ₹2,913.28 Credited ₹853.03 Paid ₹500.50 Balance due ₹1,559.75"
    assert below in printed


def test_a_receipts_pdf_says_what_the_screen_says(sit: OpenDesk) -> None:
    ishaan = sit("ishaan", "Bills and receipts")
    printed = read_paper(ishaan, "Receipts", "Receipt PDF")
    ways, bills = cells(ishaan, "Payments"), cells(ishaan, "Bills it paid")

    assert [way[:2] for way in ways] == [["Cash", "₹300.00"], ["UPI 632144559981", "₹200.50"]]
    assert "Cash Cash given ₹500.00, change ₹200.00 300.00" in printed
    assert "UPI Reference: 632144559981 200.50" in printed
    assert [paid for *_, paid in bills] == ["₹300.00", "₹200.50"]
    for number, doctor, paid in bills:
        assert re.search(rf"{number} [^₹]*{doctor} [^₹]*{on_paper(paid)}\b", printed), paid
    assert "Received ₹500.50" in printed


def test_a_credit_notes_pdf_says_what_the_screen_says(sit: OpenDesk) -> None:
    ishaan = sit("ishaan", "Bills and receipts")
    printed = read_paper(ishaan, "Credit notes", "Credit PDF")
    lines = cells(ishaan, "Lines of the credit note")

    assert lines == [
        ["Dressing", "₹800.00", "₹0.00", "₹800.00"],
        ["Brace", "₹50.50", "₹2.53", "₹53.03"],
    ]
    for place, (name, *sums) in enumerate(lines, start=1):
        value, tax, total = map(on_paper, sums)
        assert re.search(rf"\b{place} {name} \d{{6}} {value} \S+ {tax} {total}\b", printed), name
    below = "Value before tax ₹850.50 CGST 2.5% ₹1.27 SGST 2.5% ₹1.26 Credited ₹853.03"
    assert below in printed
    assert "Correction: Done once, and the smaller brace" in printed
