"""Streams through a real nginx, in front of a small real upstream."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from infra.edge.timeouts import Edge, load
from infra.servers import EdgeServer
from infra.testing import Answering, Exchange, Upstream, fetch, upstream

STREAM = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n\r\n"
)
FIRST = "event: hello\nid: e3f9c2-1\ndata: {}\n\n"
SECOND = "event: readings\nid: e3f9c2-2\ndata: []\n\n"


class Place:
    """Where edges of one test are made."""

    def __init__(self, folder: Path, dashboard: Path) -> None:
        self._folder = folder
        self._dashboard = dashboard

    @asynccontextmanager
    async def edge(
        self, answering: Answering, *, edge: Edge | None = None
    ) -> AsyncIterator[tuple[EdgeServer, Upstream]]:
        """An edge in front of one upstream for both services."""
        timeouts = load()
        async with upstream(answering) as service:
            running = EdgeServer(
                self._folder / "edge",
                feed=(service.address,),
                chat=(service.address,),
                dashboard=self._dashboard,
                timeouts=dataclasses.replace(timeouts, edge=edge or timeouts.edge),
            ).start()
            try:
                yield running, service
            finally:  # on a thread: its streams end only if the upstream here goes on
                await asyncio.to_thread(running.stop)


@pytest.fixture
def place(tmp_path: Path, dashboard: Path) -> Place:
    return Place(tmp_path, dashboard)


async def connect(
    edge: EdgeServer, target: str, *headers: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    lines = (f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{edge.port}", *headers)
    writer.write("\r\n".join((*lines, "", "")).encode())
    return reader, writer


@pytest.mark.parametrize("accepts", ["identity", "gzip, br"])
async def test_an_event_arrives_before_the_next_one_is_sent(place: Place, accepts: str) -> None:
    confirmed = asyncio.Event()

    async def answering(exchange: Exchange) -> None:
        if exchange.request.target == "/confirm":
            confirmed.set()
            await exchange.answer()
            return
        await exchange.send(STREAM + FIRST)
        await confirmed.wait()
        await exchange.send(SECOND)

    async with place.edge(answering) as (edge, service):
        reader, writer = await connect(
            edge, "/feed/readings?sensor=a/b", f"Accept-Encoding: {accepts}"
        )
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(FIRST.encode())
        assert b"content-encoding" not in head.lower()
        assert b"x-accel-buffering: no" in head.lower()
        await fetch(edge.port, "/feed/confirm")
        assert SECOND.encode() in await reader.readuntil(SECOND.encode())
        writer.close()
        assert service.requests[0].target == "/readings?sensor=a/b"


@pytest.mark.parametrize(
    ("path", "behind"), [("/chat/ws", "/ws"), ("/feed/ws/readings", "/ws/readings")]
)
async def test_a_websocket_passes_both_ways(place: Place, path: str, behind: str) -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: airwave.chat.v1\r\n\r\nhello"
        )
        while said := await exchange.reader.read(100):
            await exchange.send(f"<{said.decode()}>")

    async with place.edge(answering) as (edge, service):
        reader, writer = await connect(
            edge,
            path + "?name=ada",
            "Upgrade: websocket",
            "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Key: eA==",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: airwave.chat.v1",
            "Origin: http://127.0.0.1:8080",
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        assert b"airwave.chat.v1" in head
        assert await reader.readexactly(5) == b"hello"
        for word in (b"one", b"two"):
            writer.write(word)
            assert await reader.readexactly(5) == b"<" + word + b">"
        writer.close()
        (request,) = service.requests
        assert request.target == behind + "?name=ada"
        assert request.header("upgrade") == ["websocket"]
        assert request.header("connection") == ["upgrade"]
        assert request.header("origin") == ["http://127.0.0.1:8080"]


async def test_a_service_learns_the_client_from_the_edge_and_never_from_the_client(
    place: Place,
) -> None:
    async with place.edge(Exchange.answer) as (edge, service):
        forged = {
            "X-Forwarded-For": "6.6.6.6",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "X-Real-IP": "6.6.6.6",
            "Forwarded": "for=6.6.6.6",
            "X-Request-Id": "forged",
            "Upgrade": "h2c",
            "Connection": "upgrade",
        }
        answer = await fetch(edge.port, "/chat/rooms?x=1", headers=forged)
        (request,) = service.requests
        assert request.target == "/rooms?x=1"
        assert request.header("host") == [f"127.0.0.1:{edge.port}"]
        assert request.header("x-forwarded-for") == ["127.0.0.1"]
        assert request.header("x-forwarded-proto") == ["http"]
        assert request.header("x-forwarded-host") == [f"127.0.0.1:{edge.port}"]
        assert request.header("x-real-ip") == ["127.0.0.1"]
        assert request.header("x-request-id") == [answer.headers["x-request-id"]]
        for name in ("forwarded", "connection", "upgrade"):
            assert request.header(name) == []


async def test_a_services_own_refusal_passes_as_it_is(place: Place) -> None:
    async def refuses(exchange: Exchange) -> None:
        await exchange.answer(
            "503 Service Unavailable", '{"code":"full"}', kind="application/problem+json"
        )

    async with place.edge(refuses) as (edge, _):
        for path in ("/feed/readings", "/feed/ws/readings", "/feed/sensors", "/chat/ws"):
            answer = await fetch(edge.port, path)
            assert (answer.status, answer.body) == (503, '{"code":"full"}')


async def test_a_large_answer_that_is_no_stream_is_compressed(place: Place) -> None:
    async def answers(exchange: Exchange) -> None:
        await exchange.answer(body=json.dumps({"sensors": ["x"] * 1000}))

    async with place.edge(answers) as (edge, _):
        reader, writer = await connect(
            edge, "/feed/sensors", "Accept-Encoding: gzip", "Connection: close"
        )
        assert b"Content-Encoding: gzip" in await reader.readuntil(b"\r\n\r\n")
        writer.close()


def hurried(edge: Edge, **seconds: int) -> Edge:
    durations = {name: timedelta(seconds=number) for name, number in seconds.items()}
    return dataclasses.replace(edge, **durations)


async def silent(exchange: Exchange) -> None:
    await exchange.reader.read()


async def test_a_stream_that_falls_silent_is_ended_and_one_that_beats_is_not(place: Place) -> None:
    beats = 10

    async def answering(exchange: Exchange) -> None:
        await exchange.send(STREAM)
        for _ in range(beats):  # together longer than the idle limit, each alone shorter
            await exchange.send(FIRST)
            await asyncio.sleep(0.25)
        await silent(exchange)

    async with place.edge(answering, edge=hurried(load().edge, idle=2)) as (edge, _):
        reader, writer = await connect(edge, "/feed/readings")
        assert (await reader.read()).count(FIRST.encode()) == beats
        writer.close()


async def test_an_upstream_that_hangs_is_told_to_the_client_in_time(place: Place) -> None:
    async with place.edge(silent, edge=hurried(load().edge, idle=1, response=1)) as (edge, _):
        call = await fetch(edge.port, "/feed/sensors")
        assert (call.status, json.loads(call.body)["title"]) == (504, "Gateway Timeout")
        stream = await fetch(edge.port, "/feed/readings")
        assert stream.status == 200
        assert "event: busy" in stream.body


async def test_a_dead_replica_costs_no_client_an_error(tmp_path: Path, dashboard: Path) -> None:
    async with upstream(Exchange.answer) as alive:
        with EdgeServer(
            tmp_path / "edge",
            feed=("127.0.0.1:1", alive.address),
            chat=(alive.address,),
            dashboard=dashboard,
        ) as edge:
            answers = [await fetch(edge.port, "/feed/sensors") for _ in range(6)]
        assert [answer.status for answer in answers] == [200] * 6


@pytest.mark.parametrize("path", ["/feed/readings", "/chat/ws"])
async def test_a_replica_that_has_no_place_costs_no_client_an_answer(
    tmp_path: Path, dashboard: Path, path: str
) -> None:
    asked: list[list[str]] = []

    async def leaves(exchange: Exchange) -> None:
        asked.append(exchange.request.header("prefer"))
        await exchange.answer("503 Service Unavailable", '{"code":"draining"}')

    async with upstream(leaves) as leaving, upstream(Exchange.answer) as staying:
        both = (leaving.address, staying.address)
        with EdgeServer(tmp_path / "edge", feed=both, chat=both, dashboard=dashboard) as edge:
            answers = [await fetch(edge.port, f"{path}?a=b") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 6
    assert len(asked) >= 2
    assert all("elsewhere" in prefer[0] for prefer in asked)
    assert {request.target for request in staying.requests} == {f"/{path.rpartition('/')[2]}?a=b"}


@pytest.mark.parametrize("path", ["/feed/readings", "/chat/ws"])
async def test_where_no_replica_has_a_place_one_says_so_in_its_own_words(
    tmp_path: Path, dashboard: Path, path: str
) -> None:
    async def full(exchange: Exchange) -> None:
        if "elsewhere" in "".join(exchange.request.header("prefer")):
            await exchange.answer("503 Service Unavailable", '{"code":"full"}')
        else:
            await exchange.answer(body="event: busy")

    async with upstream(full) as one, upstream(full) as two:
        both = (one.address, two.address)
        with EdgeServer(tmp_path / "edge", feed=both, chat=both, dashboard=dashboard) as edge:
            plain = await fetch(edge.port, path)
            asking = await fetch(edge.port, path, headers={"Prefer": "status"})
    assert (plain.status, plain.body) == (200, "event: busy")
    assert (asking.status, asking.body) == (200, "event: busy")
    requests = one.requests + two.requests
    prefer = sorted(tuple(request.header("prefer")) for request in requests)
    # Each client's request is asked of both, and then of one as the client said it.
    assert prefer == [
        (),
        ("elsewhere",),
        ("elsewhere",),
        ("elsewhere, status",),
        ("elsewhere, status",),
        ("status",),
    ]
