"""Which tokens are taken: each algorithm, and every way to get past one."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from realtime.identity.errors import Denial, TokenRefusedError
from realtime.identity.issuing import key_set, make_key, mint
from realtime.identity.keys import ALGORITHMS, KeySet, parse_keys
from realtime.identity.verifier import LIFE_MAX, TOKEN_BYTES, Terms, Verifier
from realtime.testing import Issuer
from realtime.testing.issuer import ISSUER

DAY = 86_400


def verifier(issuer: Issuer, **changed: Any) -> Verifier:
    terms: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": "feed",
        "algorithms": ALGORITHMS,
        "leeway": timedelta(seconds=5),
    }
    keys = parse_keys(issuer.jwks.read_bytes(), algorithms=ALGORITHMS)
    return Verifier(Terms(**{**terms, **changed}), lambda: keys)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


def denial(checks: Verifier, token: str) -> Denial:
    with pytest.raises(TokenRefusedError) as caught:
        checks.verify(token)
    assert len(token) < 5 or token[:20] not in str(caught.value)
    return caught.value.denial


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: Any, claims: Any) -> str:
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"


def sign(issuer: Issuer, payload: bytes) -> str:
    key = jwt.PyJWK(issuer.key).key
    return jwt.PyJWS().encode(payload, key, algorithm="EdDSA", headers={"kid": "k1"})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_token_says_who_what_and_until_when(tmp_path: Path, algorithm: str) -> None:
    issuer = Issuer(tmp_path, algorithm=algorithm)
    claims = issuer.claims("ada", "sensors:a/> rooms:lobby:moderator")
    identity = verifier(issuer).verify(mint(issuer.key, claims))
    assert (identity.user, identity.token_id) == ("ada", claims["jti"])
    assert (identity.issued, identity.expires) == (claims["iat"], claims["exp"])
    assert identity.may_see("a/b")
    assert identity.moderates("lobby")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_changed_token_is_nobodys(tmp_path: Path, algorithm: str) -> None:
    issuer = Issuer(tmp_path, algorithm=algorithm)
    head, _, signature = issuer.token("ada").split(".")
    forged = b64(json.dumps(issuer.claims("eve", "rooms:*:moderator")).encode())
    assert denial(verifier(issuer), f"{head}.{forged}.{signature}") is Denial.SIGNATURE


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", None, ["EdDSA"], "HS512", {"a": 1}])
def test_no_signature_is_no_token(issuer: Issuer, name: Any) -> None:
    for signature in ("", b64(b"x" * 64)):
        token = unsigned({"alg": name, "kid": "k1", "typ": "JWT"}, issuer.claims())
        assert denial(verifier(issuer), f"{token}.{signature}") is Denial.ALGORITHM


def test_a_public_key_is_no_secret(tmp_path: Path) -> None:
    """HS256 signed with the bytes of the RSA key that everybody has, in every form of it."""
    issuer = Issuer(tmp_path, algorithm="RS256")
    public = jwt.PyJWK(issuer.key).key.public_key()
    forms = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        issuer.jwks.read_bytes(),
        issuer.key["n"].encode(),
    ]
    for secret in forms:
        signed = unsigned({"alg": "HS256", "kid": "k1", "typ": "JWT"}, issuer.claims())
        signature = b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())
        assert denial(verifier(issuer), f"{signed}.{signature}") is Denial.ALGORITHM


def test_a_key_of_another_kind_does_not_verify(issuer: Issuer) -> None:
    other = make_key("ES256", kid="k1")
    assert denial(verifier(issuer), mint(other, issuer.claims())) is Denial.ALGORITHM
    same = make_key("EdDSA", kid="k1")
    assert denial(verifier(issuer), mint(same, issuer.claims())) is Denial.SIGNATURE


def test_an_algorithm_that_is_not_set_is_not_taken(issuer: Issuer) -> None:
    assert denial(verifier(issuer, algorithms=("ES256",)), issuer.token()) is Denial.ALGORITHM


def test_the_header_brings_no_key(issuer: Issuer) -> None:
    eve = make_key("EdDSA", kid="eve")
    headers = {"jwk": eve, "jku": "https://evil.example/jwks.json", "x5u": "https://evil.example"}
    token = mint(eve, issuer.claims("eve"), headers=headers)
    assert denial(verifier(issuer), token) is Denial.UNKNOWN_KEY
    named = mint(eve, issuer.claims("eve"), headers={**headers, "kid": "k1"})
    assert denial(verifier(issuer), named) is Denial.SIGNATURE


@pytest.mark.parametrize("kid", ["other", "", "../k1", "k1\x00", "K1"])
def test_an_unknown_key_is_no_key(issuer: Issuer, kid: str) -> None:
    token = mint(issuer.key, issuer.claims(), headers={"kid": kid})
    assert denial(verifier(issuer), token) is Denial.UNKNOWN_KEY


def test_a_token_without_a_kid_names_no_key(issuer: Issuer) -> None:
    token = jwt.encode(issuer.claims(), jwt.PyJWK(issuer.key).key, algorithm="EdDSA")
    assert denial(verifier(issuer), token) is Denial.UNKNOWN_KEY


def test_unknown_critical_headers_are_refused(issuer: Issuer) -> None:
    token = mint(issuer.key, issuer.claims(), headers={"crit": ["exp"]})
    assert denial(verifier(issuer), token) is Denial.MALFORMED


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": "https://issuer.example.evil"}, Denial.ISSUER),
        ({"iss": None}, Denial.CLAIM),
        ({"iss": ["https://issuer.example"]}, Denial.ISSUER),
        ({"aud": "chat"}, Denial.AUDIENCE),
        ({"aud": ["chat", "feed2"]}, Denial.AUDIENCE),
        ({"aud": ""}, Denial.CLAIM),
        ({"aud": None}, Denial.CLAIM),
        ({"aud": {"feed": 1}}, Denial.AUDIENCE),
        ({"sub": None}, Denial.CLAIM),
        ({"sub": ""}, Denial.CLAIM),
        ({"sub": 7}, Denial.CLAIM),
        ({"exp": None}, Denial.CLAIM),
        ({"exp": "soon"}, Denial.MALFORMED),
        ({"exp": float("nan")}, Denial.MALFORMED),
        ({"exp": float("inf")}, Denial.MALFORMED),
        ({"exp": [1]}, Denial.MALFORMED),
        ({"exp": 10**400}, Denial.CLAIM),
        ({"exp": 0}, Denial.EXPIRED),
        ({"exp": -(10**400)}, Denial.EXPIRED),
        ({"iat": "then"}, Denial.CLAIM),
        ({"iat": -(10**400)}, Denial.CLAIM),
        ({"nbf": "then"}, Denial.MALFORMED),
        ({"jti": 7}, Denial.CLAIM),
        # No Unicode, so nothing that a ticket could hold.
        ({"jti": "\ud800"}, Denial.CLAIM),
        ({"scope": "other:\ud800"}, Denial.CLAIM),
        ({"scope": ["rooms:*"]}, Denial.SCOPE),
        ({"scope": "rooms:*:owner"}, Denial.SCOPE),
    ],
)
def test_claims_that_are_not_right_are_refused(
    issuer: Issuer, changed: dict[str, Any], why: Denial
) -> None:
    # Not by `mint`: the library signs no claims that it knows to be wrong.
    payload = json.dumps(issuer.claims(**changed)).encode()
    assert denial(verifier(issuer), sign(issuer, payload)) is why


def test_only_the_times_that_it_is_for(issuer: Issuer) -> None:
    now = time.time()
    checks = verifier(issuer)
    assert denial(checks, issuer.token(exp=int(now) - 1)) is Denial.EXPIRED
    assert denial(checks, issuer.token(nbf=int(now) + 60)) is Denial.NOT_YET
    assert denial(checks, issuer.token(iat=int(now) + 60)) is Denial.NOT_YET
    longest = int(now + LIFE_MAX.total_seconds())
    assert denial(checks, issuer.token(exp=longest + 60)) is Denial.LIFETIME
    for name, at in (("nbf", int(now) + 3), ("iat", int(now) + 3), ("exp", longest - 60)):
        good: dict[str, Any] = {name: at}
        assert checks.verify(issuer.token(**good)).user == "ada"


def test_leeway_does_not_make_a_token_live_longer(issuer: Issuer) -> None:
    checks = verifier(issuer, leeway=timedelta(seconds=60))
    assert denial(checks, issuer.token(exp=int(time.time()) - 2)) is Denial.EXPIRED


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b.c.d",
        "é.é.é",
        "日本.語.🎈",
        "\x00.\x00.\x00",
        "\udcff.x.y",
        " ",
        "null.null.null",
        b64(b"[]") + ".e30.x",
        b64(b"[" * 2000) + ".e30.x",
        b64(b"\xff\xfe") + ".e30.x",
        b64(b'{"alg":"EdDSA","kid":5}') + ".e30.eA",
    ],
)
def test_what_is_no_token_is_malformed(issuer: Issuer, token: str) -> None:
    assert denial(verifier(issuer), token) is Denial.MALFORMED


def test_a_payload_that_is_no_object_is_malformed(issuer: Issuer) -> None:
    for payload in (b"[]", b"\xff", b"", b"[" * 2000, b"7" * 2000):
        assert denial(verifier(issuer), sign(issuer, payload)) is Denial.MALFORMED


def test_a_token_has_so_many_bytes(issuer: Issuer) -> None:
    checks = verifier(issuer)
    spare = TOKEN_BYTES - len(issuer.token(pad=""))
    assert checks.verify(issuer.token(pad="x" * (spare * 3 // 4 - 8))).user == "ada"
    assert denial(checks, issuer.token(pad="x" * spare)) is Denial.TOO_LARGE
    assert denial(checks, "x" * TOKEN_BYTES) is Denial.MALFORMED
    assert denial(checks, "x" * (TOKEN_BYTES + 1)) is Denial.TOO_LARGE
    assert denial(checks, "x" * 10_000_000) is Denial.TOO_LARGE


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    keys = parse_keys(key_set(make_key("EdDSA", kid="k1")), algorithms=ALGORITHMS)
    terms = Terms(issuer="i", audience="feed", algorithms=ALGORITHMS, leeway=timedelta(0))
    with pytest.raises(TokenRefusedError):
        Verifier(terms, lambda: keys).verify(text)


def test_what_was_verified_is_remembered_until_it_ends_or_the_keys_change(issuer: Issuer) -> None:
    now = [time.time()]
    keys: list[KeySet] = [parse_keys(issuer.jwks.read_bytes(), algorithms=ALGORITHMS)]
    terms = Terms(issuer=ISSUER, audience="feed", algorithms=ALGORITHMS, leeway=timedelta(0))
    checks = Verifier(terms, lambda: keys[0], clock=lambda: now[0])
    token = issuer.token(exp=int(now[0]) + 100)
    assert checks.verify(token) is checks.verify(token)
    now[0] += 101
    assert denial(checks, token) is Denial.EXPIRED
    now[0] -= 101
    keys[0] = parse_keys(key_set(make_key("EdDSA", kid="k2")), algorithms=ALGORITHMS)
    assert denial(checks, token) is Denial.UNKNOWN_KEY


def test_the_memory_is_bounded(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.identity.verifier._KNOWN_MAX", 3)
    checks = verifier(issuer)
    for _ in range(10):
        checks.verify(issuer.token())
    assert len(checks._known) == 3
