"""A hospital's day through the real pages in Chromium, from an empty data folder."""

import io
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pyotp
import pytest
import time_machine
from icalendar import Calendar
from playwright.sync_api import Browser, expect, sync_playwright
from pypdf import PdfReader
from sqlmodel import func, select

from mediklaud import clock
from mediklaud.config import ROOT
from mediklaud.database import reading, transaction
from mediklaud.demo import demo_password, load_demo
from mediklaud.models import Appointment, Payment
from mediklaud.repository import account_named, issue_code, open_bills, the_hospital
from tests.browser import Desk, Server, chromium, eventually, on_the_command_line, serving
from tests.conftest import assert_house_is_green
from tests.hospital import PASSWORD

INDIA = "Asia/Kolkata"
OWN_PASSWORD = "three words together"
DOCTOR = "Dr Leela Sen"
PATIENT = "Chitra Das"
# Of the demo hospital.
FRONT_DESK, FINANCE = "meera", "ishaan"
BILL, RECEIPT, FEE = "JMI/2627/000001", "JMR/2627/000001", "1,250.50"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all desks; every desk has its own cookies."""
    with sync_playwright() as play, chromium(play) as opened:
        yield opened


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on an empty data folder."""
    with serving(tmp_path / "data") as running:
        yield running


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """A tab of its own; what it showed last is kept beside the test's files."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600}, accept_downloads=True)
    sitting = Desk(context.new_page())
    yield sitting
    sitting.page.screenshot(path=tmp_path / "last-seen.png")
    context.close()


def true_now() -> datetime:
    """The machine's own time, by which a server in another process lives."""
    said = subprocess.run(["date", "+%s"], capture_output=True, check=True, text=True)
    return datetime.fromtimestamp(int(said.stdout), UTC)


def zone_far_from_midnight() -> str:
    """Where a whole evening lies ahead: a doctor begins a visit only on its own day."""
    indian = true_now().astimezone(ZoneInfo(INDIA))
    return "UTC" if indian.hour >= 21 else INDIA


def set_up(desk: Desk, server: Server, zone: str) -> None:
    """The first visit, with the code that the server printed in its terminal."""
    (code,) = re.findall(r"one-time code is (\S+)", server.printed())
    desk.page.goto(server.url)
    desk.sees("Welcome to MediKlaud")
    desk.type("One-time code", code)
    desk.type("Hospital's name", "JMI Hospital")
    desk.fill(Address="12 Station Road, Bengaluru", Phone="080 2222 3333")
    desk.fill(Email="desk@jmi-hospital.example.org")
    desk.choose("Time zone", zone)
    desk.fill(Name="Dr Imran Khan", Username="khan")
    desk.fill(New_password=PASSWORD, Repeat_the_new_password=PASSWORD)
    desk.press("Set up the hospital")
    desk.button("Sign in").wait_for()


def register_doctor(desk: Desk) -> None:
    """The CMO registers a doctor."""
    desk.go("Register a doctor")
    desk.fill(Name=DOCTOR, Phone="98450 12345", Email="sen@jmi-hospital.example.org")
    desk.choose("Specialty", "Cardiology")
    desk.fill(Qualifications="MBBS, MD (Medicine)")
    desk.choose("State council", "Karnataka Medical Council")
    desk.fill(Registration_number="KMC 77001")
    desk.type("Consultation fee", "1250.50")
    desk.type("Follow-up fee", "400")
    desk.press("Register the doctor")
    desk.sees(f"DOC-0001 is registered: {DOCTOR}.")


def open_sessions(desk: Desk, zone: str) -> None:
    """The doctor works around the clock, today and on that weekday of every week."""
    desk.go("Weekly sessions")
    desk.choose("Weekday", f"{true_now().astimezone(ZoneInfo(zone)):%A}")
    desk.choose("Begins", "00:00")
    desk.choose("Ends", "24:00")
    desk.press("Open the session")
    desk.sees("The session is open")


def create_account(desk: Desk, username: str, name: str, role: str) -> str:
    """The administrator creates an account; returns its one-time code."""
    desk.fill(Name=name, Username=username)
    desk.choose("Roles", role, kind="stMultiSelect")
    desk.page.keyboard.press("Escape")
    if role == "Doctor":
        desk.choose("Doctor", DOCTOR)
    desk.press("Create the account")
    desk.sees(f"The account {username} of {name} is created.")
    desk.sees(f"One-time code of {username}")
    desk.rest()
    return desk.page.get_by_test_id("stCode").inner_text().strip()


def choose_password(desk: Desk, username: str, code: str) -> None:
    """A code opens nothing but the form in which the own password is chosen."""
    desk.press("I have a code")
    desk.page.get_by_label("Code", exact=True).wait_for()
    desk.fill(Username=username, Code=code)
    desk.fill(New_password=OWN_PASSWORD, Repeat_the_new_password=OWN_PASSWORD)


def first_sign_in(desk: Desk, username: str, code: str) -> None:
    """Whoever has chosen a password is in."""
    choose_password(desk, username, code)
    desk.come_in("Keep the password and sign in")


def enroll(desk: Desk) -> None:
    """The front desk enrolls a patient who is on the phone."""
    desk.go("Enroll a patient")
    desk.fill(Name=PATIENT)
    desk.pick("Female")
    desk.fill(Age_in_years="34", Phone="98860 33333", Email="chitra@example.org")
    desk.fill(Address="9 Mill Road, Bengaluru")
    desk.press("Enroll")
    desk.sees(f"{PATIENT} is enrolled as JMI-000001.")


def choose_first_time(desk: Desk, doctor: str = DOCTOR, named: str = DOCTOR) -> str:
    """Choose the doctor and the first free time; returns what the last button says."""
    desk.choose("Doctor or specialty", doctor)
    desk.page.get_by_role("button", name=re.compile(r"^\d+:\d\d [AP]M$")).first.click()
    confirm = desk.page.get_by_role("button", name=re.compile(rf"Book .* with {named}"))
    confirm.wait_for()
    desk.rest()
    return re.search(r"Book .* with .*", confirm.inner_text())[0]


def find(desk: Desk, name: str = PATIENT, digits: str = "33333") -> None:
    """Find a patient by the last digits of the phone."""
    desk.type("Find a patient", digits)
    desk.page.get_by_role("button", name=re.compile(name)).click()
    desk.button("Another patient").wait_for()
    desk.rest()


def the_letter(data_dir: Path) -> EmailMessage:
    """The one letter of the outbox, as the mailroom kept it."""
    folder = data_dir / "letters"
    with sqlite3.connect(data_dir / "mediklaud.db") as connection:
        # Its minute of rest is over.
        connection.execute("UPDATE message SET next_attempt_at = queued_at")
    eventually(lambda: list(folder.glob("*-booked.eml")), "the letter is written", 30)
    (kept,) = folder.glob("*-booked.eml")
    letter = message_from_bytes(kept.read_bytes(), policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def consult(desk: Desk) -> str:
    """The doctor begins and finishes; returns the number of the bill."""
    desk.go("Today", "Today's consultations")
    desk.sees(PATIENT)
    desk.press("Begin consultation")
    desk.type("Note", "Salt less, walk more.")
    desk.press("Finish consultation")
    told = desk.page.get_by_text(re.compile(rf"Bill \S+ of ₹{FEE} is issued"))
    told.wait_for()
    return re.search(r"Bill (\S+) of", told.inner_text())[1]


def the_letter_confirms(letter: EmailMessage, confirmed: str, zone: str) -> None:
    """The letter says the confirmed hour with the zone's name, and its calendar means the same."""
    hour = re.match(r"Book (\d+:\d\d [AP]M) with", confirmed)[1]
    words = letter.get_body(("plain",)).get_content()
    assert letter["To"].addresses[0].addr_spec == "chitra@example.org"
    assert DOCTOR in words
    said = re.search(rf"(\w+ \d+ \w+ \d{{4}}), {hour} {'IST' if zone == INDIA else 'UTC'}", words)
    (calendar,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    (event,) = Calendar.from_ical(calendar.get_payload(decode=True)).walk("VEVENT")
    starts = event.decoded("dtstart").astimezone(ZoneInfo(zone))
    assert said[1] == clock.day_words(starts.date())
    assert f"{starts:%I:%M %p}".lstrip("0") == hour


def is_refused(desk: Desk) -> None:
    """The page names the bill and the sum, and the last button cannot be pressed."""
    last = choose_first_time(desk)
    desk.sees(f"Routine booking is on hold: ₹{FEE} is owed.")
    cells = desk.page.get_by_test_id("stDataFrame").locator("td")
    expect(cells.filter(has_text=BILL)).to_have_count(1)
    expect(desk.button(last)).to_be_disabled()


def self_check(data_dir: Path) -> str:
    """What the command line says of the house, whether green or red."""
    command = [sys.executable, "-m", "mediklaud", "check"]
    settings = on_the_command_line(data_dir)
    return subprocess.run(
        command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    ).stdout


def pay(desk: Desk) -> None:
    """Finance reads the amount from the printed bill, and takes it."""
    desk.go("Take a payment")
    find(desk)
    printed = words_of(desk.download("Bill PDF"))
    assert BILL in printed
    (amount,) = set(re.findall(r"1,250\.50", printed))
    desk.type("Received", amount)
    desk.press("Take payment")
    desk.sees(f"{PATIENT} owes nothing any more. Booking is open again.")
    assert RECEIPT in words_of(desk.download(f"Print receipt {RECEIPT}"))


def test_a_hospitals_day_goes_through_the_browser(server: Server, desk: Desk) -> None:
    zone = zone_far_from_midnight()
    set_up(desk, server, zone)
    desk.sign_in("khan", PASSWORD)
    register_doctor(desk)
    open_sessions(desk, zone)
    staff = (
        ("meera", "Meera Nair", "Front desk"),
        ("ishaan", "Ishaan Shah", "Finance"),
        ("sen", DOCTOR, "Doctor"),
    )
    desk.go("Accounts and roles")
    first = {one[0]: create_account(desk, *one) for one in staff}
    desk.sign_out()

    first_sign_in(desk, "meera", first["meera"])
    enroll(desk)
    desk.go("Book an appointment")
    confirmed = choose_first_time(desk)
    desk.press(confirmed)
    desk.sees(f"{PATIENT} is booked")
    desk.sign_out()

    first_sign_in(desk, "sen", first["sen"])
    assert consult(desk) == BILL
    desk.sign_out()

    desk.sign_in("meera", OWN_PASSWORD)
    desk.go("Book an appointment")
    find(desk)
    is_refused(desk)
    desk.sign_out()

    first_sign_in(desk, "ishaan", first["ishaan"])
    pay(desk)
    desk.sign_out()
    the_letter_confirms(the_letter(server.data_dir), confirmed, zone)

    desk.sign_in("meera", OWN_PASSWORD)
    desk.go("Book an appointment")
    find(desk)
    desk.press(choose_first_time(desk))
    desk.sees(f"{PATIENT} is booked")
    assert "Every rule is green." in self_check(server.data_dir)


def test_a_code_and_an_app_on_the_phone_lead_into_the_house(
    sqlite_house: Path, desk: Desk, nine_o_clock: time_machine.Traveller
) -> None:
    nine_o_clock.move_to(true_now())
    with transaction() as db:
        code = issue_code(db, account_named(db, "khan"), by=account_named(db, "tara"))
        the_hospital(db).second_factor_required = True
    with serving(sqlite_house) as server:
        desk.page.goto(server.url)
        choose_password(desk, "khan", code)
        desk.press("Keep the password and sign in")
        desk.sees("Set up your second factor")
        secret = desk.page.get_by_test_id("stCode").inner_text().replace(" ", "").strip()
        desk.type("Code from the app", pyotp.TOTP(secret).at(true_now()))
        desk.press("Set it up")
        desk.sees("Your recovery codes")
        desk.is_kept()
        first, *_ = desk.page.get_by_test_id("stCode").inner_text().split()
        desk.press("I have kept them")
        desk.page.get_by_role("heading", name="Today", exact=True).wait_for()
        desk.sign_out()

        desk.fill(Username="khan", Password=OWN_PASSWORD)
        desk.press("Sign in")
        desk.type("Code from the app", first)
        desk.come_in("Sign in")
        desk.page.reload()
        desk.page.get_by_role("heading", name="Today", exact=True).wait_for()


@pytest.fixture
def demo_house(
    empty_sqlite: Path, nine_o_clock: time_machine.Traveller
) -> Iterator[tuple[Server, str]]:
    """A small demo hospital that lives until the true today, and a patient who owes."""
    nine_o_clock.move_to(true_now())
    load_demo(patients=20, weeks_back=1, weeks_ahead=1)
    with reading() as db:
        owing = open_bills(db, by=account_named(db, FINANCE))[0].patient_number
    with serving(empty_sqlite) as running:
        yield running, owing
    assert_house_is_green()


def count(table: type[Appointment] | type[Payment]) -> int:
    with reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


def test_a_double_click_takes_one_payment_and_books_once(
    demo_house: tuple[Server, str], desk: Desk
) -> None:
    server, owing = demo_house
    payments, appointments = count(Payment), count(Appointment)
    desk.page.goto(server.url)
    desk.sign_in(FINANCE, demo_password())
    desk.go("Take a payment")
    find(desk, owing, owing)
    desk.button("Take payment").dblclick()
    desk.sees("owes nothing any more")
    desk.sign_out()
    assert count(Payment) == payments + 1

    desk.sign_in(FRONT_DESK, demo_password())
    desk.go("Book an appointment")
    find(desk, owing, owing)
    desk.button(choose_first_time(desk, "Any doctor", "Dr .*")).dblclick()
    desk.sees(" is booked: ")
    desk.sign_out()
    assert count(Appointment) == appointments + 1
