"""How the hospital's mail stands, and whether its server takes letters."""

import re
from collections.abc import Sequence

import streamlit as st

from mediklaud import clock
from mediklaud.carriers import NotTaken
from mediklaud.errors import MailServerNotSet, MailServerSaysNo
from mediklaud.mailroom import knock
from mediklaud.models import Account, Hospital, Message
from mediklaud.repository import OutboxState, resend_letter
from mediklaud.repository.calls import LATE
from mediklaud.ui import pick, show
from mediklaud.ui.desk import record, refuse
from mediklaud.ui.plain import plain

FAILED = "Letters that failed"
_NAMED = re.compile(r"[^\s<>@]+@[^\s<>]+")


def queue(mail: OutboxState) -> None:
    """The numbers of the outbox, and a warning where letters wait too long."""
    waits = clock.now() - mail.oldest_queued_at if mail.oldest_queued_at else None
    show.numbers(
        {
            "Waiting": mail.queued,
            "Longest wait": f"{int(waits.total_seconds()) // 60} min" if waits else "–",
            "Failed": mail.failed,
            "Without an address": mail.unaddressed,
        }
    )
    if waits and waits > LATE:
        st.error(
            "The oldest letter waits for more than 15 minutes: the mail server takes none, or "
            "no mailroom is at work. Letters are kept, and sent once that is repaired.",
            icon=":material/mail_off:",
        )
    show.mail_state()


def server() -> None:
    """A button that asks the mail server whether it would take a letter, and its answer."""
    st.subheader("The mail server", anchor=False)
    asked = st.button("Ask the mail server", icon=":material/dns:")
    if not asked:
        st.caption("Connects, encrypts and signs in as for a letter, and sends none.")
        return
    if not show.has_mail_server():
        refuse(MailServerNotSet())
        return
    try:
        with st.spinner("Asking …"):
            said = knock()
    except NotTaken as error:
        refuse(MailServerSaysNo(why=str(error)))
    else:
        st.success(f"It answers: {plain(said)}", icon=":material/mark_email_read:")


def failed(me: Account, found: Sequence[Message], hospital: Hospital) -> None:
    """Letters that failed lately, with the server's words and without names; one is sent again."""
    st.subheader("Letters that failed in the last 30 days", anchor=False)
    if not found:
        st.caption("None has failed.")
        return
    letter = _chosen(found, hospital)
    if letter is None:
        st.caption("Choose a row to send it again, to the address its reader has by now.")
        return
    if st.button("Send it again", key=f"again/{letter.id}", icon=":material/forward_to_inbox:"):
        with record("The letter is queued again.") as db:
            resend_letter(db, letter, by=me)


def _chosen(found: Sequence[Message], hospital: Hospital) -> Message | None:
    return pick.row(
        [
            {
                "Day": clock.day_of(letter.queued_at, hospital.zone),
                "Letter": letter.kind,
                "About": letter.subject,
                # A server repeats the address it refuses; the administrator sees no patients.
                "Why": _NAMED.sub("…", letter.outcome),
                "Attempts": letter.attempts,
            }
            for letter in found
        ],
        found,
        [letter.id or 0 for letter in found],
        alt=FAILED,
    )
