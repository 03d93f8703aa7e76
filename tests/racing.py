"""Desks that press the button at the same moment: threads in processes of their own.

A process is started as `python -m tests.racing`. It reads one race a line from stdin, moves
into the house the line names, says "ready", waits for "go" and answers with one outcome for
every call. Parent and child speak JSON.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy import bindparam
from sqlalchemy import select as bare_select
from sqlmodel import Session, col, select
from time_machine import escape_hatch

from mediklaud import config, database
from mediklaud.clock import today
from mediklaud.database import columns_of, reading, transaction
from mediklaud.errors import Refusal
from mediklaud.hot import Hot
from mediklaud.models import (
    Appointment,
    Doctor,
    Hospital,
    Method,
    Patient,
    Payment,
    PaymentPlan,
    Role,
    Service,
    VisitKind,
)
from mediklaud.repository import (
    Count,
    Item,
    Wishes,
    account_named,
    appointments,
    begin_consultation,
    bill_services,
    book_appointment,
    cancel_credit_note,
    change_account,
    close_day,
    end_plan,
    enroll_patient,
    finish_consultation,
    first_free,
    grant_leave,
    hold_time,
    move_appointment,
    patients,
    restore_appointment,
    reverse_payment,
    take_payment,
    till_of,
)
from tests.hospital import ASHA, NINE_O_CLOCK

_HOUSE = ("HOUSE_NUMBER", "MEDIKLAUD_DATA_DIR", "MEDIKLAUD_DATABASE_URL")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Outcome:
    """What one desk was told: what it got, or the refusal and its sentence."""

    got: str = ""
    refusal: str = ""
    said: str = ""


# What a desk can be told to do; each in a transaction of its own, opened at the go.


def _time(db: Session, call: dict[str, Any]) -> tuple[Doctor, datetime]:
    return db.get_one(Doctor, call["doctor"]), datetime.fromisoformat(call["starts_at"])


def _desk(db: Session, call: dict[str, Any]) -> dict[str, Any]:
    return {"form": call["form"], "by": account_named(db, call.get("by", "meera"))}


def _book(db: Session, call: dict[str, Any]) -> object:
    patient, kind = db.get_one(Patient, call["patient"]), VisitKind(call.get("kind", "first"))
    return book_appointment(db, patient, *_time(db, call), kind, **_desk(db, call)).id


def _hold(db: Session, call: dict[str, Any]) -> object:
    kind = VisitKind(call.get("kind", "first"))
    return hold_time(db, *_time(db, call), kind, **_desk(db, call)).id


def _move(db: Session, call: dict[str, Any]) -> object:
    appointment = db.get_one(Appointment, call["appointment"])
    return move_appointment(db, appointment, *_time(db, call), **_desk(db, call)).id


def _restore(db: Session, call: dict[str, Any]) -> object:
    appointment = db.get_one(Appointment, call["appointment"])
    return restore_appointment(db, appointment, by=account_named(db, "meera")).id


def _leave(db: Session, call: dict[str, Any]) -> object:
    doctor, day = db.get_one(Doctor, call["doctor"]), date.fromisoformat(call["day"])
    hours = {"begins_minute": call["begins_minute"], "ends_minute": call["ends_minute"]}
    khan = account_named(db, "khan")
    return grant_leave(db, doctor, day, day, form=call["form"], by=khan, **hours).id


def _begin(db: Session, call: dict[str, Any]) -> object:
    by = account_named(db, call["by"])
    return begin_consultation(db, db.get_one(Appointment, call["appointment"]), by=by).id


def _see(db: Session, call: dict[str, Any]) -> object:
    by = account_named(db, call["by"])
    appointment = db.get_one(Appointment, call["appointment"])
    bill = finish_consultation(db, begin_consultation(db, appointment, by=by), "Rest.", by=by)
    return bill and bill.number


def _pay(db: Session, call: dict[str, Any]) -> object:
    patient, by = db.get_one(Patient, call["patient"]), account_named(db, "ishaan")
    return take_payment(db, patient, call["paise"], Method.CASH, form=call["form"], by=by).number


def _enroll(db: Session, call: dict[str, Any]) -> object:
    return enroll_patient(db, ASHA, form=call["form"], by=account_named(db, "meera")).number


def _disable(db: Session, call: dict[str, Any]) -> object:
    by, account = account_named(db, call["by"]), account_named(db, call["account"])
    return change_account(db, account, {Role.ADMINISTRATOR}, by=by, active=False).id


def _bill(db: Session, call: dict[str, Any]) -> object:
    patient, doctor = db.get_one(Patient, call["patient"]), db.get_one(Doctor, call["doctor"])
    items = [Item(db.get_one(Service, call["service"]))]
    by = account_named(db, "ishaan")
    return bill_services(db, patient, doctor, items, form=call["form"], by=by).number


def _reverse(db: Session, call: dict[str, Any]) -> object:
    payment = db.get_one(Payment, call["payment"])
    return reverse_payment(db, payment, "Bounced", by=account_named(db, "ishaan")).id


def _cancel_credit(db: Session, call: dict[str, Any]) -> object:
    return cancel_credit_note(db, call["credit"], "A slip", by=account_named(db, "ishaan")).number


def _end_plan(db: Session, call: dict[str, Any]) -> object:
    plan = db.get_one(PaymentPlan, call["plan"])
    return end_plan(db, plan, "Asked for it", by=account_named(db, "ishaan")).id


def _close_day(db: Session, call: dict[str, Any]) -> object:
    by = account_named(db, call["by"])
    day = today(db.exec(select(Hospital.zone)).one())
    counts = [Count(one.method, one.system_paise) for one in till_of(db, by, day, by=by)]
    return close_day(db, counts, form=call["form"], by=by).id


DEEDS: dict[str, Callable[[Session, dict[str, Any]], object]] = {
    "book": _book,
    "begin": _begin,
    "see": _see,
    "pay": _pay,
    "enroll": _enroll,
    "disable": _disable,
    "hold": _hold,
    "move": _move,
    "restore": _restore,
    "leave": _leave,
    "bill": _bill,
    "reverse": _reverse,
    "cancel credit": _cancel_credit,
    "end plan": _end_plan,
    "close day": _close_day,
}


def _earliest(call: dict[str, Any]) -> dict[str, Any]:
    """Look for the earliest free time of any of the call's doctors, as the screen offers it."""
    with reading() as db:
        doctors = [db.get_one(Doctor, one) for one in call["any_of"]]
        kind, day = VisitKind.FIRST, date.fromisoformat(call["first_day"])
        by = account_named(db, call.get("by", "meera"))
        wishes = Wishes(begins_minute=call["begins_minute"])
        found = first_free(db, doctors, kind, first_day=day, wishes=wishes, clerk=by)[0]
    return {**call, "doctor": found.doctor_id, "starts_at": found.starts_at.isoformat()}


# A desk that dawdles, and desks that take no locks: what makes a race sure to be lost without them.

_dawdle = threading.local()
_gate = appointments.passed_gate
_LOCKED = patients._LOCKED
_UNLOCKED = (
    bare_select(Patient, Hospital)
    .join(Hospital, col(Hospital.id) == 1)
    .where(col(Patient.id) == bindparam("patient_id"))
    .execution_options(populate_existing=True)
)
_LOCKED_TO_READ = patients._LOCKED_TO_READ
_UNLOCKED_TO_READ = Hot(
    bare_select(*columns_of(Patient), *columns_of(Hospital))
    .join(Hospital, col(Hospital.id) == 1)
    .where(col(Patient.id) == bindparam("patient_id"))
)
_begin_sqlite = database._begin_sqlite


def _passed_gate(*asked: Any) -> dict[str, Any]:
    """Ask the gate, and look out of the window before the booking is written."""
    seen = _gate(*asked)
    _wait(getattr(_dawdle, "seconds", 0))
    return seen


def _wait(seconds: float) -> None:
    if seconds:
        threading.Event().wait(seconds)


def _use_locks(wanted: bool) -> None:
    """On PostgreSQL the lock of a patient's row; on SQLite the writer's, taken as a deed begins."""
    before = patients._LOCKED
    patients._LOCKED = _LOCKED if wanted else _UNLOCKED
    patients._LOCKED_TO_READ = _LOCKED_TO_READ if wanted else _UNLOCKED_TO_READ
    database._begin_sqlite = _begin_sqlite if wanted else lambda connection: None
    if before is not patients._LOCKED:
        database.engine().dispose()
        database.engine_for.cache_clear()


def _tell(call: dict[str, Any]) -> Outcome:
    _wait(call.get("after", 0))
    _dawdle.seconds = call.get("dawdles", 0)
    try:
        call = _earliest(call) if "any_of" in call else call
        with transaction() as db:
            return Outcome(got=str(DEEDS[call["do"]](db, call)))
    except Refusal as refusal:
        return Outcome(refusal=type(refusal).__name__, said=str(refusal))
    except Exception as error:
        return Outcome(refusal=type(error).__name__, said=str(error))


def _run(desks: list[list[dict[str, Any]]]) -> list[Outcome]:
    told: list[list[Outcome]] = [[] for _ in desks]
    start = threading.Barrier(len(desks) + 1)

    def sit(calls: list[dict[str, Any]], outcomes: list[Outcome]) -> None:
        with reading() as db:  # a connection is made before the race, not in it
            db.exec(select(Hospital.id)).one()
        start.wait()
        outcomes.extend(map(_tell, calls))

    threads = [threading.Thread(target=sit, args=pair) for pair in zip(desks, told, strict=True)]
    for thread in threads:
        thread.start()
    while start.n_waiting < len(desks):
        threading.Event().wait(0.001)
    print("ready", flush=True)
    sys.stdin.readline()
    start.wait()
    for thread in threads:
        thread.join()
    return [outcome for outcomes in told for outcome in outcomes]


def _move_in(house: dict[str, str]) -> None:
    if any(os.environ.get(name) != value for name, value in house.items()):
        database.engine().dispose()
        os.environ.update(house)
        for kept in (config.settings, config.key, database.engine_for):
            kept.cache_clear()


def _agree(traveller: time_machine.Traveller, ahead: float) -> None:
    # Papers are in order of their moments, so the desks' clocks must agree to a hair. Between
    # asking for the time and setting it the process may be put aside; then once more.
    while abs(time.time() - escape_hatch.time.time() - ahead) > 50e-6:
        traveller.move_to(escape_hatch.time.time() + ahead, tick=True)


def main() -> None:
    """Run one race after the other until stdin ends."""
    appointments.passed_gate = _passed_gate
    with time_machine.travel(NINE_O_CLOCK, tick=True) as traveller:
        for line in sys.stdin:
            race = json.loads(line)
            _move_in(race["house"])
            _use_locks(race["locks"])
            _agree(traveller, race["ahead"])
            print(json.dumps([vars(one) for one in _run(race["desks"])]), flush=True)


class Race:
    """Two processes, each with half of the desks."""

    def __init__(self) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.racing"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]

    def run(
        self, *desks: list[dict[str, Any]] | dict[str, Any], locks: bool = True
    ) -> list[Outcome]:
        """Let every desk make its calls, all starting at once; what each call came to."""
        house = {name: os.environ[name] for name in _HOUSE}
        ahead = time.time() - escape_hatch.time.time()
        each = [desk if isinstance(desk, list) else [desk] for desk in desks]
        for process, half in zip(self._processes, (each[::2], each[1::2]), strict=True):
            race = {"house": house, "ahead": ahead, "desks": half, "locks": locks}
            self._say(process, json.dumps(race))
        for process in self._processes:
            assert self._hear(process) == "ready"
        for process in self._processes:
            self._say(process, "go")
        heard = [json.loads(self._hear(process)) for process in self._processes]
        return [Outcome(**one) for half in heard for one in half]

    def close(self) -> None:
        """Send both processes home."""
        for process in self._processes:
            process.communicate(timeout=30)

    def _say(self, process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()

    def _hear(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()


if __name__ == "__main__":
    main()
