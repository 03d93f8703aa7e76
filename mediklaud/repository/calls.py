"""Letters that reached nobody become work: whom to call, what came of it, and sending again."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from mediklaud import clock, contact, papers, text
from mediklaud.database import expecting, there
from mediklaud.errors import (
    LetterNotNeeded,
    LetterOnItsWay,
    NoAddressToSendTo,
    NotFound,
    StaleForm,
)
from mediklaud.languages import moment_words, words_in, zone_words
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    CallOutcome,
    Doctor,
    Message,
    MessageStatus,
    Patient,
    PhoneCall,
)
from mediklaud.permissions import MAY, Deed
from mediklaud.repository.addresses import address_by_now, address_of
from mediklaud.repository.audit import note_deed, permit, roles_of
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import NOBODY_TOLD, WOULD_COME, letters_of
from mediklaud.repository.visits import Visit, visits_where

_UNDELIVERED = (MessageStatus.FAILED, MessageStatus.UNADDRESSED)
_WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)
# What has not left for so long, a person tells instead.
LATE = timedelta(minutes=15)
# So many stand on the list at once; the next come up as these are told.
CALLS_LISTED = 500


def letters_to_call(db: Session, *, by: Account) -> list[Visit]:
    """Appointments to come whose newest letter reached nobody: these patients are called.

    So are those whose letter has not left for 15 minutes, and those whose appointment is
    off, since they would stand before a closed door. Whoever was told, or was handed the
    slip, is on the list no more. The first 500, by time.
    """
    permit(db, by, Deed.SEE_DAY)
    late = and_(col(Message.status).in_(_WAITING), col(Message.queued_at) < clock.now() - LATE)
    undelivered = select(Message.appointment_id).where(
        col(Message.appointment_id).is_not(None),
        or_(col(Message.status).in_(_UNDELIVERED), late),
        *NOBODY_TOLD,
    )
    return visits_where(
        db,
        WOULD_COME,
        Appointment.starts_at > clock.now(),
        col(Appointment.id).in_(undelivered),
        at_most=CALLS_LISTED,
    )


def did_not_arrive(letter: Message) -> bool:
    """Whether a letter reached nobody, or has not left for too long, mailroom or not."""
    late = letter.status in _WAITING and letter.queued_at < clock.now() - LATE
    return letter.status in _UNDELIVERED or late


def calls_about(db: Session, visits: Collection[Visit], *, by: Account) -> dict[int, PhoneCall]:
    """The last call about the newest letter of each appointment, by the letter's id."""
    permit(db, by, Deed.SEE_DAY)
    return _last_calls(db, {one.letter.id or 0 for one in visits if one.letter})


def _last_calls(db: Session, message_ids: Collection[int]) -> dict[int, PhoneCall]:
    rows = select(PhoneCall).where(col(PhoneCall.message_id).in_(message_ids))
    return {call.message_id: call for call in db.exec(rows.order_by(col(PhoneCall.id)))}


def log_call(
    db: Session, letter: Message, outcome: CallOutcome, note: str, *, form: str, by: Account
) -> PhoneCall:
    """Write down what came of calling a patient whom no letter reached.

    A second click is the same call: a_second_click_is_the_same_call.
    """
    permit(db, by, Deed.CALL_PATIENTS, letter)
    there(db.get(Message, letter.id), "message", letter.id)
    same_click = select(PhoneCall).where(PhoneCall.form == form)
    found = db.exec(same_click).first()
    if found is not None:
        return found
    call = PhoneCall(
        message_id=letter.id or 0,
        outcome=CallOutcome(outcome),
        note=text.note(note, field="Note", at_most=200),
        called_at=clock.now(),
        called_by=by.id,
        form=form,
    )
    try:
        with expecting(db, a_second_click_is_the_same_call=StaleForm()):
            db.add(call)
    except StaleForm:
        return db.exec(same_click).one()
    note_deed(db, by, "patient called", f"message/{letter.id}", outcome=call.outcome.value)
    return call


def resend_letter(db: Session, letter: Message, *, by: Account) -> Message:
    """Send a letter again that reached nobody, to the address its patient or payer has now.

    It keeps its Message-ID. Refuses one that a mailroom holds or was taken (LetterOnItsWay),
    news that is old by now (LetterNotNeeded), and where no address is known yet
    (NoAddressToSendTo).
    """
    permit(db, by, Deed.RESEND_LETTERS, letter)
    wanted = select(Message).where(Message.id == letter.id).with_for_update()
    found = db.exec(wanted.execution_options(populate_existing=True)).first()
    kept = there(found, "message", letter.id)
    held = kept.status is MessageStatus.SENDING and kept.next_attempt_at > clock.now()
    if held or not did_not_arrive(kept):
        raise LetterOnItsWay(state=kept.status.value)
    address = _address_now(db, kept)
    if not address:
        # The administrator sees no patients.
        sees_names = roles_of(db, by) & MAY[Deed.CALL_PATIENTS]
        raise NoAddressToSendTo(name=kept.to_name if sees_names else "its reader")
    # What may have left, or was heard at the desk, is not forgotten: a cancellation is still
    # to be told.
    heard_here = kept.status is MessageStatus.UNADDRESSED
    kept.attempts, kept.outcome = 1 if heard_here else min(kept.attempts, 1), ""
    kept.to_address, kept.status = address, MessageStatus.QUEUED
    kept.queued_at = kept.next_attempt_at = clock.now()
    db.flush()
    note_deed(db, by, "letter sent again", f"message/{kept.id}", kind=kept.kind)
    return kept


def _address_now(db: Session, letter: Message) -> str | None:
    if letter.appointment_id is None:
        return address_by_now(db, letter)
    appointment = db.get_one(Appointment, letter.appointment_id)
    newest = letters_of(db, [letter.appointment_id]).get(letter.appointment_id)
    if newest is None or newest.id != letter.id or appointment.starts_at <= clock.now():
        raise LetterNotNeeded()
    return address_of(db.get_one(Patient, appointment.patient_id))


def undelivered_letters(
    db: Session, *, by: Account, back: timedelta = timedelta(days=30)
) -> list[Message]:
    """Letters that failed lately, for those who look after the mail; the newest first."""
    permit(db, by, Deed.SEE_LETTERS)
    rows = (
        select(Message)
        .where(Message.status == MessageStatus.FAILED, Message.queued_at >= clock.now() - back)
        .order_by(col(Message.queued_at).desc())
        .limit(200)
    )
    return list(db.exec(rows))


def slip_paper(db: Session, appointment_id: int, *, by: Account) -> papers.Slip:
    """An appointment as a slip says it, in the patient's language; refuses one that is off."""
    permit(db, by, Deed.SEE_DAY, f"appointment/{appointment_id}")
    hospital, one = the_hospital(db), db.get(Appointment, appointment_id)
    if one is None or one.status is not AppointmentStatus.BOOKED:
        raise NotFound(what="appointment", subject=f"appointment/{appointment_id}")
    patient, doctor = db.get_one(Patient, one.patient_id), db.get_one(Doctor, one.doctor_id)
    words, now = words_in(patient.language), clock.now()
    place = ", ".join((hospital.name, *hospital.address.splitlines()))
    return papers.Slip(
        hospital=papers.Hospital(
            hospital.name,
            hospital.address,
            contact.phone_words(hospital.phone),
            hospital.email,
            hospital.gstin,
        ),
        title=words["slip"],
        patient_name=patient.name,
        patient_number=patient.number,
        doctor_name=doctor.name,
        specialty=doctor.specialty,
        when_label=words["when"],
        when=moment_words(one.starts_at, hospital.zone, patient.language),
        zone=zone_words(hospital.zone, patient.language),
        where_label=words["where"],
        where=place,
        words=(words["bring"], words["change"].format(phone=contact.phone_words(hospital.phone))),
        printed_on=clock.day_of(now, hospital.zone),
        printed_at_words=clock.paper_words(now, hospital.zone),
        foot=words["slip_foot"],
    )
