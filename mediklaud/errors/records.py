"""Whose record it is: a doctor's own patients, consultations, the broken glass."""

from mediklaud.errors.refusal import AccessRefused, Refusal


class NotYourPatient(AccessRefused):
    """You have no appointment with this patient, so the record stays closed to you."""


class NotYourAppointment(AccessRefused):
    """This appointment is with another doctor."""


class NotThatDay(Refusal):
    """This appointment is on another day. Arrivals and consultations belong to its own day."""


class AlreadyFinished(Refusal):
    """This consultation is finished already; its note is kept as it was."""


class OtherConsultationOpen(Refusal):
    """You have begun a consultation with {patient}. Finish that one first."""


class OwnPatient(Refusal):
    """{patient} is your own patient. Open the record from your list; nothing needs breaking."""


class AlreadyReviewed(Refusal):
    """This opening was reviewed already. The list shows what was noted."""


class OwnGlass(AccessRefused):
    """You opened this record yourself. Another Chief Medical Officer must review it."""


class GlassOfAnInactiveDoctor(AccessRefused):
    """You no longer see patients here, so nobody else's record opens to you. Ask the Chief Medical Officer."""
