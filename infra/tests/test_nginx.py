"""The rendered configuration, read by real nginx programs and asked over real sockets."""

import dataclasses
import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from infra.edge import nginx
from infra.edge.site import Site
from infra.edge.timeouts import load
from infra.servers import EdgeServer, binaries
from infra.testing import Answer, fetch, wait_until

NOWHERE = "127.0.0.1:1"
SITE = Site(listen="127.0.0.1:8080", feed=(NOWHERE,), chat=(NOWHERE,), dashboard=Path("/nowhere"))
PROGRAMS = [
    program for program in (binaries.nginx_in_wheel(), nginx.on_path()) if program is not None
]


@pytest.fixture
def edge(tmp_path: Path, dashboard: Path) -> Iterator[EdgeServer]:
    """An edge whose services are away."""
    with EdgeServer(
        tmp_path / "edge", feed=(NOWHERE,), chat=(NOWHERE,), dashboard=dashboard
    ) as running:
        yield running


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
@pytest.mark.parametrize("replicas", [1, 3])
def test_the_configuration_is_accepted_without_a_warning(
    tmp_path: Path, program: Path, replicas: int
) -> None:
    site = dataclasses.replace(SITE, feed=(NOWHERE,) * replicas, chat=(NOWHERE,) * replicas)
    nginx.write(load(), site, tmp_path)
    nginx.check(program, tmp_path)


def test_a_configuration_that_is_refused_says_why(tmp_path: Path) -> None:
    nginx.write(load(), SITE, tmp_path)
    (tmp_path / "page.conf").write_text("add_haeder x y;")
    program = binaries.nginx_in_wheel()
    with pytest.raises(nginx.ConfRefusedError, match="add_haeder"):
        nginx.check(program, tmp_path)
    assert not nginx.accepts(program, tmp_path)


def test_only_root_names_a_user() -> None:
    assert "\nuser " not in nginx.files(load(), SITE, as_root=False)["nginx.conf"]
    assert "\nuser root " in nginx.files(load(), SITE, as_root=True)["nginx.conf"]


async def test_the_page_is_never_cached_unasked_and_built_files_for_ever(edge: EdgeServer) -> None:
    for path in ("/", "/index.html", "/rooms/lobby"):
        page = await fetch(edge.port, path)
        assert (page.status, page.headers["cache-control"]) == (200, "no-cache")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<title>Airwave</title>" in page.body
    built = await fetch(edge.port, "/assets/main-1a2b.js")
    assert built.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert built.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (await fetch(edge.port, "/icon.svg")).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/assets/main-0000.js", "/favicon.ico", "/missing.css"])
async def test_a_file_that_is_not_there_is_not_the_page(edge: EdgeServer, path: str) -> None:
    assert (await fetch(edge.port, path)).status == 404


@pytest.mark.parametrize("path", ["/", "/assets/main-1a2b.js", "/missing.css"])
async def test_every_file_carries_the_security_headers(edge: EdgeServer, path: str) -> None:
    headers = (await fetch(edge.port, path)).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["server"] == "nginx"


@pytest.mark.parametrize("service", ["feed", "chat"])
@pytest.mark.parametrize(
    "path",
    [
        "metrics",
        "livez",
        "readyz",
        "metrics?x=1",
        "./metrics",
        "x/../livez",
        "%72eadyz",
        "/metrics",
    ],
)
async def test_what_is_for_operators_is_not_there(
    edge: EdgeServer, service: str, path: str
) -> None:
    answer = await fetch(edge.port, f"/{service}/{path}")
    assert problem(answer) == {"type": "about:blank", "title": "Not Found", "status": 404}


def problem(answer: Answer) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = json.loads(answer.body)
    assert document["status"] == answer.status
    return document


@pytest.mark.parametrize("path", ["/feed/sensors", "/chat/rooms", "/chat/ws"])
async def test_a_service_that_is_away_is_a_problem_with_a_time_to_return(
    edge: EdgeServer, path: str
) -> None:
    answer = await fetch(edge.port, path)
    assert problem(answer)["title"] == "Bad Gateway"
    assert 1 <= int(answer.headers["retry-after"]) <= 5
    assert answer.headers["x-request-id"]


async def test_a_stream_that_is_away_says_busy_so_that_eventsource_comes_back(
    edge: EdgeServer,
) -> None:
    delays = set()
    for _ in range(20):
        answer = await fetch(edge.port, "/feed/readings?sensor=a/b")
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store, no-transform"
        retry, event, data, *end = answer.body.split("\n")
        assert (event, end) == ("event: busy", ["", ""])
        said = json.loads(data.removeprefix("data: "))
        assert said == {
            "reconnect_in_ms": int(retry.removeprefix("retry: ")),
            "reason": "upstream_down",
        }
        delays.add(said["reconnect_in_ms"])
    assert min(delays) >= 1000
    assert max(delays) <= 5000
    assert len(delays) > 3


@pytest.mark.parametrize("prefer", ["status", "respond-async, status", "Status;x=1"])
async def test_a_client_that_prefers_the_status_of_a_stream_gets_it(
    edge: EdgeServer, prefer: str
) -> None:
    answer = await fetch(edge.port, "/feed/readings", headers={"Prefer": prefer})
    assert problem(answer)["status"] == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 5


async def test_preferring_something_else_changes_nothing(edge: EdgeServer) -> None:
    answer = await fetch(edge.port, "/feed/readings", headers={"Prefer": "statuses"})
    assert answer.status == 200


async def test_a_body_or_a_header_that_is_too_large_is_refused(edge: EdgeServer) -> None:
    large = await fetch(edge.port, "/chat/tickets", method="POST", body=b"x" * 65537)
    assert problem(large)["title"] == "Content Too Large"
    within = await fetch(edge.port, "/", headers={"Cookie": "x" * 8000})
    assert within.status == 200
    beyond = {f"X-{number}": "x" * 4000 for number in range(5)}
    assert (await fetch(edge.port, "/", headers=beyond)).status == 400


async def test_the_log_has_a_line_for_each_request_and_never_a_query(edge: EdgeServer) -> None:
    secret = "5f3a-never-in-a-log"
    await fetch(edge.port, f"/feed/readings?ticket={secret}", headers={"Cookie": secret})
    await fetch(edge.port, f"/feed/sensors?ticket={secret}", headers={"Authorization": secret})
    # A path too long for a file name makes nginx speak of the request in its error log.
    await fetch(edge.port, f"/{'x' * 300}?ticket={secret}", headers={"Referer": secret})
    await wait_until(lambda: any("xxx" in line for line in edge.log_tail()))
    text = edge.log_path.read_text()
    assert secret not in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    streams = [line for line in lines if line["path"] == "/feed/readings"]
    assert [(line["status"], line["upstream_status"]) for line in streams] == [(200, "502")]
    assert {line["path"] for line in lines} >= {"/", "/feed/sensors"}


async def test_a_forged_line_in_a_header_stays_one_value(edge: EdgeServer) -> None:
    await fetch(edge.port, "/", headers={"User-Agent": 'x","status":999,"y":"\x1b[31m'})
    await wait_until(lambda: "999" in edge.log_path.read_text())
    line = next(line for line in edge.log_tail() if "999" in line)
    assert json.loads(line)["status"] == 200
    assert "\x1b" not in line


async def test_a_client_that_never_finishes_its_header_is_ended(
    tmp_path: Path, dashboard: Path
) -> None:
    timeouts = load()
    hurried = dataclasses.replace(timeouts.edge, client_header=timedelta(seconds=1))
    with (
        EdgeServer(
            tmp_path / "edge",
            feed=(NOWHERE,),
            chat=(NOWHERE,),
            dashboard=dashboard,
            timeouts=dataclasses.replace(timeouts, edge=hurried),
        ) as edge,
        socket.create_connection(("127.0.0.1", edge.port), timeout=20) as slow,
    ):
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        # Reset, and not lingered on: nothing that waits for a dead client is kept.
        with pytest.raises(ConnectionResetError):
            slow.recv(1)
