"""The doctor before our own stack: quiet where all is well, and naming the knob where it isn't.

All cases run at once, and each test looks at what was found in one of them.
"""

import asyncio
import re
from pathlib import Path

import pytest

from doctor.finding import Finding, Severity, worst

from .stack import Patches, examined, nginx, services

STREAM, SOCKET = "/feed/readings", "/chat/ws"
UPGRADE = "proxy_set_header Upgrade $http_upgrade;"
BUFFERED = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
GZIPPED = (
    'gzip on; gzip_types text/event-stream; gzip_min_length 0; proxy_set_header Accept-Encoding "";'
)
CASES: dict[str, tuple[str, Patches]] = {
    "good stream": (STREAM, {}),
    "good socket": (SOCKET, {}),
    "buffered gzip": (
        STREAM,
        {"stream.conf": {"proxy_buffering off;": BUFFERED, "gzip off;": GZIPPED}},
    ),
    "short read timeout": (
        STREAM,
        {"stream.conf": {"proxy_read_timeout 75s": "proxy_read_timeout 2s"}},
    ),
    "short read timeout of a socket": (
        SOCKET,
        {"stream.conf": {"proxy_read_timeout 75s": "proxy_read_timeout 2s"}},
    ),
    "no upgrade": (SOCKET, {"nginx.conf": {UPGRADE: "", "$upstream_connection;": '"";'}}),
    "origin rewritten": (
        SOCKET,
        {"nginx.conf": {UPGRADE: f"{UPGRADE} proxy_set_header Origin $scheme://$http_host;"}},
    ),
    "few connections": (
        SOCKET,
        {
            "nginx.conf": {
                "http {": "http { limit_conn_zone $server_name zone=all:1m;",
                UPGRADE: f"{UPGRADE} limit_conn all 6;",
            }
        },
    ),
    "last event id eaten": (
        STREAM,
        {"stream.conf": {"gzip off;": 'gzip off; proxy_set_header Last-Event-ID "";'}},
    ),
}
Found = dict[str, tuple[Finding, ...]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, dashboard: Path) -> Found:
    """What the doctor finds in each case."""
    return asyncio.run(_examine_all(tmp_path_factory.mktemp("edges"), dashboard))


async def _examine_all(folder: Path, dashboard: Path) -> Found:
    async with services() as behind:

        async def one(number: int, name: str) -> tuple[str, tuple[Finding, ...]]:
            path, patches = CASES[name]
            async with nginx(folder / str(number), dashboard, behind, patches) as edge:
                url = edge.url if path is STREAM else edge.url.replace("http", "ws", 1)
                # What is held back needs no patience.
                patience = 4 if name == "buffered gzip" else 10
                return name, await examined(url + path, patience=patience)

        return dict(await asyncio.gather(*(one(*case) for case in enumerate(CASES))))


def named(findings: tuple[Finding, ...], check: str) -> Finding:
    """The weightiest finding of a check."""
    return max((one for one in findings if one.check == check), key=lambda one: one.severity.weight)


@pytest.mark.parametrize("case", ["good stream", "good socket"])
def test_of_a_good_configuration_it_has_nothing_to_complain(found: Found, case: str) -> None:
    assert [one for one in found[case] if one.severity.weight > Severity.INFO.weight] == []


@pytest.mark.parametrize(
    ("case", "check", "knob"),
    [
        ("buffered gzip", "compression", "gzip off"),
        ("buffered gzip", "compression", "proxy_buffering off"),
        ("short read timeout", "idle-limit", "proxy_read_timeout"),
        ("short read timeout of a socket", "idle-limit", "proxy_read_timeout"),
        ("no upgrade", "upgrade", "proxy_set_header Upgrade $http_upgrade"),
        ("no upgrade", "upgrade", "proxy_http_version 1.1"),
        ("origin rewritten", "origin", "proxy_set_header Origin"),
    ],
)
def test_of_a_bad_configuration_it_names_the_knob(
    found: Found, case: str, check: str, knob: str
) -> None:
    finding = named(found[case], check)
    assert finding.severity is Severity.PROBLEM
    assert any(knob in one for one in finding.knobs)
    # nginx said who it is, so nobody else's settings are in the way.
    assert not any(one.startswith(("Envoy", "HAProxy", "Traefik")) for one in finding.knobs)


@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_else_is_called_a_problem(found: Found, case: str) -> None:
    problems = {one.check for one in found[case] if one.severity is Severity.PROBLEM}
    assert len(problems) <= 1


def test_connections_beyond_a_limit_are_counted(found: Found) -> None:
    finding = named(found["few connections"], "connections")
    assert finding.severity is Severity.WARNING
    assert "6 of 7 served; 1 got status 429" in finding.found
    assert any("limit_conn" in knob for knob in finding.knobs)


def test_a_position_that_does_not_arrive_is_noticed(found: Found) -> None:
    finding = named(found["last event id eaten"], "resume")
    assert finding.severity is Severity.PROBLEM
    assert "not resumed" in finding.found


def test_the_idle_limit_is_found_by_waiting(found: Found) -> None:
    said = named(found["short read timeout"], "idle-limit").found
    assert re.search(r"cut after [23]\.\d s of silence", said)
    assert worst(found["short read timeout"]) is Severity.PROBLEM
