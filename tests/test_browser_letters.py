"""The mail server is down: the desk books all the same, sees the mark, and sends again."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import expect, sync_playwright
from sqlmodel import col, select

from mediklaud.database import reading, transaction
from mediklaud.models import Hospital, Message, MessageStatus
from tests.bad_servers import misbehaving
from tests.browser import Desk, chromium, eventually, serving
from tests.hospital import PASSWORD
from tests.post import Postman, free_port, mail_server
from tests.test_browser import choose_first_time, find, true_now

RAO = "Dr Anjali Rao"


@pytest.fixture
def desk(
    sqlite_house: Path, nine_o_clock: time_machine.Traveller, tmp_path: Path
) -> Iterator[tuple[Desk, int]]:
    """Meera's desk, in a house whose mail server is to be found on a port of its own."""
    nine_o_clock.move_to(true_now())
    with transaction() as db:
        db.get_one(Hospital, 1).letter_grace_seconds = 0
    port = free_port()
    with (
        serving(sqlite_house, mail=f"smtp://127.0.0.1:{port}") as server,
        sync_playwright() as play,
        chromium(play) as browser,
    ):
        sitting = Desk(browser.new_page(viewport={"width": 1280, "height": 1400}))
        sitting.page.goto(server.url)
        sitting.sign_in("meera", PASSWORD)
        yield sitting, port
        sitting.page.screenshot(path=tmp_path / "last-seen.png")


def the_letter() -> Message:
    """The newest letter of the outbox."""
    with reading() as db:
        return db.exec(select(Message).order_by(col(Message.id).desc())).first()


def is_now(status: MessageStatus) -> None:
    eventually(lambda: the_letter().status is status, f"the letter is {status.value}", 60)


def home(desk: Desk) -> None:
    desk.go("Home", "Today")


def test_a_letter_that_fails_is_marked_called_about_and_sent_again(desk: tuple[Desk, int]) -> None:
    desk, port = desk
    desk.go("Book an appointment")
    find(desk, "Asha Menon", "11111")
    desk.press(choose_first_time(desk, RAO, RAO))
    desk.sees("A confirmation letter is queued.")

    # Nobody listens; then a server that refuses whatever it is given.
    eventually(lambda: "not reached" in the_letter().outcome, "the server was asked", 60)
    with misbehaving("550", port):
        is_now(MessageStatus.FAILED)
    find(desk, "Asha Menon", "11111")
    desk.sees("letter failed")
    home(desk)
    desk.sees("Patients to call (1)")
    choose_the_row(desk)
    desk.sees(re.compile(rf"{RAO} · letter failed: 550 not now"))

    postman = Postman()
    server = mail_server(postman, port)
    server.start()
    try:
        desk.press("Send the letter again")
        desk.sees("The letter to Asha Menon is queued again.")
        is_now(MessageStatus.SENT)
    finally:
        server.stop()
    home(desk)
    desk.sees("Patients to call (0)")
    desk.go("Book an appointment")
    desk.sees("Booked already")
    expect(desk.page.get_by_text("letter failed")).to_have_count(0)
    (arrived,) = [message_from_bytes(one.content, policy=policy.default) for one in postman.arrived]
    assert arrived["Message-ID"] == the_letter().message_id


def choose_the_row(desk: Desk) -> None:
    """Mark the only row of the list, at its left end."""
    table = desk.page.get_by_test_id("stDataFrame").first
    table.click(position={"x": 14, "y": 54})
    desk.button("Note the call").wait_for()
    expect(desk.page.get_by_text(re.compile("Send the letter again"))).to_be_visible()
