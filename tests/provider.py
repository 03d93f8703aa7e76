"""A small real OpenID Connect provider on loopback, which signs in whomever a test names."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.post import free_port


@dataclass
class Provider:
    """What the provider knows: the person in front of it, and codes it has given."""

    port: int
    person: dict[str, Any] = field(default_factory=dict)
    # Put over the token's own claims, to say what no honest provider would.
    changes: dict[str, Any] = field(default_factory=dict)
    signed_out: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Its name in every token."""
        return f"http://127.0.0.1:{self.port}"

    async def metadata(self, _request: Request) -> Response:
        """Where everything is."""
        at = self.issuer
        return JSONResponse(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/keys",
                "end_session_endpoint": f"{at}/leave",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
            }
        )

    async def keys(self, _request: Request) -> Response:
        """The public key of the tokens."""
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """Send the person back at once with a code."""
        asked = dict(request.query_params)
        code = secrets.token_hex(16)
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    async def token(self, request: Request) -> Response:
        """The signed token for a code, once."""
        asked = self.codes.pop(str((await request.form())["code"]))
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 600,
            **self.person,
            **self.changes,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "k"}, claims, self.key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed})

    async def leave(self, request: Request) -> Response:
        """End the person's session here, and send the person back."""
        self.signed_out += 1
        return RedirectResponse(request.query_params["post_logout_redirect_uri"])


@contextmanager
def providing() -> Iterator[Provider]:
    """The provider at work in a thread of this process."""
    provider = Provider(free_port())
    routes = [
        Route("/.well-known/openid-configuration", provider.metadata),
        Route("/keys", provider.keys),
        Route("/authorize", provider.authorize),
        Route("/token", provider.token, methods=["POST"]),
        Route("/leave", provider.leave),
    ]
    told = uvicorn.Config(
        Starlette(routes=routes), host="127.0.0.1", port=provider.port, log_config=None
    )
    server = uvicorn.Server(told)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield provider
    finally:
        server.should_exit = True
        thread.join(timeout=10)
