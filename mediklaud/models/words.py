"""The words of the house: every status, role and kind, stored as its value."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Enum
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Role(StrEnum):
    """What an account may be; one account may hold several."""

    CMO = "cmo"
    REGISTRAR = "registrar"
    FRONT_DESK = "front_desk"
    DOCTOR = "doctor"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"


class Sex(StrEnum):
    """HL7 FHIR's administrative gender."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class VisitKind(StrEnum):
    """What a visit is, and so what it costs."""

    FIRST = "first"
    FOLLOW_UP = "follow_up"
    PROCEDURE = "procedure"


class AppointmentStatus(StrEnum):
    """HL7 FHIR's appointment status, those the desk uses."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NO_SHOW = "noshow"


class Priority(StrEnum):
    """Whether the dues gate may hold a booking back."""

    ROUTINE = "routine"
    EMERGENCY = "emergency"


class EmergencyReason(StrEnum):
    """The coded reasons for which a booking is an emergency: first in the queue, past the gate."""

    ACUTE_PAIN = "acute_pain"
    BREATHLESSNESS = "breathlessness"
    INJURY = "injury"
    BLEEDING = "bleeding"
    FEVER_IN_A_CHILD = "fever_in_a_child"
    PREGNANCY = "pregnancy"
    DOCTORS_ADVICE = "doctors_advice"


class GlassReason(StrEnum):
    """The coded reasons for which a doctor opens the record of another doctor's patient."""

    EMERGENCY_CARE = "emergency_care"
    COVERING = "covering"
    PATIENT_ASKS = "patient_asks"
    OTHER = "other"


class Method(StrEnum):
    """How money reaches the till."""

    CASH = "cash"
    UPI = "upi"
    CARD = "card"
    BANK = "bank"
    CHEQUE = "cheque"


class BillWhen(StrEnum):
    """When a consultation is billed: as the patient arrives, or as the doctor finishes."""

    ARRIVAL = "arrival"
    FINISH = "finish"


class InvoiceKind(StrEnum):
    """What paper a bill is: one taxable line makes it a tax invoice."""

    BILL_OF_SUPPLY = "bill_of_supply"
    TAX_INVOICE = "tax_invoice"


class ReceiptKind(StrEnum):
    """Whether money was received for bills, or in advance of them."""

    RECEIPT = "receipt"
    ADVANCE = "advance"


class CreditKind(StrEnum):
    """Why a bill is credited; a void undoes it whole, and its charges with it."""

    VOID = "void"
    CORRECTION = "correction"
    DISCOUNT = "discount"
    WAIVER = "waiver"


class WaiverStatus(StrEnum):
    """Where a waiver above a clerk's limit is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class ContactKind(StrEnum):
    """How somebody who owes was spoken to."""

    CALL = "call"
    DESK = "desk"
    LETTER = "letter"
    MESSAGE = "message"


class ContactOutcome(StrEnum):
    """What came of it; `promised` has the day they will pay by."""

    SPOKEN = "spoken"
    PROMISED = "promised"
    DISPUTED = "disputed"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"


class MessageStatus(StrEnum):
    """Where a letter is; `unaddressed` waits for a telephone call instead.

    `withdrawn` was never sent, since what it told of was put right before it left.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNADDRESSED = "unaddressed"
    WITHDRAWN = "withdrawn"


class Purpose(StrEnum):
    """What a patient may be written to for."""

    CARE = "care"
    REMINDERS = "reminders"


class CallOutcome(StrEnum):
    """What came of calling a patient whom no letter reaches."""

    TOLD = "told"
    SLIP = "slip"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"


LIVE = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED)
LIVE_SQL = "status IN ('booked', 'arrived', 'fulfilled')"
# What takes a doctor's time for itself; an overbooking shares it.
TAKES_TIME_SQL = f"{LIVE_SQL} AND overbook_number IS NULL"


def one_of(words: type[StrEnum], rule: str) -> Any:
    """A column that holds one of the words by value, kept by the CHECK named `rule`."""
    return Enum(
        words,
        name=rule,
        values_callable=lambda kind: [word.value for word in kind],
        native_enum=False,
        create_constraint=True,
        length=20,
    )


def whole(column: str, rule: str, *, at_least: int = 0) -> CheckConstraint:
    """The CHECK that a sum is a whole number: SQLite would keep 10.5 or 'ten' without it."""
    return CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND {column} >= {at_least}", name=rule
    )


def share(column: str, rule: str) -> CheckConstraint:
    """The CHECK that a rate of tax is in whole hundredths of a per cent, up to all of it."""
    return CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND {column} BETWEEN 0 AND 10000", name=rule
    )


def filled(column: str, rule: str) -> CheckConstraint:
    """The CHECK that a text is not empty or blank."""
    return CheckConstraint(f"length(trim({column})) > 0", name=rule)
