"""All tables, their words and their named constraints, one file per part of the hospital."""

from mediklaud.models.accounts import Account, AccountRole, SignIn, SignInAttempt
from mediklaud.models.desk import AuditEvent, Hospital, Message
from mediklaud.models.ledger import (
    Allocation,
    Charge,
    Invoice,
    InvoiceLine,
    NumberSeries,
    Payment,
    Receipt,
    Tariff,
)
from mediklaud.models.people import Doctor, Patient
from mediklaud.models.schedule import Appointment, Encounter, Leave, WorkingSession
from mediklaud.models.words import (
    LIVE,
    LIVE_SQL,
    AppointmentStatus,
    EmergencyReason,
    MessageStatus,
    Method,
    Priority,
    Role,
    Sex,
    VisitKind,
)

__all__ = [
    "LIVE",
    "LIVE_SQL",
    "Account",
    "AccountRole",
    "Allocation",
    "Appointment",
    "AppointmentStatus",
    "AuditEvent",
    "Charge",
    "Doctor",
    "EmergencyReason",
    "Encounter",
    "Hospital",
    "Invoice",
    "InvoiceLine",
    "Leave",
    "Message",
    "MessageStatus",
    "Method",
    "NumberSeries",
    "Patient",
    "Payment",
    "Priority",
    "Receipt",
    "Role",
    "Sex",
    "SignIn",
    "SignInAttempt",
    "Tariff",
    "VisitKind",
    "WorkingSession",
]
