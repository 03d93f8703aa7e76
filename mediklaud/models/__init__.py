"""All tables, their words and their named constraints, one file per part of the hospital."""

from mediklaud.models.accounts import Account, AccountRole, SignIn, SignInAttempt
from mediklaud.models.appointments import (
    Appointment,
    Encounter,
    Entitlement,
    Hold,
    WaitlistEntry,
)
from mediklaud.models.desk import PAPERS, AuditEvent, Hospital, Message
from mediklaud.models.ledger import Charge, NumberSeries, Service, ServicePrice, Tariff
from mediklaud.models.papers import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Paper
from mediklaud.models.payments import Allocation, Payment, PaymentReversal, Receipt, Refund
from mediklaud.models.people import Doctor, Patient
from mediklaud.models.schedule import Holiday, Leave, WorkingSession
from mediklaud.models.words import (
    LIVE,
    LIVE_SQL,
    TAKES_TIME_SQL,
    AppointmentStatus,
    BillWhen,
    CreditKind,
    EmergencyReason,
    InvoiceKind,
    MessageStatus,
    Method,
    Priority,
    ReceiptKind,
    Role,
    Sex,
    VisitKind,
)

__all__ = [
    "LIVE",
    "LIVE_SQL",
    "PAPERS",
    "TAKES_TIME_SQL",
    "Account",
    "AccountRole",
    "Allocation",
    "Appointment",
    "AppointmentStatus",
    "AuditEvent",
    "BillWhen",
    "Charge",
    "CreditKind",
    "CreditNote",
    "CreditNoteLine",
    "Doctor",
    "EmergencyReason",
    "Encounter",
    "Entitlement",
    "Hold",
    "Holiday",
    "Hospital",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "Leave",
    "Message",
    "MessageStatus",
    "Method",
    "NumberSeries",
    "Paper",
    "Patient",
    "Payment",
    "PaymentReversal",
    "Priority",
    "Receipt",
    "ReceiptKind",
    "Refund",
    "Role",
    "Service",
    "ServicePrice",
    "Sex",
    "SignIn",
    "SignInAttempt",
    "Tariff",
    "VisitKind",
    "WaitlistEntry",
    "WorkingSession",
]
