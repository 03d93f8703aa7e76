"""What the tests of the phone screen share: choosing a doctor, a time, and a patient."""

from sqlmodel import Session, select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading
from mediklaud.models import Account, Appointment, Hold, Patient, VisitKind
from mediklaud.repository import book_appointment
from tests.desk import find, take, the
from tests.hospital import Ward, at

RAO = "Dr Anjali Rao · Cardiology · DOC-0001"


def choose_whom(page: AppTest, words: str = RAO) -> AppTest:
    """Choose a doctor, or all of a specialty."""
    return the(page.selectbox, "Doctor or specialty").select(words).run()


def hours(page: AppTest) -> list[str]:
    """The free times in sight."""
    return [one.label for one in page.button if one.label[-2:] in ("AM", "PM")]


def press_time(page: AppTest, hour: str) -> AppTest:
    """Click the first free time of an hour."""
    return next(one for one in page.button if one.label == hour).click().run()


def to_the_confirmation(page: AppTest, words: str, number: str, hour: str = "10:15 AM") -> AppTest:
    """Find, choose, doctor, time: all but the last of the five."""
    return press_time(choose_whom(take(find(page, words), number)), hour)


def held() -> list[tuple[str, object]]:
    """Who holds which time now."""
    with reading() as db:
        rows = select(Account.username, Hold.starts_at).join(Account, Account.id == Hold.account_id)
        return [tuple(row) for row in db.exec(rows)]


def book(db: Session, ward: Ward, patient: Patient, hour: int = 10, minute: int = 0) -> Appointment:
    """A first visit with Dr Rao."""
    form, first = f"{patient.id}-{hour}-{minute}", VisitKind.FIRST
    return book_appointment(
        db, patient, ward.rao, at(hour, minute), first, form=form, by=ward.meera
    )
