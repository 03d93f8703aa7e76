"""All tables, their words and their named constraints, one file per part of the hospital."""

from mediklaud.models.accounts import Account, AccountRole, SignIn, SignInAttempt
from mediklaud.models.appointments import (
    Appointment,
    Encounter,
    Entitlement,
    Hold,
    WaitlistEntry,
)
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
from mediklaud.models.mail import CalendarFeed, Consent, PhoneCall
from mediklaud.models.people import Doctor, Patient
from mediklaud.models.schedule import Holiday, Leave, WorkingSession
from mediklaud.models.words import (
    LIVE,
    LIVE_SQL,
    TAKES_TIME_SQL,
    AppointmentStatus,
    CallOutcome,
    EmergencyReason,
    MessageStatus,
    Method,
    Priority,
    Purpose,
    Role,
    Sex,
    VisitKind,
)

__all__ = [
    "LIVE",
    "LIVE_SQL",
    "TAKES_TIME_SQL",
    "Account",
    "AccountRole",
    "Allocation",
    "Appointment",
    "AppointmentStatus",
    "AuditEvent",
    "CalendarFeed",
    "CallOutcome",
    "Charge",
    "Consent",
    "Doctor",
    "EmergencyReason",
    "Encounter",
    "Entitlement",
    "Hold",
    "Holiday",
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
    "PhoneCall",
    "Priority",
    "Purpose",
    "Receipt",
    "Role",
    "Sex",
    "SignIn",
    "SignInAttempt",
    "Tariff",
    "VisitKind",
    "WaitlistEntry",
    "WorkingSession",
]
