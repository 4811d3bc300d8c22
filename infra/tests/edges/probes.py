"""What is asked of an edge; the answer of each is a word, which a test compares."""

import asyncio
import json
import signal
import time
from datetime import timedelta

from infra.servers.proxy import ProxyServer
from infra.testing import ConditionNotMetError, fetch, wait_until

from .running import IDLE, OurNginx
from .services import BEAT, BEAT_SECONDS, FIRST, PACKED, PING, SECOND, Services
from .wire import PATIENCE, SOCKET, Wire, wire

FEED, FEED_SOCKET, CHAT = "/feed/readings", "/feed/ws/readings", "/chat/ws"
HELD_FOR = 3 * IDLE
LATE_SECONDS = 0.15
"""HAProxy waits 0.2 s for more."""
PONG = b"\x8a\x80\0\0\0\0"
Edge = OurNginx | ProxyServer


async def first_event(edge: Edge, behind: Services, more: str = "", wait: float = PATIENCE) -> str:
    """Whether an event arrives although the next one is not sent before the client has it."""
    name = f"first-{edge.name}-{edge.port}"
    async with wire(edge.port) as client:
        try:
            async with asyncio.timeout(wait):
                await client.ask(f"{FEED}?do=pair&name={name}{more}", "Accept-Encoding: gzip, br")
                await client.until(FIRST, wait)
        except (TimeoutError, asyncio.IncompleteReadError):
            return client.header("content-encoding") or "held"
        behind.confirm(name).set()
        await client.until(SECOND)
        return client.header("content-encoding") or "at once"


async def our_gzip(edge: Edge, behind: Services) -> str:
    """Whether what we compressed passes as it is."""
    del behind
    async with wire(edge.port) as client:
        await client.ask(f"{FEED}?do=packed", "Accept-Encoding: gzip")
        await client.until(PACKED.decode("latin-1")[-20:])
        return client.header("content-encoding")


async def idle_stream(
    edge: Edge, behind: Services, seconds: float = HELD_FOR, every: float = BEAT_SECONDS
) -> str:
    """Whether a stream with nothing but heartbeats outlives several idle limits."""
    del behind
    async with wire(edge.port) as client:
        await client.ask(f"{FEED}?do=beat&every={every}")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                await client.until(BEAT)
            except (asyncio.IncompleteReadError, ConnectionError):
                return "cut"
        return "held"


async def quiet_socket(edge: Edge, behind: Services) -> str:
    """Whether WebSockets with nothing but pings and pongs outlive several idle limits."""
    del behind
    both = await asyncio.gather(_quiet(edge, CHAT), _quiet(edge, FEED_SOCKET))
    return both[0] if both[0] == both[1] else str(both)


async def _quiet(edge: Edge, path: str) -> str:
    async with wire(edge.port) as client:
        await client.ask(f"{path}?do=socket-ping", *SOCKET)
        assert client.status == 101, client.head
        until = time.monotonic() + HELD_FOR
        while time.monotonic() < until:
            try:
                await client.until(PING)
            except (asyncio.IncompleteReadError, ConnectionError):
                return "cut"
            client.writer.write(PONG)
        return "held"


async def dead_feed(edge: Edge, behind: Services) -> str:
    """Whether a stream ends whose feed says nothing any more, not even a heartbeat."""
    name = f"dead-{edge.name}-{edge.port}"
    async with wire(edge.port) as client:
        await client.ask(f"{FEED}?do=pair&name={name}")
        await client.until(FIRST)
        ended = await client.ended(2 * HELD_FOR)
        behind.confirm(name).set()
        return "ended" if ended else "held"


async def dead_socket(edge: Edge, behind: Services) -> str:
    """Whether a WebSocket ends on which nobody says anything."""
    del behind
    async with wire(edge.port) as client:
        await client.ask(f"{CHAT}?do=socket-silent", *SOCKET)
        assert client.status == 101, client.head
        return "ended" if await client.ended(2 * HELD_FOR) else "held"


async def reload(edge: Edge, behind: Services) -> str:
    """Whether a stream and a WebSocket outlive a reload, and new ones are carried too."""
    del behind
    async with wire(edge.port) as stream, wire(edge.port) as room:
        await stream.ask(f"{FEED}?do=beat")
        await room.ask(f"{CHAT}?do=socket-ping", *SOCKET)
        await asyncio.to_thread(edge.reload)
        kept = [await _goes_on(stream, BEAT), await _goes_on(room, PING)]
        async with wire(edge.port) as another:
            await another.ask(f"{FEED}?do=beat")
            await another.until(FIRST)
    return {(True, True): "both kept", (True, False): "stream kept"}.get((kept[0], kept[1]), "cut")


async def _goes_on(client: Wire, text: str, seconds: float = 2) -> bool:
    """For longer than a reload takes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            await client.until(text)
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
    return True


async def slow_reader(edge: Edge, behind: Services) -> str:
    """Whether a client is cut that takes nothing of what waits for it."""
    name = f"slow-{edge.name}-{edge.port}"
    async with wire(edge.port, receive_bytes=4096) as client:
        client.writer.write(f"GET {FEED}?do=flood&name={name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        try:
            await wait_until(lambda: name in behind.cut, within=timedelta(seconds=2 * HELD_FOR))
        except ConditionNotMetError:
            return "kept"
        return "cut"


async def header_limits(edge: Edge, behind: Services) -> str:
    """Whether a header of 8 kB is taken and one of 24 kB refused; Go adds 4 KiB to a limit."""
    del behind
    small = await fetch(edge.port, "/feed/sensors", headers={"Cookie": "x" * 8000})
    assert small.status == 200, small
    beyond = {f"X-{number}": "x" * 4000 for number in range(6)}
    large = await fetch(edge.port, "/feed/sensors", headers=beyond)
    return "refused" if large.status in (400, 413, 431) else str(large.status)


async def slow_header(edge: Edge, behind: Services) -> str:
    """Whether a client is ended that never finishes its header."""
    del behind
    async with wire(edge.port) as client:
        client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        return "ended" if await client.ended(2 * HELD_FOR) else "held"


async def operators(edge: Edge, behind: Services) -> str:
    """Whether what is for operators is hidden, and nobody behind the edge is asked for it."""
    paths = [f"/{service}/{name}" for service in ("feed", "chat") for name in ("metrics", "readyz")]
    statuses = {(await fetch(edge.port, path)).status for path in paths}
    asked = [one for one in behind.requests if "metrics" in one or "readyz" in one]
    return "hidden" if statuses <= {404, 503} and not asked else f"{statuses} {asked}"


async def forged(edge: Edge, behind: Services) -> str:
    """Whether a service learns the client's address from the edge and never from the client."""
    await fetch(edge.port, "/chat/rooms", headers={"X-Forwarded-For": "6.6.6.6"})
    return "believed" if any("6.6.6.6" in one for one in behind.forwarded) else "replaced"


async def refusal(edge: Edge, behind: Services) -> str:
    """Whether a feed's own refusal passes as it is."""
    del behind
    answer = await fetch(edge.port, f"{FEED}?do=refuse")
    return "passed" if (answer.status, answer.body) == (503, '{"code":"full"}') else str(answer)


async def away(edge: Edge, behind: Services) -> str:
    """What a stream is told whose feed is away: protocol.md."""
    del behind
    delays = set()
    for _ in range(12):
        answer = await fetch(edge.port, f"{FEED}?sensor=a/b")
        if answer.status != 200:
            return str(answer.status)
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store, no-transform"
        retry, event, said, *end = answer.body.split("\n")
        assert (event, end) == ("event: busy", ["", ""])
        delay = int(retry.removeprefix("retry: "))
        assert json.loads(said.removeprefix("data: ")) == {
            "reconnect_in_ms": delay,
            "reason": "upstream_down",
        }
        assert 1000 <= delay <= 5000
        delays.add(delay)
    true = await fetch(edge.port, FEED, headers={"Prefer": "status"})
    assert true.status in (502, 503)
    assert 1 <= int(true.headers["retry-after"]) <= 5
    return "busy, spread" if len(delays) > 2 else "busy"


async def away_call(edge: Edge, behind: Services) -> str:
    """What a call is told whose service is away."""
    del behind
    answer = await fetch(edge.port, "/feed/sensors")
    kind = answer.headers.get("content-type", "").split(";")[0]
    return f"{'told' if answer.status in (502, 503) else answer.status}, {kind}"


async def late_first_event(edge: Edge, behind: Services) -> str:
    """Whether the first event waits at the edge for something more to send.

    The quickest of several, so that a machine that is busy does not count as an edge that waits.
    """
    quickest = PATIENCE
    for number in range(5):
        name = f"late-{edge.name}-{edge.port}-{number}"
        async with wire(edge.port) as client:
            started = time.monotonic()
            await client.ask(f"{FEED}?do=pair&name={name}&chunked=1")
            await client.until(FIRST)
            quickest = min(quickest, time.monotonic() - started)
            behind.confirm(name).set()
    return "late" if quickest > LATE_SECONDS else "at once"


async def upgraded(edge: Edge, behind: Services) -> str:
    """Whether a WebSocket is let through at all."""
    del behind
    async with wire(edge.port) as client:
        await client.ask(f"{CHAT}?do=socket-ping", *SOCKET)
        return "upgraded" if client.status == 101 else "refused"


async def leaving(edge: Edge, behind: Services, *, seconds: float) -> str:
    """Whether a stream goes on for so many seconds after the edge was told to end."""
    del behind
    async with wire(edge.port) as client:
        await client.ask(f"{FEED}?do=beat")
        await client.until(FIRST)
        edge.send(signal.SIGTERM)
        return "held" if await _goes_on(client, BEAT, seconds) else "cut"
