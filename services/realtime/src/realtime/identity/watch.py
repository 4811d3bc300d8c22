"""The connections that a token has let in: warned before it expires, ended when it does.

One heap and one timer for all of them, and nothing at all for guests. Time is monotonic from the
moment a connection is let in: a step of the wall clock ends nobody.
"""

import asyncio
import heapq
import itertools
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

import structlog

from realtime.identity.revocation import Revocation
from realtime.identity.who import Identity

SLICE: Final = 200
"""Connections told in one go: ten thousand may have tokens of the same second."""
_SLICE_PAUSE: Final = 0.01
_IDLE_MAX: Final = 1_000

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class EndReason(StrEnum):
    """Why an identity ends a connection: a word on the wire."""

    EXPIRED = "expired"
    REVOKED = "revoked"


class Holder(Protocol):
    """A connection of somebody. Both methods return at once and may not raise."""

    def expiring(self, left: timedelta) -> None:
        """Tell that the identity ends in so long."""

    def expired(self, reason: EndReason) -> None:
        """Tell that it has ended, and end properly."""


class Pass:
    """One connection's entry in a `Watch`."""

    __slots__ = ("ends", "holder", "identity", "next")

    def __init__(self, identity: Identity, holder: Holder) -> None:
        self.identity = identity
        self.holder = holder
        self.ends = 0.0
        self.next: float | None = None
        """When something is next due; None once it has left."""


class Watch:
    """Tells connections what their identity's time asks for.

    ``warning``: how long before the end a holder is told. ``is_revoked`` is asked when a connection
    comes: it may have been let in a moment before its token was revoked. ``clock`` is monotonic,
    ``wall`` in Unix seconds.
    """

    def __init__(
        self,
        *,
        warning: timedelta,
        is_revoked: Callable[[Identity], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._warning = warning.total_seconds()
        self._is_revoked = is_revoked
        self._clock = clock
        self._wall = wall
        self._due: list[tuple[float, int, Pass]] = []
        self._serial = itertools.count()
        self._by: dict[Hashable, dict[Pass, None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._passes = 0
        self.ended: Counter[EndReason] = Counter()
        self.warned = 0

    def __len__(self) -> int:
        return self._passes

    def enter(self, identity: Identity, holder: Holder) -> Pass | None:
        """Watch a connection until `leave`; None for a guest, whom nothing ends."""
        if identity.is_guest:
            return None
        entered = Pass(identity, holder)
        self._passes += 1
        self._add(entered)
        return entered

    def leave(self, entered: Pass | None) -> None:
        """Forget a connection. Leaving twice is leaving once."""
        if entered is not None and entered.next is not None:
            self._passes -= 1
            self._remove(entered)
            # What stays of it in the heap is dropped when it comes up, or when it is most of it.
            if len(self._due) > 2 * self._passes + _IDLE_MAX:
                self._due = [item for item in self._due if item[2].next == item[0]]
                heapq.heapify(self._due)

    def renew(self, entered: Pass, identity: Identity) -> None:
        """Go by another token of the same connection from now on, unless it has left already."""
        if entered.next is None:
            return
        self._remove(entered)
        entered.identity = identity
        self._add(entered)

    def revoked(self, revocation: Revocation) -> None:
        """End the connections that a revocation speaks of."""
        for entered in tuple(self._by.get(revocation.key, ())):
            if revocation.hits(entered.identity):
                self._end(entered, EndReason.REVOKED)

    def turn(self) -> None:
        """Tell everybody whose time has come, a slice at a time."""
        told = 0
        while self._due and self._due[0][0] <= self._clock() and told < SLICE:
            at, _, entered = heapq.heappop(self._due)
            if entered.next == at:
                told += 1
                self._tell(entered)
        self._set_timer(_SLICE_PAUSE if told == SLICE else 0.0)

    # ---------------------------------------------------------------- inside

    def _add(self, entered: Pass) -> None:
        identity = entered.identity
        now = self._clock()
        entered.ends = now + (identity.expires or 0.0) - self._wall()
        for key in _keys(identity):
            self._by.setdefault(key, {})[entered] = None
        revoked = self._is_revoked(identity)
        self._schedule(entered, now if revoked else max(entered.ends - self._warning, now))

    def _remove(self, entered: Pass) -> None:
        entered.next = None
        for key in _keys(entered.identity):
            passes = self._by[key]
            del passes[entered]
            if not passes:
                del self._by[key]

    def _schedule(self, entered: Pass, at: float) -> None:
        entered.next = at
        heapq.heappush(self._due, (at, next(self._serial), entered))
        self._set_timer()

    def _tell(self, entered: Pass) -> None:
        left = entered.ends - self._clock()
        if self._is_revoked(entered.identity):
            self._end(entered, EndReason.REVOKED)
            return
        if left <= 0:
            self._end(entered, EndReason.EXPIRED)
            return
        self.warned += 1
        self._schedule(entered, entered.ends)
        _guarded(lambda: entered.holder.expiring(timedelta(seconds=left)))

    def _end(self, entered: Pass, reason: EndReason) -> None:
        self.ended[reason] += 1
        self.leave(entered)
        _guarded(lambda: entered.holder.expired(reason))

    def _set_timer(self, least: float = 0.0) -> None:
        if not self._due:
            return
        at = self._due[0][0]
        if self._timer is not None:
            if self._timer_at <= at and not least:
                return
            self._timer.cancel()
        self._timer_at = at
        # Timers of some loops count in whole milliseconds and may come a little early.
        delay = max(at - self._clock(), least, 0.001)
        self._timer = asyncio.get_running_loop().call_later(delay, self._turn_by_timer)

    def _turn_by_timer(self) -> None:
        self._timer = None
        self.turn()


def _keys(identity: Identity) -> Iterable[tuple[str, str]]:
    """By what revocations may speak of it."""
    yield "user", identity.user
    if identity.token_id is not None:
        yield "token", identity.token_id


def _guarded(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:
        # One broken connection must not keep the others from their end.
        log.exception("holder_failed")
