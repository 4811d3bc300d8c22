"""What each proxy does to our streams by itself: every knob that we turn is one that matters.

One line of a rendered configuration is taken out or replaced by the proxy's default, and the same
probe gives another word.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from . import probes
from .probes import Edge
from .running import Replacements, hurried, proxy, started
from .services import Services, services

ENVOY_TOTAL = 15
"""Seconds that Envoy gives any answer, however much is still coming."""


@dataclass(frozen=True)
class Case:
    """``kind`` with ``replacements``; the ``probe`` must give ``word``."""

    kind: str
    probe: Callable[[Edge, Services], Awaitable[str]]
    word: str
    replacements: Replacements = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)


slow_beat = partial(probes.idle_stream, every=3)
unasked = partial(probes.first_event, more="&plain=1", wait=3)
CASES = {
    "nginx buffers who does not forbid it": Case(
        "nginx", unasked, "held", {"stream.conf": {"proxy_buffering off;": ""}}
    ),
    "nginx compresses, and no event comes out of it": Case(
        "nginx",
        unasked,
        "gzip",
        {
            "stream.conf": {"gzip off;": "gzip on;"},
            "nginx.conf": {"gzip_types text/css": "gzip_types text/event-stream text/css"},
        },
    ),
    "haproxy knows nothing of an answer in pieces": Case(
        "haproxy",
        probes.late_first_event,
        "late",
        {"haproxy.cfg": {"  option http-no-delay\n": ""}},
    ),
    "traefik compresses": Case(
        "traefik",
        unasked,
        "gzip",
        {
            "routes.yaml": {
                "service: feed-stream\n      middlewares: [ours, strip]": (
                    "service: feed-stream\n      middlewares: [ours, strip, compress]"
                ),
                "excludedContentTypes: [text/event-stream]": "minResponseBodyBytes: 1",
            }
        },
    ),
    "traefik leaves after 10 s and cuts": Case(
        "traefik",
        partial(probes.leaving, seconds=13),
        "cut",
        {
            "traefik.yaml": {
                "        graceTimeOut: 30s\n": "",
                "requestAcceptGraceTimeout: 10s": "requestAcceptGraceTimeout: 0s",
            }
        },
    ),
    "caddy closes WebSockets at a reload": Case(
        "caddy", probes.reload, "stream kept", {"Caddyfile": {"\tstream_close_delay 30s\n": ""}}
    ),
    "caddy never gives up a silent feed": Case(
        "caddy",
        probes.dead_feed,
        "held",
        {"Caddyfile": {"\t\tread_timeout 2s\n": ""}},
    ),
    "envoy ends every answer after 15 s": Case(
        "envoy",
        partial(probes.idle_stream, seconds=ENVOY_TOTAL + 3),
        "cut",
        {
            "listeners.yaml": {
                "prefix_rewrite: /readings, timeout: 0s,": "prefix_rewrite: /readings,"
            }
        },
    ),
    "envoy knows no upgrade": Case(
        "envoy",
        probes.upgraded,
        "refused",
        {"listeners.yaml": {"upgrade_configs: [{upgrade_type: websocket}]": ""}},
    ),
}
# The seeded wrong number: a heartbeat every 3 s and an idle limit of 2.
CASES |= {
    f"{kind} with a heartbeat slower than its idle limit": Case(kind, slow_beat, "cut")
    for kind in ("nginx", "haproxy", "caddy", "envoy")
}
GOOD = {
    "traefik that leaves keeps its streams": Case(
        "traefik", partial(probes.leaving, seconds=13), "held"
    ),
    "envoy has no limit on a stream": Case(
        "envoy", partial(probes.idle_stream, seconds=ENVOY_TOTAL + 3), "held"
    ),
    "haproxy sends the first piece at once": Case("haproxy", probes.late_first_event, "at once"),
    "envoy upgrades": Case("envoy", probes.upgraded, "upgraded"),
}
ALL = CASES | GOOD
Outcomes = dict[str, str | BaseException]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Every case, all at once."""
    return asyncio.run(_all(tmp_path_factory.mktemp("defaults")))


async def _all(folder: Path) -> Outcomes:
    found: Outcomes = {}
    async with services() as behind:
        await asyncio.gather(
            *(
                _one(folder / str(number), name, case, behind, found)
                for number, (name, case) in enumerate(ALL.items())
            )
        )
    return found


async def _one(folder: Path, name: str, case: Case, behind: Services, found: Outcomes) -> None:
    try:
        edge = proxy(
            folder,
            case.kind,
            feed=behind.address,
            chat=behind.address,
            timeouts=hurried(**case.seconds),
            replacements=case.replacements,
        )
        async with started(edge):
            found[name] = await case.probe(edge, behind)
    except Exception as error:  # noqa: BLE001 - its own test raises it
        found[name] = error


@pytest.mark.parametrize("name", ALL)
def test_a_knob_that_is_not_turned_ruins_streams(outcomes: Outcomes, name: str) -> None:
    outcome = outcomes[name]
    if isinstance(outcome, BaseException):
        raise outcome
    assert outcome == ALL[name].word
