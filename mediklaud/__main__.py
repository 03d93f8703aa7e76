"""The command line: python -m mediklaud. Each command says what it did, in one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediklaud.console import deed, kindly, reach, refuse_empty, refuse_other_release, upgraded

# The house is imported inside the commands, so that --help answers at once.
if TYPE_CHECKING:
    from sqlmodel import Session

    from mediklaud.models import Doctor, Role

ROLES = ("cmo", "registrar", "front_desk", "doctor", "finance", "administrator")
_ROLE_HELP = f"A role, once for each it holds: {', '.join(ROLES)}."

app = typer.Typer(
    help="MediKlaud: the front desk, the consulting rooms and the till of a hospital.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
account_app = typer.Typer(help="Keep accounts from the server's own console.", no_args_is_help=True)
app.add_typer(account_app, name="account")
bench_app = typer.Typer(help="Measure the house in a database of its own.", no_args_is_help=True)
app.add_typer(bench_app, name="bench")

_BENCH_SIZES = "10000,1000000"
_BenchPatients = Annotated[int, typer.Option(min=100, help="Patients they are spread over.")]
_OnPostgreSQL = Annotated[
    bool, typer.Option("--postgresql", help="On PostgreSQL instead of SQLite.")
]
_BenchUrl = Annotated[str, typer.Option(help="The URL of an empty PostgreSQL database.")]
_Username = Annotated[str, typer.Argument(help="The name the person signs in with.")]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to serve on; empty: as set.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: as set.")] = 0,
) -> None:
    """Create or upgrade the database, then serve MediKlaud until stopped."""
    with kindly():
        from mediklaud.config import settings

        for name, value in (("MEDIKLAUD_HOST", host), ("MEDIKLAUD_PORT", port)):
            if value:
                os.environ[name] = str(value)
        settings.cache_clear()
        from mediklaud.safe_start import refuse_unsafe, refuse_unsafe_switches
        from mediklaud.server import serve as run

        refuse_unsafe_switches()
        upgraded()
        refuse_unsafe()

        where = f"http://{_reachable(settings().host)}:{settings().port}"
        _say(f"MediKlaud opens at {where}. Stop it with Ctrl+C.")
        run()


@app.command()
def init() -> None:
    """Create the database, or upgrade it to this release's tables."""
    with kindly():
        from mediklaud import migrations
        from mediklaud.database import reading
        from mediklaud.repository import first_visit_code, is_set_up

        changed = upgraded()
        done = "The database is ready" if changed else "The database was ready already"
        _say(f"{done}, at revision {migrations.newest()}.")
        with reading() as db:
            if not is_set_up(db):
                _say(
                    f"The hospital is not set up yet: serve, open the page in a browser, and "
                    f"type the one-time code {first_visit_code()}."
                )


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Another number invents other patients.")] = 1,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The demo's present day; without it, today."),
    ] = None,
) -> None:
    """Load the invented hospital into an empty database."""
    with kindly():
        from mediklaud.demo import load_demo

        upgraded()
        with typer.progressbar(length=1000, label="The demo hospital lives its weeks") as bar:
            load_demo(seed=seed, today=date.date() if date else None, progress=_moving(bar))
        _say(
            "The demo hospital is loaded. Serve it and open the page in a browser: the sign-in "
            "page shows who can sign in, and the password."
        )


@account_app.command()
def create(
    username: _Username,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    role: Annotated[list[str], typer.Option(help=_ROLE_HELP)],
    email: Annotated[str, typer.Option(help="Where letters reach the person.")] = "",
    doctor: Annotated[str, typer.Option(help="A doctor's number, such as DOC-0001.")] = "",
) -> None:
    """Create an account; a one-time code for its first password is printed once."""
    roles = _roles(role)
    with deed() as db:
        from mediklaud.repository import CONSOLE, create_account, issue_code

        doctor_id = _doctor(db, doctor).id if doctor else None
        created = create_account(
            db, username, name, None, roles, by=CONSOLE, email=email, doctor_id=doctor_id
        )
        code = issue_code(db, created, by=CONSOLE)
    _say(f"The account {created.username} is created. {_code_words(code)}")


@account_app.command()
def password(username: _Username) -> None:
    """Print a one-time code for a new password, once; it opens a locked name as well."""
    with deed() as db:
        from mediklaud.repository import CONSOLE, account_named, issue_code

        account = account_named(db, username)
        code = issue_code(db, account, by=CONSOLE)
    _say(f"The old password of {account.username} opens nothing any more. {_code_words(code)}")


@account_app.command()
def factor(username: _Username) -> None:
    """Take the second factor of an account away, for a phone that is lost."""
    with deed() as db:
        from mediklaud.repository import CONSOLE, account_named, reset_factor

        account = account_named(db, username)
        reset_factor(db, account, by=CONSOLE)
    _say(f"The account {account.username} has no second factor any more.")


@account_app.command()
def email(
    username: _Username,
    address: Annotated[str, typer.Argument(help="Where letters reach the person; '' for nowhere.")],
) -> None:
    """Change an account's email; whoever is signed in with it signs in anew."""
    with deed() as db:
        from mediklaud.repository import CONSOLE, account_named, accounts_with_roles, change_account

        account = account_named(db, username)
        (roles,) = (held for one, held in accounts_with_roles(db, by=CONSOLE) if one == account)
        doctor_id, active = account.doctor_id, account.active
        change_account(
            db, account, roles, by=CONSOLE, doctor_id=doctor_id, active=active, email=address
        )
        reached = account.email
    _say(f"The account {account.username} is written to at {reached or 'no address'}.")


@account_app.command()
def disable(username: _Username) -> None:
    """Disable an account; whoever is signed in with it is out at once."""
    with deed() as db:
        from mediklaud.repository import CONSOLE, account_named, change_account, roles_of

        account = account_named(db, username)
        if account.active:
            roles, doctor_id = roles_of(db, account), account.doctor_id
            change_account(db, account, roles, by=CONSOLE, doctor_id=doctor_id, active=False)
    _say(f"The account {account.username} is disabled.")


@account_app.command()
def unlink(username: _Username) -> None:
    """Forget whom single sign-on knows an account as; its email is matched anew."""
    with deed() as db:
        from mediklaud.repository import CONSOLE, account_named, unlink_identity

        account = account_named(db, username)
        unlink_identity(db, account, by=CONSOLE)
    _say(f"Single sign-on matches the account {account.username} by its email the next time.")


@account_app.command("list")
def list_accounts() -> None:
    """List every account with its roles."""
    with kindly():
        from mediklaud.database import reading
        from mediklaud.repository import CONSOLE, accounts_with_roles

        refuse_other_release()
        with reading() as db:
            listed = accounts_with_roles(db, by=CONSOLE)
        for account, roles in listed:
            state = "" if account.active else "  disabled"
            held = ", ".join(sorted(role.value for role in roles)) or "no role"
            _say(f"{account.username:<20}  {account.name}  ({held}){state}")
        _say(f"{len(listed)} accounts." if len(listed) != 1 else "1 account.")


@app.command()
def mailroom() -> None:
    """Send the letters of the outbox, in a process of its own, until stopped."""
    with kindly():
        from mediklaud.config import settings
        from mediklaud.mailroom import Mailroom

        upgraded()
        kept = f"letters are kept as files in {settings().letters_dir}"
        goes = "letters go to the mail server" if settings().smtp_url.get_secret_value() else kept
        _say(f"The mailroom is at work: {goes}. Stop it with Ctrl+C.")
        Mailroom().run()
        _say("The mailroom has stopped.")


@app.command()
def check() -> None:
    """Prove every promise on the live database; exit code 1 where one is broken."""
    with kindly():
        from mediklaud.database import reading
        from mediklaud.repository import CONSOLE, check_house, check_mail
        from mediklaud.safe_start import check_start

        refuse_other_release()
        with reading() as db:
            refuse_empty(db)
            findings = [*check_house(db, by=CONSOLE), check_mail(db, by=CONSOLE)]
        findings.append(check_start())
        for one in findings:
            colour = typer.colors.GREEN if one.green else typer.colors.RED
            word = typer.style(
                "green" if one.green else "red  ", fg=colour, bold=None if one.green else True
            )
            breaches = "" if one.green else f": {', '.join(one.breaches)}"
            _say(f"{word}  {one.rule} - {one.promise}{breaches}")
        red = sum(not one.green for one in findings)
        _say(f"{red} of {len(findings)} rules are red." if red else "Every rule is green.")
    if red:
        raise typer.Exit(1)


@bench_app.command()
def booking(
    appointments: Annotated[
        str, typer.Option(help="At how many appointments, parted by commas.")
    ] = _BENCH_SIZES,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="Bookings at each size.")] = 300,
    patients: _BenchPatients = 20_000,
    postgresql: _OnPostgreSQL = False,
    url: _BenchUrl = "",
) -> None:
    """Measure one booking beside raw SQL that writes the same, and the search for a free time."""
    sizes = _sizes(appointments)
    with _bench(postgresql, url, f"{trials} bookings at each size") as bench:
        lines = bench.measured(sizes, trials=trials, patients=patients, bar=_bar)
        _say(bench.table(lines, "appointments"))


@bench_app.command()
def money(
    invoices: Annotated[
        str, typer.Option(help="At how many invoices, parted by commas.")
    ] = _BENCH_SIZES,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="Deeds at each size.")] = 300,
    patients: _BenchPatients = 20_000,
    postgresql: _OnPostgreSQL = False,
    url: _BenchUrl = "",
) -> None:
    """Measure bills, payments, dues, summaries and a PDF, beside raw SQL that does the same."""
    sizes = _sizes(invoices)
    with _bench(postgresql, url, f"{trials} deeds at each size, 3 % open") as bench:
        lines, ways = bench.money_measured(sizes, trials=trials, patients=patients, bar=_bar)
        _say(bench.table(lines, "invoices"))
        for size, found in ways.items():
            _say(f"At {size:,} the dashboard finds bills by {', '.join(sorted(found))}.")


# What the commands share


def _code_words(code: str) -> str:
    return (
        f"With this code the person chooses a password, within 30 minutes, at the sign-in "
        f'form under "I have a code": {code}'
    )


def _say(sentence: str) -> None:
    typer.echo(sentence)


def _doctor(db: Session, number: str) -> Doctor:
    from mediklaud.errors import NotFound
    from mediklaud.repository import doctors

    for doctor in doctors(db, inactive_too=True):
        if doctor.number == number.strip().upper():
            return doctor
    raise NotFound(what="doctor")


def _roles(words: list[str]) -> set[Role]:
    unknown = sorted(set(words) - set(ROLES))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)} is no role. {_ROLE_HELP}")
    from mediklaud.models import Role

    return {Role(word) for word in words}


def _moving(bar: Any) -> Callable[[float], None]:
    """What moves a progress bar of a thousand steps to a part of its length."""

    def move(part: float) -> None:
        bar.update(round(1000 * part) - bar.pos)

    return move


@contextmanager
def _bar(label: str) -> Iterator[Callable[[float], None]]:
    """A progress bar, and what moves it."""
    with typer.progressbar(length=1000, label=label) as bar:
        yield _moving(bar)


@contextmanager
def _bench(postgresql: bool, url: str, counted: str) -> Iterator[ModuleType]:
    """The benchmark in a database of its own, and its first line said."""
    with kindly(), ExitStack() as stack:
        from mediklaud import bench

        url = stack.enter_context(bench.postgresql(url)) if postgresql or url else ""
        stack.enter_context(bench.throwaway(url))
        reach()
        _say(f"{'PostgreSQL' if url else 'SQLite'}, {counted}")
        yield bench


def _sizes(words: str) -> list[int]:
    sizes = [int(word) for word in words.split(",") if word.strip().isdecimal()]
    if len(sizes) != len(words.split(",")) or min(sizes) < 1:
        raise typer.BadParameter(f"{words} is no list of numbers such as 10000,1000000.")
    return sizes


def _reachable(host: str) -> str:
    """The host as a browser on this machine can open it."""
    everywhere = ("127.0.0.1", "0.0.0.0", "::", "::1")  # noqa: S104 # nosec B104 # only compared
    return "localhost" if host in everywhere else host


if __name__ == "__main__":
    app(prog_name="python -m mediklaud")
