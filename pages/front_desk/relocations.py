"""The front desk or the CMO's office moves the patients whose time is gone."""

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import best_times, relocate, stranded, the_hospital
from mediklaud.ui import relocations, show
from mediklaud.ui.desk import open_desk, record, say, submission_id

me = open_desk("Patients to move", Role.FRONT_DESK, Role.CMO, Role.REGISTRAR)

with reading() as db:
    hospital = the_hospital(db)
    listed = stranded(db, by=me)
    best = best_times(db, listed.found, by=me)

relocations.head(listed)
asked = relocations.worklist(listed.found, best, submission_id(), hospital, me=me)
if asked:
    with asked.place, record() as db:
        moved = relocate(
            db,
            asked.appointment,
            asked.offer.doctor,
            asked.offer.starts_at,
            form=asked.form,
            by=me,
        )
        say(db, relocations.moved_words(moved, asked, hospital))
show.mail_state()
