"""Clients of the edge that keep what they get, with the time, and do as little else as they can."""

import asyncio
import random
import time
from typing import Final

from bench.compare.decoding import Arrived, last_position
from bench.compare.http import END, Head, HttpReader
from bench.compare.ways import Way

_OK: Final = frozenset({101, 200, 304})
_AGAIN_SECONDS: Final = 1.0
"""After a refusal: nobody who is well behaved knocks on."""


class Client(asyncio.Protocol):
    """One client over its connections; `arrived` is what the present one brought."""

    def __init__(self, way: Way, port: int, *, poll_seconds: float) -> None:
        self.way = way
        self.arrived: list[Arrived] = []
        self.earlier: list[list[Arrived]] = []
        self.received_bytes = 0
        self.sent_bytes = 0
        self.answers = 0
        self.refused = 0
        self.heard_at = 0.0
        self._port = port
        self._poll_seconds = poll_seconds
        self._transport: asyncio.Transport | None = None
        self._reader = HttpReader()
        self._have = ""
        self._timer: asyncio.TimerHandle | None = None
        self._asked_at = 0.0

    async def connect(self) -> None:
        """Open a connection and ask, with what is held from before."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", self._port)

    def cut(self) -> None:
        """Lose the connection without a word."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._transport = None

    def remember(self) -> None:
        """Find out where the lost connection had come to; takes longer than coming back."""
        if self.way.stays:
            self._have = last_position(self.way, self.arrived)
        self.earlier.append(self.arrived)
        self.arrived = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a socket's is
        self._transport = transport
        self._reader = HttpReader()
        self.heard_at = 0.0
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Keep it; one that polls asks again when its answer is whole."""
        at = time.time()
        self.heard_at = self.heard_at or at
        self.received_bytes += len(data)
        self.arrived.append(Arrived(at, data))
        if self.way.stays:
            return
        for piece in self._reader.feed(data):
            if isinstance(piece, Head):
                self._note(piece)
            elif piece is END:
                self._schedule()

    def _note(self, head: Head) -> None:
        self.answers += 1
        self.refused += head.status not in _OK
        self._have = head.headers.get("etag", "")

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        wait = 0.0 if self.way is Way.LONG_POLLING else self._poll_seconds
        if not self._have:
            wait = max(wait, _AGAIN_SECONDS)
        due = max(0.0, self._asked_at + wait - loop.time())
        self._timer = loop.call_later(due, self._ask)

    def _ask(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        request = self.way.request(self._have)
        self.sent_bytes += len(request)
        self._asked_at = asyncio.get_running_loop().time()
        self._transport.write(request)


class Crowd:
    """So many clients of one way."""

    def __init__(self, way: Way, port: int, *, clients: int, poll_seconds: float) -> None:
        self._poll_seconds = 0.0 if way is Way.LONG_POLLING else poll_seconds
        self.clients = [Client(way, port, poll_seconds=poll_seconds) for _ in range(clients)]

    async def arrive(self) -> None:
        """Come one after the other, those who poll spread over their interval."""
        for client in self.clients:
            await client.connect()
            if not client.way.stays:
                spread = self._poll_seconds / len(self.clients)
                await asyncio.sleep(spread * random.random() * 2)  # noqa: S311 - spreads load

    async def return_at_once(self) -> None:
        """All come back together, as after an outage of the network."""
        await asyncio.gather(*(client.connect() for client in self.clients))

    async def cut(self) -> None:
        """The network is gone for all of them, who have time to think meanwhile."""
        for client in self.clients:
            client.cut()
        for client in self.clients:
            client.remember()
            await asyncio.sleep(0)

    @property
    def received_bytes(self) -> int:
        """All that came, headers and framing too."""
        return sum(client.received_bytes for client in self.clients)

    @property
    def sent_bytes(self) -> int:
        """All that was asked."""
        return sum(client.sent_bytes for client in self.clients)

    @property
    def refused(self) -> int:
        """Answers that were neither readings nor "nothing newer"."""
        return sum(client.refused for client in self.clients)

    @property
    def heard(self) -> int:
        """Clients whose present connection has brought something."""
        return sum(client.heard_at > 0 for client in self.clients)
