"""Time that is promised once: appointments, holds, sessions, follow-ups, finished notes."""

from mediklaud.guards.guard import ALWAYS, PROMISED_NOW, WRITTEN, Guard, frozen
from mediklaud.models import LIVE_SQL, TAKES_TIME_SQL

LOCK_DOCTOR = "SELECT 1 FROM doctor WHERE id = NEW.doctor_id FOR UPDATE"


def _last_before(whose: str, which: str, but: str = "") -> str:
    # Such appointments never overlap one another, so only the last to start before the new
    # stretch ends can overlap it: one step in the index, however long the past.
    return f"""NEW.starts_at < (
        SELECT a.ends_at FROM appointment a
        WHERE a.{whose} = NEW.{whose} {but} AND a.{which.replace("overbook", "a.overbook")}
          AND a.starts_at < NEW.ends_at
        ORDER BY a.starts_at DESC LIMIT 1)"""  # nosec B608 # our own names


def _overlap(name: str, whose: str, which: str) -> Guard:
    last = _last_before(whose, which, "AND a.id <> NEW.id")
    breach = f"NEW.{which.replace('overbook', 'NEW.overbook')} AND {last}"
    return Guard(name, "appointment", WRITTEN, breach, only="sqlite")


def _shut(name: str, closed: str) -> Guard:
    """No time is promised in a stretch that is closed; what stood before stays."""
    breach = f"{PROMISED_NOW} AND EXISTS ({closed})"
    return Guard(name, "appointment", WRITTEN, breach, lock=LOCK_DOCTOR)


_SESSIONS_MEET = """
    EXISTS (SELECT 1 FROM working_session s
            WHERE s.doctor_id = NEW.doctor_id AND s.weekday = NEW.weekday AND s.id <> NEW.id
              AND s.begins_minute < NEW.ends_minute AND s.ends_minute > NEW.begins_minute
              AND s.valid_from <= coalesce(NEW.valid_to, s.valid_from)
              AND NEW.valid_from <= coalesce(s.valid_to, NEW.valid_from))"""

APPOINTMENTS: tuple[Guard, ...] = (
    _overlap("no_overlapping_appointments_of_a_doctor", "doctor_id", TAKES_TIME_SQL),
    _overlap("no_overlapping_appointments_of_a_patient", "patient_id", LIVE_SQL),
    _shut(
        "no_appointment_is_promised_in_a_leave",
        """SELECT 1 FROM leave l WHERE l.doctor_id = NEW.doctor_id AND l.withdrawn_at IS NULL
           AND l.begins_at < NEW.ends_at AND l.ends_at > NEW.starts_at""",
    ),
    _shut(
        "no_appointment_is_promised_on_a_holiday",
        """SELECT 1 FROM holiday h
           WHERE h.begins_at < NEW.ends_at AND h.ends_at > NEW.starts_at""",
    ),
    _shut(
        "no_appointment_takes_a_held_time",
        """SELECT 1 FROM hold h WHERE h.doctor_id = NEW.doctor_id AND NEW.overbook_number IS NULL
           AND h.starts_at < NEW.ends_at AND h.ends_at > NEW.starts_at""",
    ),
    # Whose time is over changes nothing that stands: it is a booking, and the gate is asked.
    Guard(
        "a_past_time_is_not_moved_past_the_gate",
        "appointment",
        ("INSERT",),
        """NEW.on_hold AND NEW.priority <> 'emergency' AND EXISTS (
           SELECT 1 FROM appointment a
           WHERE a.id = NEW.moved_from_id AND a.ends_at <= NEW.promised_at)""",
    ),
    Guard("appointment_is_never_deleted", "appointment", ("DELETE",), ALWAYS),
    Guard(
        "no_hold_takes_a_promised_time",
        "hold",
        WRITTEN,
        _last_before("doctor_id", TAKES_TIME_SQL),
        lock=LOCK_DOCTOR,
    ),
    Guard(
        "no_overlapping_holds_of_a_doctor",
        "hold",
        WRITTEN,
        """EXISTS (SELECT 1 FROM hold h WHERE h.doctor_id = NEW.doctor_id AND h.id <> NEW.id
           AND h.starts_at < NEW.ends_at AND h.ends_at > NEW.starts_at)""",
        only="sqlite",
    ),
    Guard(
        "no_more_follow_ups_than_entitled",
        "appointment",
        WRITTEN,
        f"""NEW.{LIVE_SQL} AND NEW.entitled_by_id IS NOT NULL AND
           (SELECT count(*) FROM appointment a
            WHERE a.entitled_by_id = NEW.entitled_by_id AND a.{LIVE_SQL})
           > coalesce((SELECT e.visits FROM entitlement e
                       WHERE e.granted_by_id = NEW.entitled_by_id
                         AND e.patient_id = NEW.patient_id AND e.doctor_id = NEW.doctor_id), 0)""",  # nosec B608 # our own names
        lock="SELECT 1 FROM entitlement WHERE granted_by_id = NEW.entitled_by_id FOR UPDATE",
    ),
    Guard(
        "a_voided_visit_gives_no_more_follow_ups",
        "appointment",
        WRITTEN,
        f"""NEW.{LIVE_SQL} AND {{used_now}}
           AND EXISTS (SELECT 1 FROM entitlement e WHERE e.granted_by_id = NEW.entitled_by_id)
           AND NOT EXISTS (SELECT 1 FROM charge c
            WHERE c.appointment_id = NEW.entitled_by_id AND c.voided_at IS NULL)""",  # nosec B608 # our own names
        lock="""SELECT 1 FROM charge
            WHERE appointment_id = NEW.entitled_by_id AND voided_at IS NULL FOR SHARE""",
    ),
    frozen("entitlement_is_frozen", "entitlement"),
    Guard(
        "no_overlapping_sessions_of_a_doctor",
        "working_session",
        ("INSERT", "UPDATE"),
        _SESSIONS_MEET,
        only="sqlite",
    ),
    Guard(
        "a_finished_note_is_kept", "encounter", ("UPDATE", "DELETE"), "OLD.finished_at IS NOT NULL"
    ),
)
