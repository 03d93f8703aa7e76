"""The end of the cast's day in finance: plans, waivers, contacts, a close that is reopened."""

from datetime import timedelta

from mediklaud.database import transaction
from mediklaud.models import ContactKind, ContactOutcome, Method
from mediklaud.repository import (
    Count,
    Item,
    Part,
    ServiceForm,
    agree_plan,
    approve_waiver,
    ask_waiver,
    bill_services,
    close_day,
    end_plan,
    keep_service,
    note_contact,
    pause_reminders,
    price_service,
    refuse_waiver,
    remind_of_dues,
    reopen_day,
    set_discount_limit,
    set_share,
    till_of,
)
from tests.hospital import TODAY, ward_of

WEEK = timedelta(days=7)
YESTERDAY = TODAY - timedelta(days=1)


def close_the_till() -> None:
    """What finance does last, so that these tables hold rows too.

    Ben has four plasters on JMI/2627/000005 and pays it in two parts; a waiver of it waits. Of
    Asha's JMI/2627/000002 a waiver of 50 was refused, one of 100 approved, and a plan for the
    rest was ended. Ishaan has closed today, ten rupees short, and the CMO has reopened it; his
    yesterday is closed.
    """
    _plans_and_waivers()
    _talks_and_shares()
    with transaction() as db:
        ward = ward_of(db)
        exact = [
            Count(one.method, one.system_paise)
            for one in till_of(db, ward.ishaan, TODAY, by=ward.ishaan)
        ]
        cash = Count(Method.CASH, exact[0].counted_paise - 10_00, "Ten short")
        today = close_day(db, [cash, *exact[1:]], form="close-1", by=ward.ishaan)
        reopen_day(db, today, "Count once more", by=ward.khan)
        close_day(db, [], form="close-2", by=ward.ishaan, day=YESTERDAY)


def _plans_and_waivers() -> None:
    with transaction() as db:
        ward = ward_of(db)
        by = ward.ishaan
        set_discount_limit(db, by, 50_00, by=ward.tara)
        plaster = keep_service(db, ServiceForm("Plaster", "999312"), by=by)
        price_service(db, plaster, 150_00, TODAY, by=by)
        four = [Item(plaster, 4)]
        bill = bill_services(db, ward.ben, ward.rao, four, form="plasters", by=by)
        halves = [Part(TODAY + WEEK, 300_00), Part(TODAY + 2 * WEEK, 300_00)]
        agree_plan(db, ward.ben, halves, form="plan-1", by=by, bills=[bill.number])
        refused = ask_waiver(db, "JMI/2627/000002", 50_00, "Poor", form="waiver-1", by=by)
        refuse_waiver(db, refused, "Ask for more", by=ward.khan)
        approved = ask_waiver(db, "JMI/2627/000002", 100_00, "Poor", form="waiver-2", by=by)
        approve_waiver(db, approved, by=ward.khan)
        ask_waiver(db, bill.number, 100_00, "Poor", form="waiver-3", by=ward.meera)
        plan = agree_plan(db, ward.asha, [Part(TODAY + WEEK, 200_00)], form="plan-2", by=by)
        end_plan(db, plan, "She pays at once", by=by)


def _talks_and_shares() -> None:
    with transaction() as db:
        ward = ward_of(db)
        by, call = ward.ishaan, ContactKind.CALL
        note_contact(db, ward.ben, call, ContactOutcome.NO_ANSWER, form="talk-1", by=by)
        promised = {"promised_on": TODAY + WEEK, "form": "talk-2", "by": by}
        note_contact(db, ward.ben, call, ContactOutcome.PROMISED, **promised)
        pause_reminders(db, ward.ben, TODAY, "Asked for it", by=by)
        pause_reminders(db, ward.ben, TODAY + WEEK, "Has a plan", by=by)
        remind_of_dues(db, ward.asha, by=by)
        set_share(db, ward.iyer, TODAY, by=ward.khan)
        set_share(db, ward.rao, TODAY, basis_points=6000, by=ward.khan)
