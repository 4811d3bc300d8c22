"""For tests of edges and of the local run: a real upstream, a plain client, `wait_until`.

Sockets and the standard library only, so that what goes over the wire is what the test says.
"""

import asyncio
import contextlib
import http.client
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from infra.ports import LOOPBACK

_DEADLINE = timedelta(seconds=45)
_POLL = 0.02


class ConditionNotMetError(AssertionError):
    """A condition was waited for and did not come true."""


async def wait_until(condition: Callable[[], bool], *, within: timedelta = _DEADLINE) -> None:
    """Return as soon as ``condition`` is true.

    Raises:
        ConditionNotMetError: it is not ``within`` that time.
    """
    deadline = time.monotonic() + within.total_seconds()
    while not condition():
        if time.monotonic() > deadline:
            raise ConditionNotMetError(condition)
        await asyncio.sleep(_POLL)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What an upstream was asked; header names in lower case, in the order they came."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> list[str]:
        """Every value of header ``name``."""
        return [value for key, value in self.headers if key == name]


@dataclass(kw_only=True)
class Exchange:
    """One request at an upstream, with the connection to answer on."""

    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, text: str) -> None:
        """Send ``text`` as it is."""
        self.writer.write(text.encode())
        await self.writer.drain()

    async def answer(
        self, status: str = "200 OK", body: str = "", *, kind: str = "application/json"
    ) -> None:
        """Send a whole answer."""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        await self.send(f"{head}Connection: close\r\n\r\n{body}")


Answering = Callable[[Exchange], Awaitable[None]]


@dataclass
class Upstream:
    """A service behind an edge: ``address`` is what the edge is told, ``requests`` what came."""

    address: str = ""
    requests: list[Request] = field(default_factory=list)


@contextlib.asynccontextmanager
async def upstream(answering: Answering) -> AsyncIterator[Upstream]:
    """A real HTTP server on a port of its own that answers as ``answering`` does.

    One request to a connection. What still runs at the end is cancelled.
    """
    running = Upstream()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a callback of start_server is a task
        tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                exchange = Exchange(request=await _read(reader), reader=reader, writer=writer)
                running.requests.append(exchange.request)
                await answering(exchange)
        finally:
            tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async with await asyncio.start_server(serve, LOOPBACK, 0) as server:
        running.address = f"{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        try:
            yield running
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    return Request(method=method, target=target, headers=headers)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a client got; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


async def fetch(
    port: int,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Ask the server at loopback ``port`` for ``path`` as it stands, by way of no proxy."""
    return await asyncio.to_thread(_fetch, port, path, method, headers or {}, body)


def _fetch(
    port: int, path: str, method: str, headers: Mapping[str, str], body: bytes | None
) -> Answer:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_DEADLINE.total_seconds())
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            body=answer.read().decode(),
        )
