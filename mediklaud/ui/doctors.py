"""What the CMO's pages share: choosing a doctor, the record's fields, lists of a doctor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st
from sqlmodel import Session

from mediklaud import clock, contact
from mediklaud.models import Appointment, Doctor, Patient, Tariff, VisitKind
from mediklaud.money import figures, read_rupees, rupees
from mediklaud.registers import COUNCILS, SPECIALTIES
from mediklaud.repository import DoctorForm
from mediklaud.ui import choose, show, sums
from mediklaud.ui.desk import carry, fresh_forms

Fees = Mapping[tuple[int, VisitKind], int]
_DOCTOR = "doctor-chosen"
_FEE_NAMES = {
    VisitKind.FIRST: "Consultation",
    VisitKind.FOLLOW_UP: "Follow-up",
    VisitKind.PROCEDURE: "Procedure",
}


@dataclass(frozen=True)
class TypedDoctor:
    """A doctor's record as typed, the fees still in words."""

    name: str
    phone: str
    email: str
    specialty: str
    qualifications: str
    council: str
    registration: str
    expires_on: date | None
    consultation_fee: str
    follow_up_fee: str
    procedure_fee: str
    # None where they hold from today on.
    fees_from: date | None = None

    def form(self) -> DoctorForm:
        """The same with the fees in paise; refuses what is no amount."""
        return DoctorForm(
            self.name,
            self.phone,
            self.email,
            self.specialty,
            self.qualifications,
            self.council,
            self.registration,
            read_rupees(self.consultation_fee, field="Consultation fee"),
            read_rupees(self.follow_up_fee, field="Follow-up fee"),
            self.expires_on,
            self._procedure_fee_paise(),
        )

    def _procedure_fee_paise(self) -> int | None:
        typed = self.procedure_fee.strip()
        return read_rupees(typed, field="Procedure fee") if typed else None


def fields(
    form: str, kept: Doctor | None = None, fees: Fees | None = None, today: date | None = None
) -> TypedDoctor:
    """The fields of a doctor's record, empty or filled with what is kept and costs today."""
    left, right = st.columns(2)
    with left:
        name = choose.words("Name", form, value=_kept(kept, "name"), placeholder="Dr …")
        phone = choose.words("Phone", form, value=contact.phone_words(kept.phone) if kept else "")
        email = choose.words("Email", form, value=_kept(kept, "email"))
        specialty = choose.one(
            "Specialty",
            sorted({*SPECIALTIES, _kept(kept, "specialty")} - {""}),
            form,
            chosen=_kept(kept, "specialty"),
            more=True,
        )
        qualifications = choose.words(
            "Qualifications",
            form,
            value=_kept(kept, "qualifications"),
            placeholder="MBBS, MD (Medicine)",
        )
    with right:
        council = choose.one("State council", COUNCILS, form, chosen=_kept(kept, "council"))
        registration = choose.words("Registration number", form, value=_kept(kept, "registration"))
        expires_on = choose.day(
            "Registration valid until (empty where it does not end)",
            form,
            value=kept.registration_expires_on if kept else None,
        )
        consultation = choose.amount(
            "Consultation fee", form, value_paise=_fee(kept, fees, VisitKind.FIRST)
        )
        follow_up = choose.amount(
            "Follow-up fee", form, value_paise=_fee(kept, fees, VisitKind.FOLLOW_UP)
        )
        procedure = choose.words(
            "Procedure fee",
            form,
            value=_figures(_fee(kept, fees, VisitKind.PROCEDURE)),
            placeholder="Empty: no procedures",
        )
        fees_from = choose.day("Fees from", form, value=today, first=today) if kept else None
    return TypedDoctor(
        name,
        phone,
        email,
        specialty or "",
        qualifications,
        council or "",
        registration,
        expires_on,
        consultation,
        follow_up,
        procedure,
        fees_from,
    )


def _kept(kept: Doctor | None, word: str) -> str:
    return getattr(kept, word) if kept else ""


def _fee(kept: Doctor | None, fees: Fees | None, kind: VisitKind) -> int | None:
    return fees.get((kept.id or 0, kind)) if kept and fees else None


def _figures(fee_paise: int | None) -> str:
    return "" if fee_paise is None else figures(fee_paise)


def chosen(found: Sequence[Doctor]) -> Doctor | None:
    """The doctor this desk is busy with, kept from page to page."""
    by_id = {doctor.id: doctor for doctor in found}

    def shown(doctor_id: int | None) -> str:
        doctor = by_id[doctor_id]
        state = "" if doctor.active else " · inactive"
        return f"{doctor.name} · {doctor.specialty} · {doctor.number}{state}"

    doctor_id = st.selectbox(
        "Doctor",
        list(by_id),
        index=None,
        format_func=shown,
        key=_DOCTOR,
        placeholder="Type a piece of the name, or choose …",
        persist_state="session",
        on_change=fresh_forms,
    )
    if doctor_id is None:
        st.info("Choose a doctor.", icon=":material/stethoscope:")
    return by_id.get(doctor_id)


def keep(db: Session, doctor: Doctor) -> None:
    """Let this desk be busy with a doctor once the deed is written, under the name it then has."""
    carry(db, **{_DOCTOR: doctor.id})


def shown_version(form: str, doctor: Doctor) -> int:
    """The version of the record that this form was filled from."""
    return int(st.session_state.setdefault(f"{form}/version", doctor.version))


def listed(found: Sequence[Doctor], fees: Fees, coming: Sequence[Tariff]) -> None:
    """Doctors as a table, with the fees of today and those that are to come."""
    names = {
        "number": "Number",
        "name": "Name",
        "specialty": "Specialty",
        "state": "State",
        "consultation_paise": "Consultation",
        "follow_up_paise": "Follow-up",
        "procedure": "Procedure",
        "coming": "Later fees",
        "phone": "Phone",
        "council": "Council",
        "registration": "Registration",
        "valid_until": "Valid until",
    }
    rows = [
        (
            doctor.number,
            doctor.name,
            doctor.specialty,
            "Active" if doctor.active else "Inactive",
            fees[doctor.id or 0, VisitKind.FIRST],
            fees[doctor.id or 0, VisitKind.FOLLOW_UP],
            # Text, since a doctor who does none has no sum.
            rupees(fees[key]) if (key := (doctor.id or 0, VisitKind.PROCEDURE)) in fees else "",
            coming_words([one for one in coming if one.doctor_id == doctor.id]),
            contact.phone_words(doctor.phone),
            doctor.council,
            doctor.registration,
            day_words(doctor.registration_expires_on),
        )
        for doctor in found
    ]
    frame = pd.DataFrame(rows, columns=list(names))
    sums.table(frame, names, alt="Doctors", height=sums.at_most(len(found)))


def coming_words(coming: Sequence[Tariff]) -> str:
    """Which fees take effect later: Consultation ₹900.00 from 1 Apr 2027."""
    return ", ".join(
        f"{_FEE_NAMES[one.kind]} {rupees(one.price_paise)} "
        f"from {one.effective_from.day} {one.effective_from:%b %Y}"
        for one in coming
    )


def bookings(booked: Sequence[tuple[Appointment, Patient]], zone: str, *, alt: str) -> None:
    """A doctor's booked appointments; whoever moves them finds the phones on that list."""
    starts = [clock.local(appointment.starts_at, zone) for appointment, _ in booked]
    show.table(
        [
            {
                "Day": at.date(),
                "Time": f"{at:%H:%M}",
                "Patient": patient.name,
                "Number": patient.number,
            }
            for at, (_, patient) in zip(starts, booked, strict=True)
        ],
        alt=alt,
    )


def day_words(day: date | None) -> str:
    """A day as lists show it; empty where there is none."""
    return f"{day:%d %b %Y}" if day else ""
