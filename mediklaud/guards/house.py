"""The house's own record: numbers, the audit log, sign-ins and codes, broken glass."""

from mediklaud.guards.guard import ALWAYS, Guard, for_life, frozen, frozen_but
from mediklaud.models import BreakGlass

HOUSE: tuple[Guard, ...] = (
    frozen_but("broken_glass_is_frozen", BreakGlass, "reviewed_at", "reviewed_by", "review_note"),
    Guard("a_glass_is_reviewed_once", "break_glass", ("UPDATE",), "OLD.reviewed_at IS NOT NULL"),
    Guard("broken_glass_is_never_deleted", "break_glass", ("DELETE",), ALWAYS),
    Guard("numbers_only_grow", "number_series", ("UPDATE",), "NEW.last <= OLD.last"),
    Guard("number_series_is_never_deleted", "number_series", ("DELETE",), ALWAYS),
    frozen("audit_is_append_only", "audit_event"),
    # Also against REPLACE by a program that does not ask SQLite for the triggers of DELETE.
    Guard(
        "audit_grows_at_its_end",
        "audit_event",
        ("INSERT",),
        # The newest is one look into the index; PostgreSQL would seek a newer row in all of them.
        "(SELECT max(e.id) FROM audit_event e) > NEW.id",
    ),
    Guard("audit_head_only_grows", "audit_head", ("UPDATE",), "NEW.row_count <= OLD.row_count"),
    Guard("audit_head_is_never_deleted", "audit_head", ("DELETE",), ALWAYS),
    Guard("an_ended_sign_in_stays_ended", "sign_in", ("UPDATE",), "OLD.ended_at IS NOT NULL"),
    Guard(
        "a_code_is_used_once",
        "password_code",
        ("UPDATE",),
        "OLD.used_at IS NOT NULL OR OLD.ended_at IS NOT NULL",
    ),
    Guard("a_recovery_code_is_used_once", "recovery_code", ("UPDATE",), "OLD.used_at IS NOT NULL"),
    Guard(
        "no_code_of_an_app_is_accepted_twice",
        "second_factor",
        ("UPDATE",),
        "NEW.last_step <= OLD.last_step",
    ),
    *for_life("doctor"),
    *for_life("patient"),
)
