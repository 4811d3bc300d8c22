"""Why somebody is not let in, or not let do something: types with facts, and one closed list."""

from enum import StrEnum
from typing import Final

from realtime.errors import AirwaveError


class Denial(StrEnum):
    """Why: a closed list, and a metric's label."""

    MISSING = "missing"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    LIFETIME = "lifetime"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    CLAIM = "claim"
    SCOPE = "scope"
    REVOKED = "revoked"
    TICKET = "ticket"
    KEYLESS = "keyless"
    USER = "user"
    ORIGIN = "origin"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"


_SAID: Final = {
    Denial.MISSING: "this needs a token: Authorization: Bearer, the cookie, or a ticket",
    Denial.MALFORMED: "this is not one signed token",
    Denial.TOO_LARGE: "the token is longer than any of ours",
    Denial.ALGORITHM: "the token is signed by an algorithm that is not taken here",
    Denial.UNKNOWN_KEY: "no key of this name is known here",
    Denial.SIGNATURE: "the token's signature is not that of its key",
    Denial.EXPIRED: "the token has expired",
    Denial.NOT_YET: "the token is not valid yet",
    Denial.LIFETIME: "the token lives longer than tokens may here",
    Denial.ISSUER: "the token is not from the issuer that is trusted here",
    Denial.AUDIENCE: "the token is not for this service",
    Denial.CLAIM: "a claim of the token is missing or can't be read",
    Denial.SCOPE: "the token's scope can't be read",
    Denial.REVOKED: "the token was revoked",
    Denial.TICKET: "the ticket is unknown, used or too old",
    Denial.KEYLESS: "no tokens are taken here: everybody is a guest",
    Denial.USER: "a refresh must be for the user that this connection is of",
}


class IdentityError(AirwaveError):
    """Somebody is not let in or not let do something; ``denial`` says why."""

    denial: Denial


class TokenRefusedError(IdentityError):
    """The token or ticket does not say who this is. Nothing of it is in the message."""

    code = "bad_token"

    def __init__(self, denial: Denial) -> None:
        self.denial = denial
        self.code = "token_missing" if denial is Denial.MISSING else "bad_token"
        super().__init__(_SAID[denial])


class OriginRefusedError(IdentityError):
    """A page that may not act with somebody's cookie."""

    code = "forbidden_origin"
    denial = Denial.ORIGIN

    def __init__(self) -> None:
        super().__init__("a request with the cookie must come from a page of an allowed origin")


class ForbiddenError(IdentityError):
    """The scope doesn't reach so far; ``kind`` and ``name`` are of what was asked for."""

    code = "forbidden"
    denial = Denial.FORBIDDEN

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name[:80]
        super().__init__(f"{kind} {self.name!r} is outside of what this identity may do")


class Lack(StrEnum):
    """What is not there to check tokens with, in words."""

    KEYS = "the keys were not read yet"
    REVOCATIONS = "the revocations were not read yet"
    TICKETS = "the tickets are out of reach"
    TIME = "it took too long"


class IdentityUnavailableError(IdentityError):
    """Nobody can be told apart right now; trying again is sensible."""

    code = "identity_unavailable"
    denial = Denial.UNAVAILABLE
    retryable = True

    def __init__(self, lack: Lack) -> None:
        self.lack = lack
        super().__init__(f"tokens can't be checked right now: {lack}")


class KeysFault(StrEnum):
    """What is wrong with a key set, in words."""

    NOT_JSON = "this is not JSON"
    NO_SET = "this is no key set, or one of too many keys"
    TWICE = "two keys have the same kid"
    NONE_USABLE = "no key has a kid, a public half only, and an algorithm that is taken here"
    TOO_LONG = "it is too long, or takes too long"


class BadKeysError(AirwaveError):
    """No key of a set can be used; the message holds nothing of any key."""

    code = "bad_keys"

    def __init__(self, fault: KeysFault) -> None:
        self.fault = fault
        super().__init__(f"no usable keys: {fault}")
