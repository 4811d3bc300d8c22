"""Many light streams through the edge: when each connected, and what it saw of a count."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from realtime.testing import wait_until

_LINE_MAX = 1024 * 1024


@dataclass(eq=False)
class Streamer:
    """One client of the feed, over HTTP/1.0: no chunks to take apart.

    It comes back when it was asked to, with its position, as the page does.
    """

    url: str
    values: list[int] = field(default_factory=list)
    connected_at: list[float] = field(default_factory=list)
    """`time.monotonic` of every attempt, the first included."""
    busy: list[str] = field(default_factory=list)
    gaps: int = 0
    live: bool = False
    statuses: set[str] = field(default_factory=set)
    _last_id: str = ""
    _delay: float = 0.0

    async def run(self) -> None:
        """Listen, and come back, until cancelled."""
        while True:
            self.connected_at.append(time.monotonic())
            # A break that nobody announced: soon, but not all at once.
            self._delay = random.uniform(0.2, 1.0)  # noqa: S311 - spreads load
            with suppress(OSError):
                await self._listen()
            self.live = False
            await asyncio.sleep(self._delay)

    async def _listen(self) -> None:
        parts = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=_LINE_MAX)
        try:
            resume = f"Last-Event-ID: {self._last_id}\r\n" if self._last_id else ""
            head = f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n"
            writer.write(f"{head}Accept: text/event-stream\r\n{resume}\r\n".encode())
            self.statuses.add((await reader.readline()).decode().rstrip().partition(" ")[2])
            while (await reader.readline()).strip():
                pass
            await self._read(reader)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        event: dict[str, str] = {}
        while line := (await reader.readline()).decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                event[name] = value
                continue
            self._take(event)
            event = {}

    def _take(self, event: dict[str, str]) -> None:
        name = event.get("event", "")
        self._last_id = event.get("id", self._last_id)
        if name == "hello":
            self.live = True
        elif name in ("readings", "snapshot"):
            self.values += [int(record["v"]) for record in json.loads(event["data"])]
        elif name == "gap":
            self.gaps += 1
        elif name in ("drain", "busy"):
            said = json.loads(event["data"])
            self._delay = said["reconnect_in_ms"] / 1_000
            if name == "busy":
                self.busy.append(said["reason"])


@asynccontextmanager
async def swarm_of(url: str, count: int, *, within: float) -> AsyncIterator[list[Streamer]]:
    """So many streams, all live when entered."""
    streamers = [Streamer(url) for _ in range(count)]
    tasks = [asyncio.create_task(streamer.run()) for streamer in streamers]
    try:
        await wait_until(lambda: all(s.live for s in streamers), what="streams", within=within)
        yield streamers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def worst_second(times: list[float]) -> int:
    """The most that fall into any second, wherever it begins."""
    times = sorted(times)
    first = worst = 0
    for number, at in enumerate(times):
        while times[first] <= at - 1.0:
            first += 1
        worst = max(worst, number - first + 1)
    return worst
