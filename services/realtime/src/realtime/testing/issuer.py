"""Somebody who issues tokens, for tests."""

import itertools
import time
from pathlib import Path
from typing import Any

from realtime.identity.issuing import key_set, make_key, mint

ISSUER = "https://issuer.example"


class Issuer:
    """Issues tokens by one key, whose public half lies in a file."""

    def __init__(self, folder: Path, *, algorithm: str = "EdDSA", kid: str = "k1") -> None:
        self.key = make_key(algorithm, kid=kid)
        self.jwks = folder / "jwks.json"
        self.jwks.write_bytes(key_set(self.key))
        self._count = itertools.count(1)

    @property
    def settings(self) -> dict[str, Any]:
        """What a service needs to go by this issuer's tokens."""
        return {
            "auth": "jwt",
            "jwks": str(self.jwks),
            "issuer": ISSUER,
            "algorithms": (self.key["alg"],),
        }

    def claims(self, user: str = "ada", scope: str = "", **changed: Any) -> dict[str, Any]:
        """The claims of a good token for an hour; those that are changed to None are left out."""
        now = time.time()
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": ["feed", "chat"],
            "iat": int(now),
            "exp": int(now + 3600),
            "jti": f"t{next(self._count)}",
            "scope": scope,
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, user: str = "ada", scope: str = "", **changed: Any) -> str:
        """A token with such claims."""
        return mint(self.key, self.claims(user, scope, **changed))
