"""The front desk or the CMO's office moves the patients whose time is gone."""

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import best_times, stranded, the_hospital
from mediklaud.ui import relocations, show
from mediklaud.ui.desk import open_desk, submission_id

me = open_desk("Patients to move", Role.FRONT_DESK, Role.CMO, Role.REGISTRAR)

with reading() as db:
    hospital = the_hospital(db)
    listed = stranded(db, by=me)
    best = best_times(db, listed.found, by=me)

relocations.head(listed)
asked = relocations.worklist(listed.found, best, submission_id(), hospital, me=me)
relocations.make(asked, hospital, me)
show.mail_state()
