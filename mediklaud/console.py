"""What the commands of the console share: refusals as sentences, and a database that is ready.

Everything heavy is imported inside, so that --help answers at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sqlmodel import Session


@contextmanager
def kindly() -> Iterator[None]:
    """Print what refuses a command as its sentence to stderr, and leave with exit code 1."""
    from tomllib import TOMLDecodeError

    from pydantic import ValidationError

    from mediklaud.errors import Refusal, SettingNotUsable

    try:
        yield
        return
    except Refusal as error:
        refusal: Refusal = error
    except ValidationError as error:
        # Only where and why: the value may hold a password.
        first = error.errors()[0]
        name = "_".join(map(str, first["loc"])).upper()
        refusal = SettingNotUsable(name=f"MEDIKLAUD_{name}", why=first["msg"])
    except TOMLDecodeError as error:
        refusal = SettingNotUsable(name=".streamlit/secrets.toml", why=error)
    typer.echo(str(refusal), err=True)
    raise typer.Exit(1)


@contextmanager
def deed() -> Iterator[Session]:
    """One deed of the console in one transaction, on a hospital that is set up."""
    with kindly():
        from mediklaud.database import transaction

        refuse_other_release()
        with transaction() as db:
            refuse_empty(db)
            yield db


def upgraded() -> bool:
    """Bring the database to this release's tables; returns whether anything changed."""
    from mediklaud import migrations

    reach()
    return migrations.upgrade()


def refuse_other_release() -> None:
    """Refuse a database of another release: only init and the servers upgrade one."""
    from mediklaud import migrations
    from mediklaud.database import reading
    from mediklaud.errors import DatabaseNotPrepared

    reach()
    with reading() as db:
        found = migrations.present(db.connection())
    if found != migrations.newest():
        raise DatabaseNotPrepared(found=found or "none", wanted=migrations.newest())


def refuse_empty(db: Session) -> None:
    """Refuse while no hospital is set up (NotSetUp)."""
    from mediklaud.errors import NotSetUp
    from mediklaud.repository import is_set_up

    if not is_set_up(db):
        raise NotSetUp()


def reach() -> None:
    """Refuse kindly where the data folder or the database cannot be used at all."""
    from tempfile import TemporaryFile

    from sqlalchemy import text
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    from mediklaud.config import key_path, settings
    from mediklaud.database import reading
    from mediklaud.errors import DatabaseNotUnderstood, DataFolderNotUsable

    try:
        settings().data_dir.mkdir(parents=True, exist_ok=True)
        if not key_path().exists():
            TemporaryFile(dir=settings().data_dir).close()
    except OSError as error:
        raise DataFolderNotUsable(path=settings().data_dir) from error
    try:
        with reading() as db:
            db.execute(text("SELECT 1"))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise DatabaseNotUnderstood() from error
