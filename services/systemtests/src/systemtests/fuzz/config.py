"""What is set in the environment: taken, or refused in one line for each variable."""

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from chat.redis_address import PLAIN, parse_sentinels
from chat.settings import ChatSettings
from feed.settings import FeedSettings
from producer.settings import ProducerSettings
from realtime.identity.key_source import check_place, is_address
from realtime.settings import BadSettingsError, ServiceSettings, describe_settings, read_settings
from systemtests.fuzz.target import Target, require

PASSWORD: Final = "sword777"
_KINDS: Final[tuple[type[ServiceSettings], ...]] = (FeedSettings, ChatSettings, ProducerSettings)
_LOOPBACK: Final = {"localhost", "127.0.0.1", "[::1]"}


def take_environment(data: bytes) -> None:
    """``NAME=value`` on each line; the first byte picks the service, whose prefix names get."""
    kind = _KINDS[data[0] % len(_KINDS)] if data else _KINDS[0]
    environ = {f"{kind.prefix}NATS_URL": "nats://127.0.0.1:4222"}
    for line in data[1:].decode("utf-8", "surrogateescape").split("\n"):
        name, _, value = line.partition("=")
        if name:
            environ[kind.prefix + name] = value
    _check_settings(kind, environ)


def _check_settings(kind: type[ServiceSettings], environ: Mapping[str, str]) -> None:
    elsewhere = any(
        PASSWORD in name or (PASSWORD in value and not name.endswith("_URL"))
        for name, value in environ.items()
    )
    try:
        settings = read_settings(kind, environ)
    except BadSettingsError as error:
        require(error.problems, "a refusal says why")
        for problem in error.problems:
            require(problem.startswith(kind.prefix), "a problem names its variable", problem)
            require("\n" not in problem and "\r" not in problem, "a problem is one line", problem)
            require(
                elsewhere or PASSWORD not in problem, "no password of an address is told", problem
            )
        return
    require(environ.keys() <= _known(kind), "unknown names refuse to start", environ)
    for name, value in settings:
        _check_number(name, value)


@cache
def _known(kind: type[ServiceSettings]) -> frozenset[str]:
    return frozenset(facts.variable for facts in describe_settings(kind))


def _check_number(name: str, value: Any) -> None:
    if isinstance(value, float):
        require(math.isfinite(value), "a number is finite", name, value)


def take_redis(data: bytes) -> None:
    """Any address of Redis."""
    address = data.decode("utf-8", "replace")
    try:
        found = parse_sentinels(address)
    except ValueError as error:
        require(PASSWORD not in str(error), "a refusal holds no password", error)
        return
    if found is None:
        require(address.partition(":")[0] in PLAIN, "one server's address", address)
        return
    require(found.name and found.addresses, "Sentinels are named, and what they watch", found)
    for host, port in found.addresses:
        require(host and 0 < port < 65_536, "a Sentinel has a host and a port", host, port)


def take_place(data: bytes) -> None:
    """Any place of keys: a file, or an address that nobody on the way can answer for."""
    place = data.decode("utf-8", "replace")
    try:
        check_place(place)
    except ValueError:
        return
    if is_address(place):
        scheme, _, rest = place.partition("://")
        host = re.split(r"[/?#]", rest, maxsplit=1)[0]
        near = re.sub(r":\d*$", "", host.lower()) in _LOOPBACK
        require(scheme.lower() == "https" or near, "keys come over TLS, or from here", place)


_PAST: Final = (
    b"FLUSH=inf",
    b"HEARTBEAT=nan",
    b"TRACE_SHARE=nan",
    b"TRACE_SHARE=1e400",
    b"PORT=-1\nADMIN_PORT=65536",
    b"NO_SUCH=1",
    b"\xff=\xff",
    b"A\rB=1",
    b"NATS_URL=",
    b"REDIS_URL=redis://ada:sword777",
    "REDIS_URL=redis://ada:sword777@h\u2100st".encode(),
    b"AUTH=jwt",
    b"AUTH=jwt\nJWKS=https://issuer.example/keys\nISSUER=https://issuer.example",
    b"AUTH=jwt\nJWKS=http://evil.example/keys\nISSUER=x",
    b"ALGORITHMS=\nORIGINS=https://a, https://b",
    b"GUEST_SCOPE=sensors:a/*\nLOG_LEVEL=debug",
    b"GUEST_SCOPE=sensors:**",
    b"CONNECTIONS_PER_USER=" + b"9" * 5_000,
    b"LEEWAY=1e300\nTICKET_LIFE=31",
)
_WORDS: Final = (
    *(name.partition("_")[2] + "=" for name in ("FEED_HOST", "FEED_PORT", "FEED_FLUSH")),
    *("HEARTBEAT=", "TRACE_SHARE=", "AUTH=jwt", "JWKS=", "ISSUER=", "ALGORITHMS=", "GUEST_SCOPE="),
    *("REDIS_URL=", "NATS_URL=", "ORIGINS=", "redis://", "rediss://", "+sentinel://", "sword777"),
    *("@", ":", "/", ",", "nan", "inf", "1e9", "-1", "0", "true", "https://", "http://", "[::1]"),
)
TARGETS: Final = (
    Target(
        "settings",
        "an environment is taken, or refused in one line for each variable that shows no password",
        take_environment,
        tuple(bytes([kind]) + past for kind in range(len(_KINDS)) for past in _PAST),
        _WORDS,
        8192,
    ),
    Target(
        "redis",
        "an address of Redis is taken apart, or refused without its password",
        take_redis,
        (
            b"redis://ada:sword777@127.0.0.1:6379/0",
            b"rediss://h",
            b"unix:///tmp/valkey.sock",
            b"redis+sentinel://ada:sword777@a:1,b,[::1]:3/airwave/2",
            b"redis://ada:sword777",
            b"redis+sentinel://ada:sword777/name",
            "redis://ada:sword777@h\u2100st".encode(),
            "redis+sentinel://a:b@h\u2100st:sword777/x".encode(),
            b"redis+sentinel://a/b/" + b"9" * 5_000,
            "redis+sentinel://a/b/\u0663".encode(),
            b"redis+sentinel://a:0/b",
            b"redis+sentinel://a:99999/b",
            b"redis+sentinel://[::1/b",
            b"http://h",
            b" redis://h",
            b"REDIS://h",
        ),
        _WORDS,
        8192,
    ),
    Target(
        "places",
        "keys are read from a file, over TLS or from this machine only",
        take_place,
        (
            b"/etc/keys.json",
            b"https://issuer.example/keys",
            b"http://localhost:8080/keys",
            b"http://[::1]/keys",
            b"http://127.0.0.1@evil.example/keys",
            b"http://localhost.evil.example/keys",
            b"ht\ttp://evil.example/keys",
            b"https://[::1",
            b"http://evil.example[::1]/",
            b" https://issuer.example/keys",
            b"http://[\n::1]/",
            b"://",
        ),
        _WORDS,
        512,
    ),
)
