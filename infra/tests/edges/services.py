"""A feed, a chat and a page in one server, which do what a request's query asks of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

from infra.testing import Exchange, upstream

HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n{more}\r\n"
)
PLAIN_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
"""A stream of somebody who says nothing to proxies."""
FIRST = "event: hello\nid: e3f9c2-1\ndata: {}\n\n"
BEAT = "event: heartbeat\nid: e3f9c2-1\ndata: {}\n\n"
SECOND = "event: readings\nid: e3f9c2-2\ndata: []\n\n"
UPGRADE = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: x\r\n\r\n"
)
PING = "\x09\x00"  # of RFC 6455: no mask, no content
BEAT_SECONDS = 0.4
# More than every buffer between here and a client; what the kernel takes grows with time.
FLOOD = "x" * 65536


class Services:
    """What the server saw; ``address`` is what the edges are told."""

    def __init__(self) -> None:
        self.address = ""
        self.open = 0
        self.requests: list[str] = []
        self.forwarded: list[str] = []
        self.ids: dict[str, list[str]] = {}
        self.cut: set[str] = set()
        self._confirmed: dict[str, asyncio.Event] = {}

    def confirm(self, name: str) -> asyncio.Event:
        """Set once the client has the first event: only then is there a second."""
        return self._confirmed.setdefault(name, asyncio.Event())


@contextlib.asynccontextmanager
async def services() -> AsyncIterator[Services]:
    """The server, on a port of its own."""
    seen = Services()

    async def answering(exchange: Exchange) -> None:
        seen.requests.append(exchange.request.target)
        seen.forwarded += exchange.request.header("x-forwarded-for")
        seen.ids[exchange.request.target] = exchange.request.header("x-request-id")
        asked = urlsplit(exchange.request.target)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        answers = _ANSWERS.get(query.get("do", ""), _answer)
        seen.open += 1
        try:
            await answers(seen, exchange, query)
        finally:
            seen.open -= 1

    async with upstream(answering) as running:
        seen.address = running.address
        yield seen


async def _answer(_: Services, exchange: Exchange, query: dict[str, str]) -> None:
    del query
    await exchange.answer(body="{}")


async def _pair(seen: Services, exchange: Exchange, query: dict[str, str]) -> None:
    if "chunked" in query:
        await exchange.send(HEAD.format(more="Transfer-Encoding: chunked\r\n"))
        await exchange.send(f"{len(FIRST):x}\r\n{FIRST}\r\n")
    else:
        await exchange.send(_head(query) + FIRST)
    await seen.confirm(query["name"]).wait()
    await exchange.send(SECOND)
    await exchange.reader.read()


async def _packed(_: Services, exchange: Exchange, query: dict[str, str]) -> None:
    del query
    await exchange.send(HEAD.format(more="Content-Encoding: gzip\r\n"))
    exchange.writer.write(PACKED)
    await exchange.reader.read()


async def _beat(_: Services, exchange: Exchange, query: dict[str, str]) -> None:
    await exchange.send(_head(query) + FIRST)
    while not exchange.reader.at_eof():
        await exchange.send(BEAT)
        await _rest(exchange, query)


async def _flood(seen: Services, exchange: Exchange, query: dict[str, str]) -> None:
    try:
        await exchange.send(_head(query))
        while True:
            await exchange.send(FLOOD)
    finally:
        seen.cut.add(query["name"])


async def _refuse(_: Services, exchange: Exchange, query: dict[str, str]) -> None:
    del query
    await exchange.answer(
        "503 Service Unavailable", '{"code":"full"}', kind="application/problem+json"
    )


async def _socket(_: Services, exchange: Exchange, query: dict[str, str]) -> None:
    await exchange.send(UPGRADE)
    while not exchange.reader.at_eof():
        if query["do"] == "socket-ping":
            await exchange.send(PING)
        await _rest(exchange, query)


async def _rest(exchange: Exchange, query: dict[str, str]) -> None:
    """The pause between two beats, in which whatever the client says is taken."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(
            exchange.reader.read(4096), float(query.get("every", str(BEAT_SECONDS)))
        )


def _head(query: dict[str, str]) -> str:
    return PLAIN_HEAD if "plain" in query else HEAD.format(more="")


PACKED = bytes.fromhex("1f8b0800000000000003") + b"not really: nobody on the way may look inside"
_Answering = Callable[[Services, Exchange, dict[str, str]], Awaitable[None]]
_ANSWERS: dict[str, _Answering] = {
    "pair": _pair,
    "packed": _packed,
    "beat": _beat,
    "flood": _flood,
    "refuse": _refuse,
    "socket-ping": _socket,
    "socket-silent": _socket,
}
