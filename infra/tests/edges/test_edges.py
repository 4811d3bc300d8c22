"""nginx, HAProxy, Traefik, Caddy and Envoy on their rendered configurations.

The waits of all probes behind all proxies run at once; each test looks at one outcome.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from . import probes
from .probes import Edge
from .request_ids import request_ids
from .running import KINDS, hurried, proxy, started
from .services import Services, services

NOWHERE = "127.0.0.1:1"
Probe = Callable[[Edge, Services], Awaitable[str]]
# What is right, and who can't do it and does what instead.
RIGHT: dict[str, tuple[Probe, str, dict[str, str]]] = {
    "first event": (probes.first_event, "at once", {}),
    "our gzip": (probes.our_gzip, "gzip", {}),
    "idle stream": (probes.idle_stream, "held", {}),
    "quiet socket": (probes.quiet_socket, "held", {}),
    "dead feed": (probes.dead_feed, "ended", {"traefik": "held"}),
    "dead socket": (probes.dead_socket, "ended", {"traefik": "held"}),
    "slow reader": (probes.slow_reader, "cut", {"traefik": "kept", "caddy": "kept"}),
    "header limits": (probes.header_limits, "refused", {}),
    "slow header": (probes.slow_header, "ended", {}),
    "operators": (probes.operators, "hidden", {}),
    "forged": (probes.forged, "replaced", {}),
    "request ids": (
        request_ids,
        "given and told",
        {"traefik": "none"},
    ),
    "refusal": (probes.refusal, "passed", {}),
}
AWAY: dict[str, tuple[Probe, str, dict[str, str]]] = {
    "away": (probes.away, "busy, spread", {"traefik": "502"}),
    "away call": (
        probes.away_call,
        "told, application/problem+json",
        {"traefik": "told, "},
    ),
}
LATER: dict[str, tuple[Probe, str, dict[str, str]]] = {
    "reload": (probes.reload, "both kept", {}),
}
ALL = RIGHT | AWAY | LATER
Outcomes = dict[tuple[str, str], str | BaseException]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Every probe behind every proxy."""
    return asyncio.run(_all(tmp_path_factory.mktemp("edges")))


async def _all(folder: Path) -> Outcomes:
    found: Outcomes = {}
    async with services() as behind:
        await asyncio.gather(*(_one(folder, kind, behind, found) for kind in KINDS))
    return found


async def _one(folder: Path, kind: str, behind: Services, found: Outcomes) -> None:
    there = proxy(folder / kind, kind, feed=behind.address, chat=behind.address, timeouts=hurried())
    alone = proxy(folder / f"{kind}-alone", kind, feed=NOWHERE, chat=NOWHERE, timeouts=hurried())
    async with started(there), started(alone):
        async with asyncio.TaskGroup() as tasks:
            for edge, asked in ((there, RIGHT), (alone, AWAY)):
                for name, (probe, *_) in asked.items():
                    tasks.create_task(_ask(kind, name, probe, edge, behind, found))
        for name, (probe, *_) in LATER.items():
            await _ask(kind, name, probe, there, behind, found)


async def _ask(
    kind: str, name: str, probe: Probe, edge: Edge, behind: Services, found: Outcomes
) -> None:
    try:
        found[kind, name] = await probe(edge, behind)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - its own test raises it
        found[kind, name] = error


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ALL)
def test_an_edge_does_right_by_streams(outcomes: Outcomes, kind: str, name: str) -> None:
    outcome = outcomes[kind, name]
    if isinstance(outcome, BaseException):
        raise outcome
    _, right, instead = ALL[name]
    assert outcome == instead.get(kind, right)
