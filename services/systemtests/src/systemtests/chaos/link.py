"""A connection that can be made bad: a TCP relay with delay, rate, silence, half-close and reset.

It carries bytes of one address to another. What it can't do, because it ends TCP on both sides, is
lose packets; `stall` is what a receiver sees of a loss (nothing for a retransmission's time).
"""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

CHUNK: Final = 16 * 1024
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s: close() sends RST


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What befalls each chunk. Delays in seconds, ``rate`` in bytes a second.

    ``up`` and ``down``: whether bytes towards the server and from it pass at all. ``stall_chance``:
    of a chunk to be held for ``stall``. ``connects``: whether new connections reach the server;
    those that don't are reset. ``reset_after``: bytes after which a connection is reset.
    """

    up: bool = True
    down: bool = True
    delay: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    stall: float = 0.25
    stall_chance: float = 0.0
    connects: bool = True
    reset_after: int | None = None


@dataclass(eq=False)
class Carried:
    """One connection: the client's end and the server's."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    passed: int = 0
    frozen: bool = False

    def freeze(self) -> None:
        """Carry nothing any more, in either direction, without a word."""
        self.frozen = True

    def reset(self) -> None:
        """End both sides with RST."""
        for writer in (self.near, self.far):
            _reset(writer)


@dataclass(eq=False)
class Link:
    """Listens on a port of its own and carries to ``target`` (host:port) in its weather."""

    name: str
    target: str
    chance: random.Random
    weather: Weather = Weather()
    address: str = ""
    carried: set[Carried] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def under(self, **changes: object) -> Iterator[None]:
        """Other weather while the context lasts; fair weather after it."""
        self._set(replace(Weather(), **changes))  # type: ignore[arg-type] # fields of Weather
        try:
            yield
        finally:
            self._set(Weather())

    def reset_all(self) -> None:
        """Reset every connection, both ends."""
        for connection in tuple(self.carried):
            connection.reset()

    def half_close(self) -> None:
        """End what goes to the clients, and leave what they send open."""
        for connection in tuple(self.carried):
            if connection.near.can_write_eof() and not connection.near.is_closing():
                connection.near.write_eof()

    def _set(self, weather: Weather) -> None:
        self.weather = weather
        self._changed.set()
        self._changed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if not self.weather.connects:
            _reset(writer)
            return
        host, _, port = self.target.rpartition(":")
        try:
            onward, away = await asyncio.open_connection(host, int(port))
        except OSError:
            _reset(writer)
            return
        connection = Carried(writer, away)
        self.carried.add(connection)
        try:
            await asyncio.gather(
                self._pump(connection, reader, away, up=True),
                self._pump(connection, onward, writer, up=False),
            )
        finally:
            self.carried.discard(connection)
            for end in (writer, away):
                end.close()

    async def _pump(
        self,
        connection: Carried,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        up: bool,
    ) -> None:
        try:
            while part := await reader.read(CHUNK):
                await self._suffer(len(part), up=up)
                if connection.frozen:
                    continue
                if self._is_over(connection, len(part)):
                    connection.reset()
                    return
                writer.write(part)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, RuntimeError):
            connection.reset()

    async def _suffer(self, size: int, *, up: bool) -> None:
        while not (self.weather.up if up else self.weather.down):
            await self._changed.wait()
        weather = self.weather
        pause = weather.delay + self.chance.uniform(-weather.jitter, weather.jitter)
        if weather.rate is not None:
            pause += size / weather.rate
        if weather.stall_chance and self.chance.random() < weather.stall_chance:
            pause += weather.stall
        if pause > 0:
            await asyncio.sleep(pause)

    def _is_over(self, connection: Carried, size: int) -> bool:
        connection.passed += size
        limit = self.weather.reset_after
        return limit is not None and connection.passed > limit


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket | None = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


@asynccontextmanager
async def linked(name: str, target: str, chance: random.Random) -> AsyncIterator[Link]:
    """A link to ``target`` while the context lasts."""
    link = Link(name, target, chance)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    link.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield link
    finally:
        server.close()
        link.reset_all()
