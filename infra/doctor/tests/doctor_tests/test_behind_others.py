"""The doctor behind HAProxy, Traefik, Caddy and Envoy, good, and with bad knobs."""

import asyncio
from pathlib import Path

import pytest

from doctor.finding import Finding, Severity

from .proxies import KINDS, ProxyServer
from .stack import Services, examined, services

STREAM, SOCKET = "/readings", "/ws"
GOOD = tuple((kind, path) for kind in KINDS for path in (STREAM, SOCKET))
# The proxy, the endpoint, what is wrong, and the check and the knob that have to be named.
BAD: dict[str, tuple[str, str, dict[str, str], str, str]] = {
    "haproxy cuts silence": ("haproxy", STREAM, {"idle": "2s"}, "idle-limit", "timeout server"),
    "haproxy cuts a tunnel": ("haproxy", SOCKET, {"tunnel": "2s"}, "idle-limit", "timeout tunnel"),
    "haproxy rewrites Origin": (
        "haproxy",
        SOCKET,
        {"extra": "http-request set-header Origin http://%[req.hdr(host)]"},
        "origin",
        "set-header or del-header Origin",
    ),
    "traefik limits answers": ("traefik", STREAM, {"total": "2s"}, "age", "writeTimeout"),
    "traefik collects": (
        "traefik",
        STREAM,
        {"extra": ", middlewares: [collect]"},
        "buffering",
        "no buffering middleware",
    ),
    "caddy limits upgrades": (
        "caddy",
        SOCKET,
        {"extra": "stream_timeout 2s"},
        "idle-limit",
        "stream_timeout",
    ),
    "caddy rewrites Origin": (
        "caddy",
        SOCKET,
        {"extra": "header_up Origin http://{http.request.hostport}"},
        "origin",
        "header_up Origin",
    ),
    "envoy limits routes": ("envoy", STREAM, {"total": "2s"}, "age", "timeouts.request: 0s"),
    "envoy cuts silence": ("envoy", STREAM, {"idle": "2s"}, "idle-limit", "stream_idle_timeout"),
    "envoy without upgrade": ("envoy", SOCKET, {"extra": ""}, "upgrade", "upgrade_configs"),
}
Found = dict[object, tuple[Finding, ...]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What the doctor finds in each case; all at once."""
    return asyncio.run(_examine_all(tmp_path_factory.mktemp("proxies")))


async def _examine_all(folder: Path) -> Found:
    async with services() as behind, asyncio.TaskGroup() as tasks:
        running: dict[object, asyncio.Task[tuple[Finding, ...]]] = {}
        for case in GOOD:
            running[case] = tasks.create_task(
                _one(folder / "-".join(case).replace("/", ""), case, {}, behind)
            )
        for name, (kind, path, knobs, _, _) in BAD.items():
            running[name] = tasks.create_task(
                _one(folder / name.replace(" ", "-"), (kind, path), knobs, behind)
            )
        await asyncio.wait(running.values())
    return {case: task.result() for case, task in running.items()}


async def _one(
    folder: Path, case: tuple[str, str], knobs: dict[str, str], behind: Services
) -> tuple[Finding, ...]:
    kind, path = case
    server = ProxyServer(folder, kind, behind, **knobs)
    await asyncio.to_thread(server.start)
    try:
        scheme = "ws" if path is SOCKET else "http"
        # Where nothing will come, no need to wait for it as long as a busy machine may take.
        patience = 3 if "collect" in knobs.get("extra", "") else 10
        return await examined(f"{scheme}://127.0.0.1:{server.port}{path}", patience=patience)
    finally:
        await asyncio.to_thread(server.stop)


@pytest.mark.parametrize("case", GOOD, ids="".join)
def test_of_a_good_configuration_it_has_nothing_to_complain(
    found: Found, case: tuple[str, str]
) -> None:
    assert [one for one in found[case] if one.severity.weight > Severity.INFO.weight] == []
    (proxy,) = (one for one in found[case] if one.check == "proxy")
    assert case[0] in proxy.found.lower()


@pytest.mark.parametrize("name", sorted(BAD))
def test_of_a_bad_configuration_it_names_the_knob(found: Found, name: str) -> None:
    kind, _, _, check, knob = BAD[name]
    problems = [one for one in found[name] if one.severity is Severity.PROBLEM]
    assert {one.check for one in problems} == {check}
    assert any(knob in one for one in problems[0].knobs)
    assert all(one.lower().startswith(kind) for one in problems[0].knobs)
