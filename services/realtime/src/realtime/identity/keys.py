"""The keys that tokens are checked with: a JSON Web Key Set (RFC 7517), made usable. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import jwt
import msgspec

from realtime.identity.errors import BadKeysError, KeysFault

ALGORITHMS: Final = ("EdDSA", "ES256", "RS256", "HS256")
"""What can be taken at all; HS256 is for tests, for who can check such a token can make one."""
KEYS_MAX: Final = 100

KeySet = Mapping[str, jwt.PyJWK]
"""Keys by their ``kid``; each is bound to one algorithm, whatever a token's header says."""


def parse_keys(raw: bytes, *, algorithms: Collection[str]) -> KeySet:
    """Read a key set; keys that can't be used here are left out.

    Usable is a key with a ``kid``, for signatures, of one of ``algorithms``, long
    enough, and without its private half: that one doesn't belong here.

    Raises:
        BadKeysError: it is no key set, two keys have one name, or none can be used.
    """
    keys: dict[str, jwt.PyJWK] = {}
    for item in _items(raw):
        key = _usable(item, algorithms)
        if key is None:
            continue
        if item["kid"] in keys:
            raise BadKeysError(KeysFault.TWICE)
        keys[item["kid"]] = key
    if not keys:
        raise BadKeysError(KeysFault.NONE_USABLE)
    return keys


def _items(raw: bytes) -> list[Any]:
    try:
        document = msgspec.json.decode(raw)
    # ValueError: every error of msgspec, text that is no UTF-8, numbers of thousands of digits.
    except (ValueError, RecursionError):
        raise BadKeysError(KeysFault.NOT_JSON) from None
    items = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(items, list) or len(items) > KEYS_MAX:
        raise BadKeysError(KeysFault.NO_SET)
    return items


def _usable(item: Any, algorithms: Collection[str]) -> jwt.PyJWK | None:
    if not isinstance(item, dict) or "d" in item or item.get("use", "sig") != "sig":
        return None
    if not isinstance(item.get("kid"), str) or not item["kid"]:
        return None
    try:
        key = jwt.PyJWK(item)
    # Whatever may be wrong with it, it must not cost the others; and the message holds the key.
    except Exception:  # noqa: BLE001 - see above
        return None
    if key.algorithm_name not in algorithms or key.Algorithm.check_key_length(key.key):
        return None
    return key
