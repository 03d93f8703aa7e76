"""Leave over three booked patients, worked off in Chromium until nobody is left."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, expect, sync_playwright
from sqlmodel import col, select

from mediklaud import clock
from mediklaud.database import reading, transaction
from mediklaud.errors import DoctorOnLeave
from mediklaud.models import Appointment, AppointmentStatus, Message, VisitKind
from mediklaud.repository import book_appointment
from tests.browser import Desk, Server, chromium, serving
from tests.hospital import PASSWORD, ZONE, at, ward_of
from tests.test_browser import true_now


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium."""
    with sync_playwright() as play, chromium(play) as opened:
        yield opened


@pytest.fixture
def server(sqlite_house: Path, nine_o_clock: time_machine.Traveller) -> Iterator[Server]:
    """The cast's house, served; it lives until the true now, as the server does."""
    nine_o_clock.move_to(true_now())
    with serving(sqlite_house) as running:
        yield running


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """A tab of its own; what it showed last is kept beside the test's files."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    sitting = Desk(context.new_page())
    yield sitting
    sitting.page.screenshot(path=tmp_path / "last-seen.png")
    context.close()


def next_week() -> list[datetime]:
    """Three times of Dr Rao on one day of next week."""
    day = clock.today(ZONE) + timedelta(days=7)
    return [at(10, 15 * n, day) for n in range(3)]


def book(starts: list[datetime], form: str) -> list[int | None]:
    """Asha, Ben and Asha again are booked with Dr Rao, as far as there are times."""
    with transaction() as db:
        ward, kind = ward_of(db), VisitKind.FIRST
        whom = zip((ward.asha, ward.ben, ward.asha), starts, strict=False)
        return [
            book_appointment(
                db, patient, ward.rao, when, kind, form=f"{form}-{n}", by=ward.meera
            ).id
            for n, (patient, when) in enumerate(whom)
        ]


def grant(desk: Desk, day: datetime) -> None:
    """The CMO grants Dr Rao a day off."""
    desk.go("Leave")
    desk.choose("Doctor", "Dr Anjali Rao")
    for label in ("First day", "Last day"):
        field = desk.page.get_by_test_id("stDateInput").filter(has_text=label)
        field.get_by_role("spinbutton").first.click()
        desk.page.keyboard.type(f"{clock.local(day, ZONE):%d%m%Y}")
    desk.press("Grant leave")


def of_status(status: AppointmentStatus) -> list[Appointment]:
    """The appointments of a status, the earliest first."""
    with reading() as db:
        rows = select(Appointment).where(Appointment.status == status)
        return list(db.exec(rows.order_by(col(Appointment.starts_at))))


def letters_of_moves() -> list[tuple[int | None, str | None]]:
    """Whose new time is told, and to which address."""
    with reading() as db:
        rows = select(Message).where(Message.kind == "moved").order_by(col(Message.id))
        return [(one.appointment_id, one.to_address) for one in db.exec(rows)]


def is_refused(starts_at: datetime) -> bool:
    """Whether the front desk is told that Dr Rao is on leave then."""
    try:
        book([starts_at], f"again-{starts_at}")
    except DoctorOnLeave:
        return True
    return False


def test_leave_over_three_patients_is_worked_off_until_nobody_is_left(
    server: Server, desk: Desk
) -> None:
    starts = next_week()
    booked = book(starts, "first")
    desk.page.goto(server.url)
    desk.sign_in("khan", PASSWORD)
    grant(desk, starts[0])
    desk.sees("3 patients are to be moved.")
    desk.sees("3 of 3 patients are still to be moved.")
    moves = desk.page.get_by_role("button", name=re.compile(r"Move to .* with Dr Anjali Rao$"))
    expect(moves).to_have_count(3)

    for left in ("2 of 3 patients are", "1 of 3 patients is"):
        moves.first.click()
        desk.sees(f"{left} still to be moved.")
        desk.rest()
    # The last one by two clicks: a fast hand moves nobody twice.
    moves.first.dblclick()
    desk.sees("Nobody is left: 3 patients stood in it.")
    expect(moves).to_have_count(0)

    kept = of_status(AppointmentStatus.BOOKED)
    assert {one.moved_from_id for one in kept} == set(booked)
    assert len({one.starts_at for one in kept}) == 3
    assert {one.id for one in of_status(AppointmentStatus.CANCELLED)} == set(booked)
    told = dict(letters_of_moves())
    assert set(told) == {one.id for one in kept}
    assert sorted(filter(None, told.values())) == ["asha@example.org"] * 2
    assert all(map(is_refused, starts))
    desk.go("Patients to move")
    desk.sees("Nobody has to be moved.")
