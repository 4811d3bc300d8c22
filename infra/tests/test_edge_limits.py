"""What one address may open and ask at the edge, and how it is told that it was too much."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from infra.edge.timeouts import Timeouts, load
from infra.servers import EdgeServer
from infra.testing import Exchange, fetch, upstream, wait_until

from .edges.wire import wire

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: hello\n\n"
MOST = 3


def tight(**limits: int) -> Timeouts:
    timeouts = load()
    return dataclasses.replace(timeouts, limits=dataclasses.replace(timeouts.limits, **limits))


@pytest.fixture
def folders(tmp_path: Path, dashboard: Path) -> tuple[Path, Path]:
    return tmp_path / "edge", dashboard


@asynccontextmanager
async def limited(
    folders: tuple[Path, Path], *, loopback: bool, **limits: int
) -> AsyncIterator[EdgeServer]:
    async def stream(exchange: Exchange) -> None:
        if exchange.request.target.startswith("/readings"):
            await exchange.send(HEAD)
            await exchange.reader.read()
        await exchange.answer()

    async with upstream(stream) as service:
        edge = EdgeServer(
            folders[0],
            feed=(service.address,),
            chat=(service.address,),
            dashboard=folders[1],
            timeouts=tight(**limits),
        )
        edge.site = dataclasses.replace(edge.site, limit_loopback=loopback)
        edge.start()
        try:
            yield edge
        finally:
            await asyncio.to_thread(edge.stop)


async def open_streams(stack: AsyncExitStack, edge: EdgeServer, count: int) -> list[int]:
    statuses = []
    for _ in range(count):
        client = await stack.enter_async_context(wire(edge.port))
        await client.ask("/feed/readings")
        await client.until("\n\n")
        statuses.append(client.status)
    return statuses


async def test_a_stream_too_many_is_told_busy_and_others_the_status(
    folders: tuple[Path, Path],
) -> None:
    async with limited(folders, loopback=True, connections_per_address=MOST) as edge:
        async with AsyncExitStack() as stack:
            assert await open_streams(stack, edge, MOST) == [200] * MOST
            busy = await fetch(edge.port, "/feed/readings")
            assert (busy.status, busy.headers["content-type"]) == (
                200,
                "text/event-stream; charset=utf-8",
            )
            retry, event, said, *_ = busy.body.split("\n")
            assert event == "event: busy"
            assert json.loads(said.removeprefix("data: ")) == {
                "reconnect_in_ms": int(retry.removeprefix("retry: ")),
                "reason": "per_ip",
            }
            told = await fetch(edge.port, "/feed/readings", headers={"Prefer": "status"})
            assert told.status == 429
            for path in ("/chat/rooms", "/chat/ws", "/feed/sensors"):
                call = await fetch(edge.port, path)
                assert json.loads(call.body)["title"] == "Too Many Requests"
                assert 1 <= int(call.headers["retry-after"]) <= 5
        # They left: there is room again, as soon as nginx has seen it.
        answers: list[int] = []
        while not answers or answers[-1] != 200:
            answers.append((await fetch(edge.port, "/chat/rooms")).status)
            assert len(answers) < 1000


async def test_requests_beyond_the_burst_are_refused(folders: tuple[Path, Path]) -> None:
    async with limited(folders, loopback=True, requests_per_second=1, request_burst=4) as edge:
        statuses = [(await fetch(edge.port, "/chat/rooms")).status for _ in range(40)]
        assert statuses[:3] == [200] * 3
        assert 429 in statuses
        stream = await fetch(edge.port, "/feed/readings")
        assert (stream.status, "per_ip" in stream.body) == (200, True)


async def test_loopback_is_exempt_unless_it_is_said(folders: tuple[Path, Path]) -> None:
    limits = {"connections_per_address": MOST, "requests_per_second": 1, "request_burst": 1}
    async with limited(folders, loopback=False, **limits) as edge, AsyncExitStack() as stack:
        assert await open_streams(stack, edge, 2 * MOST) == [200] * 2 * MOST
        await wait_until(lambda: edge.running)
