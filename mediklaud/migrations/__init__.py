"""The database's way from release to release: run by init and at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from mediklaud import guards
from mediklaud.config import make_key, settings
from mediklaud.database import engine, kind_words, locked_for_upgrade, reshapable
from mediklaud.errors import DatabaseIsNewer


def _alembic(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision this program works with."""
    return ScriptDirectory.from_config(_alembic()).get_current_head() or ""


def present(connection: Connection) -> str:
    """The revision the database stands at; empty for a new one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade() -> bool:
    """Bring the database to this program's tables and guards, in one transaction.

    Servers that start together wait for one another. Returns whether anything changed. A
    database that holds nothing yet gets its key; one that holds rows never gets another.
    Refuses a database that a newer program wrote (DatabaseIsNewer).
    """
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    with kind_words(), reshapable(engine()) as connection:
        locked_for_upgrade(connection)
        found = present(connection)
        if not found or _holds_nothing(connection):
            make_key()
        if found == newest():
            return False
        guards.remove(connection)
        try:
            command.upgrade(_alembic(connection), "head")
        except CommandError as error:
            raise DatabaseIsNewer(revision=found) from error
        guards.install(connection)
    return True


def _holds_nothing(connection: Connection) -> bool:
    held = "SELECT EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM audit_event)"
    return not connection.execute(text(held)).scalar()
