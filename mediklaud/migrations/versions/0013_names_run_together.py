"""Patients are found however their names are spelt apart: dsouza for D'Souza."""

import sqlalchemy as sa
from alembic import op

from mediklaud import text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT id, name FROM patient")).all()
    folded = [(one, text.folded(name)) for one, name in names]
    apart = [
        {"patient": one, "together": together}
        for one, name in folded
        if (together := text.run_together(name)) != name
    ]
    if apart:
        key = "UPDATE patient SET search_text = search_text || ' ' || :together WHERE id = :patient"
        connection.execute(sa.text(key), apart)
    # The triggers that keep SQLite's index are away while tables are made anew.
    if connection.dialect.name == "sqlite" and sa.inspect(connection).has_table("patient_search"):
        op.execute("INSERT INTO patient_search(patient_search) VALUES ('rebuild')")
