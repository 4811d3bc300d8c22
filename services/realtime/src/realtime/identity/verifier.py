"""Turns a token into an identity: signature, claims, scope. Pure but for the clock."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import jwt
import jwt.exceptions

from realtime.identity.errors import Denial, TokenRefusedError
from realtime.identity.keys import KeySet
from realtime.identity.scope import parse_scope
from realtime.identity.who import Identity, user_of

TOKEN_BYTES: Final = 4 * 1024
"""As long as a cookie may be; a WebSocket's header may have no line of more than 8 KiB."""
LIFE_MAX: Final = timedelta(days=30)
"""A token may not outlive the memory of its revocation (`realtime.identity.revocation`)."""
_KNOWN_MAX: Final = 10_000

# More special ones first: the library's errors inherit from each other.
_DENIALS: Final[tuple[tuple[type[Exception], Denial], ...]] = (
    (jwt.InvalidSignatureError, Denial.SIGNATURE),
    (jwt.ExpiredSignatureError, Denial.EXPIRED),
    (jwt.ImmatureSignatureError, Denial.NOT_YET),
    (jwt.InvalidIssuerError, Denial.ISSUER),
    (jwt.InvalidAudienceError, Denial.AUDIENCE),
    (jwt.InvalidAlgorithmError, Denial.ALGORITHM),
    (jwt.MissingRequiredClaimError, Denial.CLAIM),
    (jwt.InvalidIssuedAtError, Denial.CLAIM),
    (jwt.exceptions.InvalidSubjectError, Denial.CLAIM),
    (jwt.exceptions.InvalidJTIError, Denial.CLAIM),
    (jwt.InvalidKeyError, Denial.ALGORITHM),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a token has to be: by whom, for whom, by which algorithms.

    ``leeway`` is for clocks that differ: it holds for "not before" and "issued at". An expiry is
    exact, for a connection ends then, too.
    """

    issuer: str
    audience: str
    algorithms: Collection[str]
    leeway: timedelta


class Verifier:
    """Verifies tokens by the keys that ``keys`` gives, and remembers those it has verified.

    What is remembered is a hash and an identity, no token. ``clock`` is in Unix seconds.
    """

    def __init__(
        self,
        terms: Terms,
        keys: Callable[[], KeySet],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._terms = terms
        self._keys = keys
        self._clock = clock
        self._known: OrderedDict[bytes, Identity] = OrderedDict()
        self._known_by: KeySet = {}

    def verify(self, token: str) -> Identity:
        """Say whose token it is. Takes 0.3 ms the first time, then microseconds.

        Raises:
            TokenRefusedError: says why, and holds nothing of the token.
        """
        if len(token) > TOKEN_BYTES:
            raise TokenRefusedError(Denial.TOO_LARGE)
        keys = self._keys()
        if keys is not self._known_by:
            # A key that is gone must not go on verifying.
            self._known.clear()
            self._known_by = keys
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        identity = self._known.get(digest)
        if identity is None:
            identity = _identity(self._claims(token, keys))
            self._remember(digest, identity)
        left = (identity.expires or 0.0) - self._clock()
        if left <= 0:
            raise TokenRefusedError(Denial.EXPIRED)
        if left > LIFE_MAX.total_seconds():
            raise TokenRefusedError(Denial.LIFETIME)
        return identity

    def _remember(self, digest: bytes, identity: Identity) -> None:
        self._known[digest] = identity
        if len(self._known) > _KNOWN_MAX:
            self._known.popitem(last=False)

    def _claims(self, token: str, keys: KeySet) -> dict[str, Any]:
        terms = self._terms
        key = _key_of(token, keys, terms.algorithms)
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=terms.audience,
                issuer=terms.issuer,
                leeway=terms.leeway,
                options={"require": ["exp", "sub", "iss", "aud"], "verify_exp": True},
            )
        except jwt.PyJWTError as error:
            raise TokenRefusedError(_denial_of(error)) from None
        except (ValueError, TypeError, RecursionError):
            # Text that is no Unicode, numbers of thousands of digits.
            raise TokenRefusedError(Denial.MALFORMED) from None


def _key_of(token: str, keys: KeySet, algorithms: Collection[str]) -> jwt.PyJWK:
    """The key that a token's header names. It chooses among ours, and nothing else."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenRefusedError(Denial.MALFORMED) from None
    if header.get("alg") not in algorithms:
        raise TokenRefusedError(Denial.ALGORITHM)
    key = keys.get(header.get("kid", ""))
    if key is None:
        raise TokenRefusedError(Denial.UNKNOWN_KEY)
    return key


def _denial_of(error: jwt.PyJWTError) -> Denial:
    found = (denial for kind, denial in _DENIALS if isinstance(error, kind))
    return next(found, Denial.MALFORMED)


def _identity(claims: dict[str, Any]) -> Identity:
    """Read what the library has not already checked."""
    scope, subject = claims.get("scope", ""), claims["sub"]
    if not isinstance(scope, str):
        raise TokenRefusedError(Denial.SCOPE)
    token_id = claims.get("jti")
    # A ticket holds all of them; text that is no Unicode could not be written into it.
    if not subject or not _is_unicode(scope) or not _is_unicode(token_id or ""):
        raise TokenRefusedError(Denial.CLAIM)
    return Identity(
        scope=parse_scope(scope),
        user=user_of(subject),
        expires=_seconds(claims["exp"]),
        issued=None if claims.get("iat") is None else _seconds(claims["iat"]),
        token_id=token_id,
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _seconds(claim: Any) -> float:
    """A time that the library has found to be a number; it may have thousands of digits."""
    try:
        return float(int(claim))
    except OverflowError:
        raise TokenRefusedError(Denial.CLAIM) from None
