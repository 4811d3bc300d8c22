"""Who somebody is: tokens, their scopes, the tickets that stand for them, and keys."""

import asyncio
import base64
import hmac
from datetime import timedelta
from typing import Final

import jwt

from realtime.identity.errors import BadKeysError, ForbiddenError, TokenRefusedError
from realtime.identity.keys import ALGORITHMS, parse_keys
from realtime.identity.scope import EVERY_SENSOR, covers, parse_scope
from realtime.identity.tickets import Tickets
from realtime.identity.verifier import Terms, Verifier
from realtime.identity.who import Identity
from realtime.subjects import is_token, matches
from realtime.testing import MemoryBroker
from systemtests.fuzz.target import Target, require

EXPIRES: Final = 4_000_000_000
"""In 2096: the library of tokens looks at the clock on the wall."""
NOW: Final = EXPIRES - 3_600.0
SECRET: Final = bytes(range(32))
TERMS: Final = Terms(
    issuer="https://issuer.example",
    audience="feed",
    algorithms=("HS256", "EdDSA"),
    leeway=timedelta(seconds=5),
)
_SHOWN: Final = 8
"""Fewer characters than these may stand in a message by chance."""
_NAMES: Final = ("a/b", "a/b/c", "x/b", "a/x/c/d", "b")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_KEYS: Final = {
    "k1": jwt.PyJWK({"kty": "oct", "alg": "HS256", "kid": "k1", "k": _b64(SECRET)}),
}


def _signed(header: bytes, claims: bytes) -> tuple[str, bytes]:
    text = f"{_b64(header)}.{_b64(claims)}"
    return text, hmac.digest(SECRET, text.encode(), "sha256")


def _verify(token: str) -> Identity:
    return Verifier(TERMS, lambda: _KEYS, clock=lambda: NOW).verify(token)


def take_claims(data: bytes) -> None:
    """A header (first line) and claims (the rest), rightly signed, whatever they say."""
    header, _, claims = data.partition(b"\n")
    text, signature = _signed(header, claims)
    try:
        identity = _verify(f"{text}.{_b64(signature)}")
    except TokenRefusedError as error:
        told = claims.decode("latin-1")
        require(len(told) < _SHOWN or told not in str(error), "nothing of it is told", error)
        return
    require(is_token(identity.user), "a user is a token", identity.user)
    require(identity.expires is not None and identity.expires > NOW, "it hasn't expired", identity)
    _check_scope(identity)
    _check_ticket(identity)
    forged = _signed(header, claims + b" ")[0]
    changed = bytes([signature[0] ^ 1]) + signature[1:]
    for token in (f"{text}.{_b64(changed)}", f"{forged}.{_b64(signature)}", f"{text}."):
        _check_refused(token)


def take_token(data: bytes) -> None:
    """Any text as a token: nobody has signed it."""
    _check_refused(data.decode("utf-8", "replace"))


def _check_refused(token: str) -> None:
    try:
        found = _verify(token)
    except TokenRefusedError as error:
        require(len(token) < _SHOWN or token not in str(error), "nothing of it is told", error)
        return
    require(holds=False, promise=f"what nobody signed is nobody's: {found}")


def _check_scope(identity: Identity) -> None:
    scope = identity.scope
    require(parse_scope(scope.text) == scope, "a scope is read again as it is", scope)
    for room, role in scope.rooms.items():
        require(room == "*" or is_token(room), "a room is a token", room)
        require((identity.scope.role_in(room) or 0) >= role, "a role holds in its room", room)
    for pattern in scope.sensors:
        require(covers(pattern, pattern), "a pattern covers itself", pattern)
    try:
        served = identity.narrow(frozenset())
    except ForbiddenError:
        require(not scope.sensors, "who may see something may ask for all of it", scope)
        return
    for name in _NAMES:
        seen = not served or any(matches(one, name, separator="/") for one in served)
        require(seen == identity.may_see(name), "what is served is what may be seen", served, name)


def _check_ticket(identity: Identity) -> None:
    """A ticket stands for its identity, once."""

    async def redeem() -> None:
        tickets = Tickets(MemoryBroker(), service="feed", clock=lambda: NOW)
        ticket = await tickets.issue(identity)
        found = await tickets.redeem(ticket)
        require(found == identity, "a ticket stands for its identity", found, identity)
        try:
            await tickets.redeem(ticket)
        except TokenRefusedError:
            return
        require(holds=False, promise="a ticket is taken once")

    asyncio.run(redeem())


def take_scope(data: bytes) -> None:
    """A scope (first line) and patterns that are asked for (the others)."""
    text, *asked = data.decode("utf-8", "replace").split("\n")
    try:
        scope = parse_scope(text)
    except TokenRefusedError:
        return
    identity = Identity(scope, user="ada", expires=NOW)
    _check_scope(identity)
    patterns = frozenset(one for one in asked if one and EVERY_SENSOR not in one.split("/")[:-1])
    for pattern in patterns:
        for name in (*_NAMES, pattern.replace("*", "x").replace(">", "y/z")):
            allowed = scope.covers(pattern) and matches(pattern, name, separator="/")
            require(
                not allowed or scope.may_see(name), "what is covered may be seen", pattern, name
            )
    try:
        served = identity.narrow(patterns)
    except ForbiddenError as error:
        require(len(str(error)) < 1000, "a refusal is short", error)
        return
    require(not patterns or served == patterns, "what is asked for is served", served)


def take_keys(data: bytes) -> None:
    """Any bytes as a key set."""
    try:
        keys = parse_keys(data, algorithms=ALGORITHMS)
    except BadKeysError as error:
        require(len(str(error)) < 200, "a refusal is one of ours", error)
        return
    for name, key in keys.items():
        require(name != "", "a key has a name", name)
        require(key.algorithm_name in ALGORITHMS, "a key is for an algorithm of ours", name)


def _claims(changed: bytes = b"") -> bytes:
    """Good claims; a field that is given again has its last value."""
    return (
        HEADER
        + b'\n{"iss":"https://issuer.example","sub":"ada","aud":["feed"],"exp":4000000000,'
        + b'"iat":1795343351,"jti":"t1","scope":"sensors:a/> rooms:lobby:moderator rooms:*:reader"'
        + changed
        + b"}"
    )


HEADER: Final = b'{"alg":"HS256","kid":"k1","typ":"JWT"}'
_ED25519: Final = (
    b'{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k2","use":"sig",'
    b'"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
)
_WORDS: Final = (
    *('"exp":', '"iat":', '"nbf":', '"sub":', '"scope":', '"jti":', '"aud":', '"iss":', '"kid":'),
    *('"alg":', '"crit":', "1e400", "NaN", "\\ud800", "\\u0000", "sensors:", "rooms:", ":reader"),
    *(":member", ":moderator", "*/b", "a/>", ">", "null", "[]", "{}", "4000000000", "-1", '"kty":'),
    *('"OKP"', '"RSA"', '"EC"', '"oct"', '"crv":', '"x":', '"n":', '"e":', '"keys":', "\n", " "),
)
TARGETS: Final = (
    Target(
        "claims",
        "claims of a rightly signed token make an identity whose ticket stands for it, or a denial",
        take_claims,
        (
            _claims(),
            _claims(b',"exp":1e400'),
            _claims(b',"exp":"4000000000"'),
            _claims(b',"iat":1e400'),
            _claims(b',"nbf":NaN'),
            _claims(b',"exp":' + b"9" * 400),
            _claims(b',"scope":["a"]'),
            _claims(b',"scope":"other:\\ud800"'),
            _claims(b',"jti":"\\ud800"'),
            _claims(b',"jti":7'),
            _claims(b',"sub":"auth0|5f1 \\ud800"'),
            _claims(b',"sub":""'),
            HEADER.replace(b'"k1"', b'["k1"]') + b"\n{}",
            HEADER.replace(b'"HS256"', b'["HS256"]') + b"\n{}",
            HEADER.replace(b"}", b',"crit":["exp"]}') + b"\n{}",
            b"[]\n[]",
        ),
        _WORDS,
    ),
    Target(
        "tokens",
        "what nobody has signed is nobody's, and nothing of it is told",
        take_token,
        (
            b"",
            b"a.b.c",
            b"eyJhbGciOiJub25lIn0.e30.",
            b"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.e30.AAAA",
            b"\xed\xa0\x80.\xff",
            b"." * 5_000,
        ),
        (".", "e30", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0", "eyJhbGciOiJub25lIn0", "="),
        8192,
    ),
    Target(
        "scopes",
        "a scope allows what its patterns match, and no more",
        take_scope,
        (
            b"sensors:> rooms:*\na/b\n>",
            b"sensors:a/*/c sensors:*/b\na/*\na/b\n*/b\n*/*",
            b"sensors:a/> rooms:lobby:moderator\na/>\na/*/b\n*/b",
            b"rooms:lobby:MEMBER",
            b"rooms:lobby:reader rooms:lobby:moderator\n",
            b"sensors:a/>/b",
            "sensors:☃ other:x".encode(),
            b"sensors: rooms:",
        ),
        _WORDS,
        512,
    ),
    Target(
        "keys",
        "a key set gives keys that can be used here, or is refused for a named reason",
        take_keys,
        (
            _ED25519,
            _ED25519.replace(b'"use":"sig"', b'"d":"x"'),
            b'{"keys":[{"kty":"oct","alg":"HS256","kid":"k","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]}',
            b'{"keys":[{"kty":"RSA","alg":"RS256","kid":"k","n":"AQAB","e":"AQAB"}]}',
            b'{"keys":[{"kty":"EC","alg":"ES256","kid":"k","crv":"P-256","x":"AA","y":"AA"}]}',
            b'{"keys":[{"kid":"\xff"}]}',
            b'{"keys":' + b"9" * 4_400 + b"}",
            b"[" * 2_000,
            b'{"keys":7}',
            b"",
        ),
        _WORDS,
        8192,
    ),
)
