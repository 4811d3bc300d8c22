"""Pings in turns: one timer for all WebSockets of a loop, instead of two for each."""

import asyncio
import itertools
from typing import Final, Protocol
from weakref import WeakKeyDictionary

TURNS: Final = 20
"""Into so many turns an interval is divided, so that pings are spread over it."""


class Pinged(Protocol):
    """A connection that is kept alive, or found dead."""

    @property
    def waits_for_pong(self) -> bool:
        """Whether nothing was heard since the last `ping`, although we listened."""
        ...

    def ping(self) -> None:
        """Send a ping."""

    def give_up(self) -> None:
        """End: the peer didn't answer within an interval."""


class Keepalive:
    """Pings each connection once in ``interval`` (seconds), and gives up those that don't answer.

    A connection's first ping comes after half an interval to one. So a dead peer is found after one
    to two intervals. Belongs to one event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, interval: float) -> None:
        self._loop = loop
        self._turn = interval / TURNS
        self._turns: list[dict[Pinged, None]] = [{} for _ in range(TURNS)]
        self._at = 0
        self._ahead = itertools.cycle(range(TURNS // 2, TURNS))
        self._places: dict[Pinged, dict[Pinged, None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._places)

    def add(self, connection: Pinged) -> None:
        """Keep a connection alive from now on."""
        place = self._turns[(self._at + next(self._ahead)) % TURNS]
        self._places[connection] = place
        place[connection] = None
        if self._timer is None:
            self._timer = self._loop.call_later(self._turn, self._take_turn)

    def discard(self, connection: Pinged) -> None:
        """Forget a connection; one that is not known is no error."""
        place = self._places.pop(connection, None)
        if place is not None:
            del place[connection]

    def _take_turn(self) -> None:
        turn = self._turns[self._at]
        self._at = (self._at + 1) % TURNS
        for connection in list(turn):
            if connection.waits_for_pong:
                connection.give_up()
            else:
                connection.ping()
        self._timer = None
        if self._places:
            self._timer = self._loop.call_later(self._turn, self._take_turn)


_kept: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, Keepalive]] = WeakKeyDictionary()


def keepalive_of(loop: asyncio.AbstractEventLoop, interval: float) -> Keepalive:
    """The one of a loop, for an interval in seconds."""
    kept = _kept.setdefault(loop, {})
    if interval not in kept:
        kept[interval] = Keepalive(loop, interval)
    return kept[interval]
