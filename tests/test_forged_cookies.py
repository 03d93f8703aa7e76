"""A thousand forged cookies at the real server: none of them opens a page."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
import time_machine
from sqlmodel import select
from websockets.exceptions import InvalidStatus

from mediklaud import config
from mediklaud.database import transaction
from mediklaud.models import SignIn
from mediklaud.repository import account_named, begin_sign_in, change_account, end_sign_in, roles_of
from tests.browser import Server, serving
from tests.hospital import NINE_O_CLOCK
from tests.test_browser import true_now
from tests.test_front_door import cookie_of, visit, words_of

PAGE = "finance/payment"
# Keys that stand in documents, examples and lists of the first things tried.
KNOWN_KEYS = (
    *("", "secret", "some_signature_key", "random_signature_key", "abcdef", "your-256-bit-secret"),
    *("changeme", "mediklaud", "MediKlaud", "streamlit", "password", "0" * 64, "f" * 64, "key"),
    hashlib.sha256(b"").hexdigest(),
    bytes(range(32)).hex(),
)


def part(said: object) -> str:
    """A part of a token as it is written."""
    written = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def unpart(written: str) -> bytes:
    """What a part of a token says."""
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


def signed(said: object, key: str, *, digest: str = "sha256", **header: object) -> str:
    """A token that somebody made by hand; the library that reads them is not asked."""
    head = f"{part({'alg': 'HS256', 'typ': 'JWT', **header})}.{part(said)}"
    return f"{head}.{part(hmac.new(key.encode(), head.encode(), digest).digest())}"


class Forger:
    """Somebody who holds one true cookie of an open sign-in, and all that ever leaked."""

    def __init__(self, chance: random.Random, live: str, hashes: list[str], ended: list[str]):
        self.chance, self.live, self.hashes, self.ended = chance, live, hashes, ended
        self.true = cookie_of(live)
        self.said = {"username": live, "exp_date": true_now().timestamp() + 3600}

    def a_flipped_bit(self) -> str:
        parts = [bytearray(unpart(one)) for one in self.true.split(".")]
        flipped = self.chance.choice(parts)
        place = self.chance.randrange(8 * len(flipped))
        flipped[place // 8] ^= 1 << place % 8
        return ".".join(part(bytes(one)) for one in parts)

    def cut_short(self) -> str:
        return self.true[: self.chance.randrange(1, len(self.true) - 1)]

    def no_algorithm(self) -> str:
        alg = self.chance.choice(["none", "None", "NONE", "nOnE", "", None, "HS0"])
        tail = self.chance.choice(["", self.true.split(".")[2], part(b"")])
        return f"{part({'alg': alg, 'typ': 'JWT'})}.{part(self.said)}.{tail}"

    def a_known_key(self) -> str:
        return signed(self.said, self.chance.choice(KNOWN_KEYS))

    def a_guessed_key(self) -> str:
        return signed(self.said, self.chance.randbytes(32).hex())

    def another_algorithm(self) -> str:
        alg, digest = self.chance.choice([("HS384", "sha384"), ("HS512", "sha512")])
        key = self.chance.choice([*KNOWN_KEYS, config.key().hex()])
        return signed(self.said, key, digest=digest, alg=alg)

    def a_key_of_its_own(self) -> str:
        key = self.chance.randbytes(32).hex()
        own = {"kty": "oct", "k": part(key.encode())}
        tricks: list[dict[str, object]] = [{"jwk": own}, {"kid": "/dev/null"}, {"jku": "http://x"}]
        return signed(self.said, key, **self.chance.choice(tricks))

    def another_user(self) -> str:
        # As if the key itself had leaked: names, numbers and kept hashes are no sign-ins.
        names = ["khan", "tara", "1", "2", "admin", "SI-", "", *self.hashes]
        names += [f"SI-{one}" for one in self.hashes]
        return signed({**self.said, "username": self.chance.choice(names)}, config.key().hex())

    def another_sign_in(self) -> str:
        token = self.live[:-1] + self.chance.choice(".~ ")
        guess = f"SI-{part(self.chance.randbytes(32))}"
        name = self.chance.choice([guess, token, self.live.lower(), self.live + "x"])
        return signed({**self.said, "username": name}, config.key().hex())

    def too_old(self) -> str:
        return cookie_of(self.live, hours=-self.chance.randrange(1, 1000))

    def a_sign_in_that_is_over(self) -> str:
        return cookie_of(self.chance.choice(self.ended))

    def nonsense(self) -> str:
        signs = "abcABC123._-=%:/+~!*'()"
        return "".join(self.chance.choice(signs) for _ in range(self.chance.randrange(1, 300)))

    def empty(self) -> str:
        return self.chance.choice([".", "..", "...", "null", "undefined", "{}", "%00", "a.b.c"])

    def huge(self) -> str:
        # Between these the server leaves a tab waiting for good: its headers are too long.
        kilobytes = self.chance.choice([2, 300])
        tail = "A" * (1024 * kilobytes)
        return self.chance.choice([tail, f"{self.true}{tail}", f"{tail}.{tail}.{tail}"])


KINDS: tuple[Callable[[Forger], str], ...] = tuple(
    way for name, way in vars(Forger).items() if not name.startswith("_")
)


@pytest.fixture
def forger(house: Path, nine_o_clock: time_machine.Traveller) -> Forger:
    """One live sign-in of finance, and others that have ended in every way there is."""
    nine_o_clock.move_to(true_now())
    with transaction() as db:
        ishaan, meera = account_named(db, "ishaan"), account_named(db, "meera")
        ended = [begin_sign_in(db, ishaan) for _ in range(3)]
        end_sign_in(db, ended[0])
        idle, old = db.exec(select(SignIn).order_by(SignIn.id.desc()).limit(2)).all()
        idle.last_seen_at = NINE_O_CLOCK.replace(year=2025)
        old.signed_in_at = NINE_O_CLOCK.replace(year=2025)
        old.expires_at = NINE_O_CLOCK.replace(year=2025, month=12)
        ended.append(begin_sign_in(db, meera))
        change_account(db, meera, roles_of(db, meera), by=account_named(db, "tara"), active=False)
        live = begin_sign_in(db, ishaan)
        hashes = list(db.exec(select(SignIn.token_hash)))
    return Forger(random.Random(6), live, hashes, ended)


@pytest.fixture
def server(forger: Forger, house: Path) -> Iterator[Server]:
    """The server of that house."""
    with serving(house, url=config.settings().database_url) as running:
        yield running


def accepted(server: Server, cookie: str) -> bool:
    """Whether a cookie opens the page."""
    # One that is too long for a header is refused before anybody reads it.
    with suppress(InvalidStatus):
        return words_of(PAGE)[0] in visit(server, PAGE, cookie)
    return False


@pytest.mark.parametrize(
    "many", [5 * len(KINDS), pytest.param(1000, marks=pytest.mark.drill)], ids=["sample", "drill"]
)
def test_no_forged_cookie_opens_a_page(
    server: Server, forger: Forger, many: int, record_property: Callable[[str, object], None]
) -> None:
    taken = []
    for _, kind in zip(range(many), cycle(KINDS), strict=False):
        cookie = kind(forger)
        if accepted(server, cookie):
            taken.append((kind.__name__, cookie))

    assert taken == []
    # The same way in does open for the one true cookie.
    assert accepted(server, forger.true)
    assert "Traceback" not in server.printed()
    record_property("proof", f"{many} forged cookies of {len(KINDS)} kinds, 0 accepted")
