"""What CHECK and UNIQUE cannot say: rules over several rows, as triggers on both engines."""

from sqlalchemy import Connection, text

from mediklaud.guards.appointments import APPOINTMENTS
from mediklaud.guards.bills import BILLS
from mediklaud.guards.guard import Guard, on_postgresql, on_sqlite
from mediklaud.guards.house import HOUSE
from mediklaud.guards.promises import PAYERS, PLANS, WAIVERS
from mediklaud.guards.search import SEARCH
from mediklaud.guards.till import TILL

GUARDS: tuple[Guard, ...] = (*PLANS, *WAIVERS, *APPOINTMENTS, *BILLS, *TILL, *PAYERS, *HOUSE)


def of_engine(dialect: str) -> list[Guard]:
    """The guards that stand on this engine."""
    return [guard for guard in GUARDS if guard.only in ("", dialect)]


def remove(connection: Connection) -> None:
    """Take every guard away, so that tables can be made anew; `install` puts them back."""
    if connection.dialect.name == "sqlite":
        rows = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        rows = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
    for trigger, table in connection.execute(text(rows.replace(":", r"\:"))).all():
        of_table = "" if connection.dialect.name == "sqlite" else f" ON {table}"
        connection.execute(text(f"DROP TRIGGER {trigger}{of_table}"))


def install(connection: Connection) -> None:
    """Put every guard and the search index in place, as this program knows them."""
    dialect = connection.dialect.name
    write = on_sqlite if dialect == "sqlite" else on_postgresql
    for guard in of_engine(dialect):
        for statement in write(guard):
            connection.execute(text(statement.replace(":", r"\:")))
    for statement in SEARCH[dialect]:
        connection.execute(text(statement.replace(":", r"\:")))
