"""A safe start: what must hold before anybody is let in, and how to mend what does not.

Streamlit's switches are asked of Streamlit itself, so the file, the environment and the
command line count as the server really takes them.
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

from sqlalchemy import exists, literal
from sqlmodel import Session, col, select
from streamlit import config as streamlit_config
from streamlit.auth_util import get_secrets_auth_section

from mediklaud.config import key, key_path, settings
from mediklaud.database import reading
from mediklaud.errors import (
    KeyMissing,
    KeyOfAnotherHouse,
    KeyOpenToOthers,
    Refusal,
    SingleSignOnNotSafe,
    SwitchNotSafe,
)
from mediklaud.models import Account, AuditEvent
from mediklaud.repository import Finding
from mediklaud.repository.audit import seal_of

# Each switch, the values that are safe, and what another one does.
SWITCHES: tuple[tuple[str, tuple[object, ...], str], ...] = (
    ("server.enableXsrfProtection", (True,), "another site could send files in a clerk's name"),
    ("server.enableCORS", (True,), "another site could open a clerk's desk and read it"),
    ("client.showErrorDetails", ("none",), "an error would show the program's inside to anybody"),
    ("global.developmentMode", (False,), "that is for the makers of Streamlit"),
    ("server.enableAgentApi", (False,), "programs could work pages without the sign-in's limits"),
    ("server.enableStaticServing", (False,), "files of a folder would be open to anybody"),
    ("server.trustedUserHeaders", ({}, None, ""), "a header could say who somebody is"),
)
# A secret that signs who somebody is: as long as 32 random bytes in base64 without padding.
_SECRET_SIGNS = 32
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def refuse_unsafe() -> None:
    """Refuse to serve with the first thing that is not safe; the database is upgraded before."""
    for danger in dangers():
        raise danger


def refuse_unsafe_switches() -> None:
    """The same of what can be asked before the database is touched."""
    for danger in (*_of_switches(), *_of_single_sign_on()):
        raise danger


def check_start() -> Finding:
    """Whether a server could start safely now, as a line of the self-check."""
    said = tuple(str(danger) for danger in dangers())
    return Finding("safe start", "key, database and the server's switches are safe", said)


def dangers() -> Iterator[Refusal]:
    """Everything that forbids to serve, each as the sentence that says how to mend it."""
    yield from _of_switches()
    yield from _of_single_sign_on()
    yield from _of_key()


def _of_switches() -> Iterator[Refusal]:
    for switch, safe, danger in SWITCHES:
        found = streamlit_config.get_option(switch)
        if found not in safe:
            yield SwitchNotSafe(
                switch=switch,
                found=_toml(found),
                danger=danger,
                wanted=_toml(safe[0]),
                variable=variable_of(switch),
            )


def variable_of(switch: str) -> str:
    """The variable of the environment that Streamlit reads a switch from."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", switch.replace(".", "_"))
    return f"STREAMLIT_{words}".upper()


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if value else "empty"


def _of_key() -> Iterator[Refusal]:
    try:
        key()
    except Refusal as danger:
        # A database that holds nothing gets its key from whoever opens it first.
        if not isinstance(danger, KeyMissing) or _holds_rows():
            yield danger
        return
    if key_path().stat().st_mode & 0o077:
        yield KeyOpenToOthers(path=key_path())
    with reading() as db:
        if not _fits(db):
            yield KeyOfAnotherHouse(path=key_path())


def _holds_rows() -> bool:
    with reading() as db:
        held = exists(select(AuditEvent.id)) | exists(select(Account.id))
        return bool(db.execute(select(literal(True)).where(held)).scalar())


def _fits(db: Session) -> bool:
    """Whether the first or the newest audit row was sealed with this key.

    One that was tampered with is the self-check's to name; it forbids nobody to work.
    """
    ends = (col(AuditEvent.id), col(AuditEvent.id).desc())
    rows = [db.exec(select(AuditEvent).order_by(end).limit(1)).first() for end in ends]
    sealed = [row for row in rows if row is not None]
    return not sealed or any(seal_of(row) == row.seal for row in sealed)


def _of_single_sign_on() -> Iterator[Refusal]:
    auth: dict[str, Any] = get_secrets_auth_section().to_dict()
    issuer = settings().oidc_issuer
    if not settings().password_sign_in and not issuer:
        yield SingleSignOnNotSafe(why="MEDIKLAUD_PASSWORD_SIGN_IN leaves nobody a way in")
    if not auth and not issuer:
        return
    if not (auth and issuer):
        missing = "[auth]" if issuer else "MEDIKLAUD_OIDC_ISSUER"
        yield SingleSignOnNotSafe(why=f"{missing} is not there")
        return
    yield from (SingleSignOnNotSafe(why=why) for why in _wrong_with(auth))


def _wrong_with(auth: dict[str, Any]) -> Iterator[str]:
    if not speaks_oidc():
        yield "the packages Authlib and httpx2 of requirements.txt are not installed"
    needed = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
    for name in needed:
        if not str(auth.get(name, "")).strip():
            yield f"{name} is missing"
    secret = str(auth.get("cookie_secret", ""))
    if secret and (len(secret) < _SECRET_SIGNS or len(set(secret)) < _SECRET_SIGNS // 4):
        yield f"cookie_secret is no random word of {_SECRET_SIGNS} signs or more"
    redirect = str(auth.get("redirect_uri", ""))
    if redirect and not redirect.endswith("/oauth2callback"):
        yield "redirect_uri does not end in /oauth2callback"
    metadata = urlparse(str(auth.get("server_metadata_url", "")))
    if metadata.scheme == "http" and metadata.hostname not in _LOOPBACK:
        yield "server_metadata_url is not https"


def speaks_oidc() -> bool:
    """Whether the packages are there with which Streamlit asks a provider."""
    try:
        importlib.import_module("authlib.integrations.starlette_client")
    except ImportError:
        return False
    return True
