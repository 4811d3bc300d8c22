"""Which keys of a set are taken."""

import json
from typing import Any

import pytest

from realtime.identity.errors import BadKeysError, KeysFault
from realtime.identity.issuing import key_set, make_key, public_half
from realtime.identity.keys import ALGORITHMS, KEYS_MAX, parse_keys


def as_set(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_bound_to_its_algorithm(algorithm: str) -> None:
    keys = parse_keys(key_set(make_key(algorithm, kid="k")), algorithms=[algorithm])
    assert keys["k"].algorithm_name == algorithm


def test_keys_that_cannot_be_used_are_left_out() -> None:
    good = public_half(make_key("EdDSA", kid="good"))
    private = make_key("ES256", kid="private")
    rsa = public_half(make_key("RS256", kid="rsa"))
    bad = [
        private,
        {**good, "kid": ""},
        {name: value for name, value in good.items() if name != "kid"},
        {**good, "kid": 7},
        {**good, "kid": "for-encryption", "use": "enc"},
        {**good, "kid": "cut", "x": "AAAA"},
        {**good, "kid": "not-text", "x": 5},
        {**rsa, "kid": "confused", "alg": "HS256"},
        {**rsa, "kid": "other", "alg": "RS512"},
        {**rsa, "kid": "none", "alg": "none"},
        {**rsa, "kid": "odd", "n": None},
        {"kty": "oct", "kid": "short", "k": "AAAA"},
        {"kid": "no-kind"},
        "text",
        None,
    ]
    keys = parse_keys(as_set(good, rsa, *bad), algorithms=ALGORITHMS)
    assert sorted(keys) == ["good", "rsa"]


def test_an_algorithm_that_is_not_asked_for_is_not_taken() -> None:
    hmac, good = make_key("HS256", kid="hmac"), make_key("EdDSA", kid="good")
    assert sorted(parse_keys(key_set(hmac, good), algorithms=["EdDSA", "RS256"])) == ["good"]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", KeysFault.NOT_JSON),
        (b"\xff", KeysFault.NOT_JSON),
        (b"[" * 100_000, KeysFault.NOT_JSON),
        (b'{"keys":[{"kid":"\xff"}]}', KeysFault.NOT_JSON),
        (b'{"keys":' + b"9" * 5_000 + b"}", KeysFault.NOT_JSON),
        (b"[]", KeysFault.NO_SET),
        (b'{"keys":{}}', KeysFault.NO_SET),
        (as_set(*[{}] * (KEYS_MAX + 1)), KeysFault.NO_SET),
        (as_set(*[{}] * KEYS_MAX), KeysFault.NONE_USABLE),
    ],
)
def test_what_is_no_set_says_so(raw: bytes, fault: KeysFault) -> None:
    with pytest.raises(BadKeysError) as caught:
        parse_keys(raw, algorithms=ALGORITHMS)
    assert caught.value.fault is fault


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(BadKeysError) as caught:
        parse_keys(
            key_set(make_key("EdDSA", kid="k"), make_key("ES256", kid="k")), algorithms=ALGORITHMS
        )
    assert caught.value.fault is KeysFault.TWICE
