"""Makes keys and tokens, for trying things out and for tests. A service never does. Pure."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

_RSA_BITS: Final = 2048
_SECRET_BYTES: Final = 32

Jwk = dict[str, Any]


def make_key(algorithm: str, *, kid: str) -> Jwk:
    """A new private key as a JWK; of HS256 there is no other half.

    Raises:
        KeyError: an algorithm that isn't taken anywhere here.
    """
    make: dict[str, Callable[[], Any]] = {
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "RS256": lambda: rsa.generate_private_key(public_exponent=65_537, key_size=_RSA_BITS),
        "HS256": lambda: secrets.token_bytes(_SECRET_BYTES),
    }
    return {**_as_jwk(algorithm, make[algorithm]()), "kid": kid, "alg": algorithm, "use": "sig"}


def public_half(key: Jwk) -> Jwk:
    """What services may have of a key: all of it for HS256."""
    if key["alg"] == "HS256":
        return key
    public = _as_jwk(key["alg"], jwt.PyJWK(key).key.public_key())
    return {**public, "kid": key["kid"], "alg": key["alg"], "use": "sig"}


def key_set(*keys: Jwk) -> bytes:
    """The public halves of keys as a key set."""
    return msgspec.json.encode({"keys": [public_half(key) for key in keys]})


def mint(key: Jwk, claims: Mapping[str, Any], *, headers: Mapping[str, Any] | None = None) -> str:
    """Sign claims with a private key."""
    return jwt.encode(
        dict(claims),
        jwt.PyJWK(key).key,
        algorithm=key["alg"],
        headers={"kid": key["kid"], **(headers or {})},
    )


def _as_jwk(algorithm: str, key: Any) -> Jwk:
    found: Jwk = jwt.PyJWS().get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True)
    found.pop("key_ops", None)
    return found
