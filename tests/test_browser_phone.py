"""The phone screen in Chromium: two clerks, one slot, and a caller who is in no hurry."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, expect, sync_playwright
from sqlmodel import func, select

from mediklaud import clock
from mediklaud.database import reading, transaction
from mediklaud.models import Account, Appointment, Hold, Patient, Role, SignIn, WorkingSession
from mediklaud.repository import create_account
from tests.browser import Desk, Server, chromium, serving
from tests.conftest import assert_house_is_green
from tests.follow_ups import paid_visit, policy
from tests.hospital import PASSWORD, ZONE, at, open_ward, ward_of
from tests.test_browser import true_now

OpenDesk = Callable[[str], Desk]
HOUR = re.compile(r"^\d+:\d\d [AP]M$")
RAO = "Dr Anjali Rao"


def yesterday(hour: int) -> datetime:
    """An hour of the day before the true one."""
    return at(hour, day=clock.day_of(true_now(), ZONE) - timedelta(days=1))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all desks; every desk has its own cookies."""
    with sync_playwright() as play, chromium(play) as opened:
        yield opened


@pytest.fixture
def server(empty_sqlite: Path, nine_o_clock: time_machine.Traveller) -> Iterator[Server]:
    """The cast since yesterday with a second clerk, Tariq; the self-check runs at the end."""
    nine_o_clock.move_to(yesterday(9))
    with transaction() as db:
        open_ward(db)
        tariq = {Role.FRONT_DESK}
        tariq = create_account(db, "tariq", "Tariq Anwar", PASSWORD, tariq, by=ward_of(db).tara)
        for session in db.exec(select(WorkingSession)):
            session.valid_from = clock.today(ZONE)
    nine_o_clock.move_to(true_now())
    with serving(empty_sqlite) as running:
        yield running
    assert_house_is_green()


@pytest.fixture
def sit(browser: Browser, server: Server, tmp_path: Path) -> Iterator[OpenDesk]:
    """Open the phone screen for somebody; what each desk showed last is kept."""
    opened: dict[str, Desk] = {}

    def sit(username: str) -> Desk:
        context = browser.new_context(viewport={"width": 1280, "height": 1600})
        desk = opened[username] = Desk(context.new_page())
        desk.page.goto(server.url)
        desk.sign_in(username, PASSWORD)
        desk.go("Book an appointment")
        return desk

    yield sit
    for username, desk in opened.items():
        if not desk.page.is_closed():
            desk.page.screenshot(path=tmp_path / f"last-seen-{username}.png")
        desk.page.context.close()


class Counted:
    """A desk that counts what its clerk does: something typed, chosen or clicked."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.actions = 0

    def does(self, deed: Callable[[], object]) -> None:
        """One action, and wait for what it brings."""
        self.actions += 1
        deed()
        self.desk.rest()


def count(table: type[Appointment] | type[Patient] | type[Hold]) -> int:
    """How many rows a table has."""
    with reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


def first_time(desk: Desk) -> str:
    """The hour of the first free time in sight."""
    time = desk.page.get_by_role("button", name=HOUR).first
    time.wait_for()
    desk.rest()
    return time.inner_text()


def hold(desk: Desk) -> str:
    """Choose Dr Rao and the first free time; returns its hour."""
    desk.choose("Doctor or specialty", RAO)
    hour = first_time(desk)
    desk.page.get_by_role("button", name=hour, exact=True).first.click()
    desk.sees(re.compile(r"Held for you, \d:\d\d left"))
    desk.rest()
    return hour


def choose_patient(desk: Desk, words: str, name: str) -> None:
    """Find a patient and choose the one of that name."""
    desk.type("Find a patient", words)
    desk.page.get_by_role("button", name=re.compile(name)).click()
    desk.button("Another patient").wait_for()
    desk.rest()


def let_holds_end(seconds: int) -> None:
    """Let every hold end so many seconds from now; below zero it has ended."""
    with transaction() as db:
        for one in db.exec(select(Hold)):
            one.held_at = true_now() - timedelta(minutes=5)
            one.expires_at = true_now() + timedelta(seconds=seconds)


def test_a_known_patient_is_booked_in_five_actions(sit: OpenDesk) -> None:
    desk = sit("meera")
    clerk = Counted(desk)
    asha = desk.page.get_by_role("button", name=re.compile("Asha Menon"))

    clerk.does(lambda: desk.page.get_by_label("Find a patient").fill("98860 11111"))
    asha.wait_for()
    clerk.does(asha.click)
    clerk.does(lambda: desk.choose("Doctor or specialty", "Any doctor of Cardiology"))
    first_time(desk)
    clerk.does(desk.page.get_by_role("button", name=HOUR).first.click)
    clerk.does(desk.page.get_by_role("button", name=re.compile(f"Book .* with {RAO}")).click)

    desk.sees("Asha Menon is booked: ")
    assert clerk.actions <= 5
    assert count(Appointment) == 1


def test_a_follow_up_that_is_left_is_booked_in_five_actions_too(
    server: Server, sit: OpenDesk, nine_o_clock: time_machine.Traveller
) -> None:
    nine_o_clock.move_to(yesterday(10))
    with transaction() as db:
        policy(db, ward_of(db), visits=2, days=7)
        paid_visit(db, ward_of(db), starts_at=yesterday(11))
    nine_o_clock.move_to(true_now())
    desk = sit("meera")
    clerk = Counted(desk)
    asha = desk.page.get_by_role("button", name=re.compile("Asha Menon"))

    clerk.does(lambda: desk.page.get_by_label("Find a patient").fill("98860 11111"))
    asha.wait_for()
    clerk.does(asha.click)
    clerk.does(lambda: desk.choose("Doctor or specialty", RAO))
    first_time(desk)
    clerk.does(desk.page.get_by_role("button", name=HOUR).first.click)
    desk.sees("Follow-up · free visit 1 of 2 until")
    clerk.does(desk.page.get_by_role("button", name=re.compile(f"Book .* with {RAO}")).click)

    desk.sees("Asha Menon is booked: ")
    assert clerk.actions <= 5


# What the keyboard would work now: a field's label or a button's words. While a page is drawn
# anew nothing is focused but its body, whose words are those of the whole page.
FOCUSED = """() => {
  const here = document.activeElement;
  return here === document.body ? "" : here.ariaLabel || here.innerText || "";
}"""


# A slow machine: what waits for the next frame waits half a second.
LATE_FRAMES = """() => {
  const next = requestAnimationFrame;
  window.requestAnimationFrame = (draw) => setTimeout(() => next(draw), 500);
}"""


def focused(desk: Desk) -> str:
    """What the keyboard would work now; nothing while the page is drawn anew."""
    return desk.page.evaluate(FOCUSED)


def reaches(desk: Desk, words: str) -> None:
    """Wait until the keyboard is led to where the desk goes on."""
    desk.page.wait_for_function(f"words => new RegExp(words).test(({FOCUSED})())", arg=words)
    desk.rest()


def test_a_patient_is_booked_by_keyboard_alone(sit: OpenDesk) -> None:
    desk = sit("meera")
    keyboard = desk.page.keyboard

    reaches(desk, "Find a patient")
    keyboard.type("ben")
    keyboard.press("Enter")
    desk.page.get_by_role("button", name=re.compile("Ben Thomas")).wait_for()
    desk.rest()
    keyboard.press("Tab")
    reaches(desk, "Ben Thomas")
    keyboard.press("Enter")
    reaches(desk, "Doctor or specialty")
    keyboard.type(RAO)
    keyboard.press("Enter")
    reaches(desk, r"^\d+:\d\d [AP]M$")
    first = focused(desk)
    keyboard.press("ArrowRight")
    second = focused(desk)
    keyboard.press("Enter")
    reaches(desk, f"Book {second} with {RAO}")
    keyboard.press("Tab")
    assert focused(desk).startswith("event_available")
    keyboard.press("Control+Enter")

    desk.sees("Ben Thomas is booked: ")
    assert first != second
    with reading() as db:
        (at,) = db.exec(select(Appointment.starts_at))
    assert f"{clock.local(at, ZONE):%I:%M %p}".lstrip("0") == second
    reaches(desk, "Find a patient")


def test_who_went_on_before_the_lead_came_is_not_called_back(sit: OpenDesk) -> None:
    desk = sit("meera")
    choose_patient(desk, "98860 11111", "Asha Menon")
    desk.choose("Doctor or specialty", RAO)
    hour = first_time(desk)
    book = desk.button(f"Book {hour} with {RAO}")
    desk.page.evaluate(LATE_FRAMES)

    desk.page.get_by_role("button", name=hour, exact=True).first.press("Enter")
    book.wait_for()
    desk.page.keyboard.press("Tab")
    book.focus()
    desk.page.wait_for_timeout(1_000)

    expect(book).to_be_focused()


def test_two_browsers_and_one_slot(sit: OpenDesk) -> None:
    meera, tariq = sit("meera"), sit("tariq")
    tariq.choose("Doctor or specialty", RAO)
    hour = first_time(tariq)
    choose_patient(meera, "98860 11111", "Asha Menon")

    # The click race: both see it free, and Meera is first.
    assert hold(meera) == hour
    tariq.page.get_by_role("button", name=hour, exact=True).first.click()
    tariq.sees(re.compile(r"Meera Nair is holding this time for another caller, for \d:\d\d more"))
    tariq.sees(re.compile("The next free time is"))

    shown = tariq.page.get_by_text(re.compile(rf"{hour} · held by Meera Nair,"))
    expect(shown).to_be_visible()
    left = tariq.page.get_by_role("timer").filter(has_text="held by Meera Nair")
    before = left.inner_text()
    expect(left).not_to_have_text(before)
    assert count(Hold) == 1

    meera.button(f"Book {hour} with {RAO}").click()
    meera.sees("Asha Menon is booked: ")
    # Looked at anew by itself: neither held nor free any more.
    expect(shown).to_have_count(0, timeout=30_000)
    assert first_time(tariq) != hour
    assert (count(Appointment), count(Hold)) == (1, 0)


def test_a_new_hold_of_another_clerk_shows_without_a_click(sit: OpenDesk) -> None:
    meera, tariq = sit("meera"), sit("tariq")
    tariq.choose("Doctor or specialty", RAO)
    hour = first_time(tariq)
    search = tariq.page.get_by_label("Find a patient")
    search.press_sequentially("ash")
    tariq.rest()

    hold(meera)

    expect(tariq.page.get_by_text(f"{hour} · held by Meera Nair,")).to_be_visible(timeout=15_000)
    # Who types on is not disturbed.
    expect(search).to_be_focused()
    expect(search).to_have_value("ash")
    tariq.page.keyboard.type("a")
    tariq.page.get_by_role("button", name=re.compile("Asha Menon")).wait_for()
    assert search.input_value() == "asha"


def test_the_keyboard_stays_on_its_time_while_the_list_looks_anew(sit: OpenDesk) -> None:
    meera, tariq = sit("meera"), sit("tariq")
    tariq.choose("Doctor or specialty", RAO)
    hour = first_time(tariq)
    times = tariq.page.locator(".st-key-times").get_by_role("button", name=HOUR)
    third, words = times.nth(2), times.nth(2).inner_text()
    third.focus()

    hold(meera)

    expect(tariq.page.get_by_text(f"{hour} · held by Meera Nair,")).to_be_visible(timeout=15_000)
    tariq.page.wait_for_timeout(6_000)
    assert focused(tariq) == words


def test_a_time_booked_meanwhile_was_just_taken(sit: OpenDesk) -> None:
    meera, tariq = sit("meera"), sit("tariq")
    tariq.choose("Doctor or specialty", RAO)
    hour = first_time(tariq)
    choose_patient(meera, "98860 11111", "Asha Menon")
    hold(meera)
    meera.button(f"Book {hour} with {RAO}").dblclick()
    meera.sees("Asha Menon is booked: ")

    tariq.page.get_by_role("button", name=hour, exact=True).first.click()

    tariq.sees(re.compile("This time was just taken. The next free time is"))
    assert first_time(tariq) != hour
    assert (count(Appointment), count(Hold)) == (1, 0)


def test_a_hold_that_ran_out_books_nothing_and_is_free_for_others(sit: OpenDesk) -> None:
    meera, tariq = sit("meera"), sit("tariq")
    choose_patient(meera, "98860 11111", "Asha Menon")
    hour = hold(meera)
    tariq.choose("Doctor or specialty", RAO)
    shown = tariq.page.get_by_text(re.compile(f"{hour} · held by Meera Nair,"))
    expect(shown).to_be_visible()

    let_holds_end(-1)
    # Free again without a click of Tariq's.
    expect(shown).to_have_count(0, timeout=30_000)
    assert first_time(tariq) == hour
    meera.button(f"Book {hour} with {RAO}").click()

    meera.sees(re.compile("Your hold on this time has run out, so nothing is booked."))
    assert count(Appointment) == 0


def signed_in(username: str) -> SignIn:
    """The sign-in of somebody."""
    with reading() as db:
        rows = select(SignIn).join(Account, Account.id == SignIn.account_id)
        return db.exec(rows.where(Account.username == username)).one()


def change(sign_in: SignIn, **moments: datetime) -> None:
    """Let a sign-in have other moments."""
    with transaction() as db:
        db.get(SignIn, sign_in.id).sqlmodel_update(moments)


def test_a_list_that_looks_anew_keeps_nobody_signed_in(sit: OpenDesk) -> None:
    meera, tariq = sit("meera"), sit("tariq")
    hold(meera)
    tariq.choose("Doctor or specialty", RAO)
    tariq.sees(re.compile("held by Meera Nair,"))
    before = true_now() - timedelta(minutes=3)
    change(signed_in("tariq"), last_seen_at=before)

    tariq.page.wait_for_timeout(12_000)
    assert signed_in("tariq").last_seen_at == before
    change(signed_in("tariq"), ended_at=true_now())

    expect(tariq.button("Sign in")).to_be_visible(timeout=20_000)


def test_somebody_new_is_enrolled_and_booked_in_one_flow(sit: OpenDesk) -> None:
    desk = sit("meera")
    hour = hold(desk)
    desk.type("Find a patient", "98860 44444")
    desk.page.keyboard.press("Alt+n")
    reaches(desk, "Name")
    assert desk.page.get_by_label("Phone", exact=True).input_value() == "98860 44444"

    desk.fill(Name="Devi Das", Age_in_years="30", Address="9 Hill Road")
    desk.pick("Female")
    desk.button("Enroll").click()
    desk.sees(re.compile(r"Devi Das is enrolled as JMI-000003\."))
    desk.button(f"Book {hour} with {RAO}").click()

    desk.sees("Devi Das is booked: ")
    assert (count(Patient), count(Appointment), count(Hold)) == (3, 1, 0)


def test_a_tab_closed_midway_leaves_nothing_half_written(sit: OpenDesk) -> None:
    desk = sit("meera")
    hour = hold(desk)
    desk.type("Find a patient", "Devi")
    desk.press("Enroll a new patient")
    desk.fill(Phone="98860 44444")

    desk.page.close()

    assert (count(Patient), count(Appointment), count(Hold)) == (2, 0, 1)
    let_holds_end(-1)
    tariq = sit("tariq")
    choose_patient(tariq, "ben", "Ben Thomas")
    assert hold(tariq) == hour
    tariq.button(f"Book {hour} with {RAO}").click()
    tariq.sees("Ben Thomas is booked: ")
    assert (count(Appointment), count(Hold)) == (1, 0)
