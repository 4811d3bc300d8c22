"""Stored readings for charts: from the ring as far as it reaches, from the stream behind it.

Read from the newest backwards, so that work which is cut short leaves out the oldest and what is
answered has no hole.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, UnsetType

from feed.history_query import HistoryQuery
from feed.query import SensorFilter
from feed.relay import readable_parts
from realtime.broker import Broker, Delivery
from realtime.errors import AirwaveError, BrokerError
from realtime.fanout import Hub, Part
from realtime.position import Position
from realtime.schemas import PositionText, stands_for
from realtime.subjects import SENSORS

SLICE: Final = 100
"""Entries that are looked at before others get their turn: well below 5 ms."""
PAGE: Final = 200
"""Messages for one question to the broker."""
READS: Final = 2
"""Answers that are made at a time; the broker and the loop have others to serve."""
WAITING_MAX: Final = 32
"""Requests that may wait for their turn."""
MESSAGES_MAX: Final = 40_000
"""Messages of the stream that one answer may read."""
RING_MAX: Final = 100_000
"""Entries of the ring that one answer may look at."""
SECONDS_MAX: Final = 5.0
"""How long one answer may read."""
EARLY: Final = 5.0
"""Seconds that a device's clock may be ahead of the broker's."""
LATE: Final = 60.0
"""Seconds that a reading may be stored after its own time, where ``until`` bounds the search."""
_DEVICES_MAX: Final = 8
_SPAN_GROWTH: Final = 16


class Cut(StrEnum):
    """Why there is more than what was answered."""

    LIMIT = "limit"
    """The newest ``limit`` were given; ask again with an earlier ``until``."""
    WORK = "work"
    """Looking further back would have taken too long; a narrower question may reach."""
    UPSTREAM = "upstream_down"
    """The stream was out of reach: this is what the replica itself remembers."""


class HistoryPage(msgspec.Struct):
    """Stored readings, oldest first, in the order of the log.

    Readings of the span that came after ``upto`` follow on a stream that begins there. ``more``:
    the span has older ones (or may have), and ``reason`` says why they are not here.
    """

    readings: list[Annotated[msgspec.Raw, stands_for("Record")]]
    upto: PositionText
    more: bool
    reason: Cut | UnsetType = UNSET


class BusyError(AirwaveError):
    """Too many ask for stored readings at a time."""

    code = "busy"
    retryable = True

    def __init__(self) -> None:
        super().__init__(f"{WAITING_MAX} requests for stored readings wait already")


class _Timed(msgspec.Struct):
    t: float = 0.0


_times = msgspec.json.Decoder(_Timed)


class _Found:
    """What was found so far: blocks of readings, the newest block first."""

    def __init__(self, query: HistoryQuery) -> None:
        self.query = query
        self.until = time.monotonic() + SECONDS_MAX
        self.count = 0
        self.messages = 0
        self.cut: Cut | None = None
        self._blocks: list[list[bytes]] = []

    @property
    def enough(self) -> bool:
        """Whether there are more than asked for: one more says that there are more."""
        return self.count > self.query.limit

    @property
    def spent(self) -> bool:
        """Whether the work that an answer may be is done."""
        return self.messages > MESSAGES_MAX or time.monotonic() > self.until

    def of(self, parts: Iterable[Part]) -> list[bytes]:
        """The readings that were asked for."""
        wants, holds = self.query.sensors.wants, self.query.holds
        return [p.payload for p in parts if wants(p.topic) and holds(_times.decode(p.payload).t)]

    def add(self, block: list[bytes]) -> None:
        """Take a block that lies before all others."""
        self._blocks.append(block)
        self.count += len(block)

    def page(self, upto: Position) -> HistoryPage:
        """The newest of it, as far as asked for."""
        flat = [payload for block in reversed(self._blocks) for payload in block]
        cut = Cut.LIMIT if self.enough else self.cut
        return HistoryPage(
            readings=[msgspec.Raw(payload) for payload in flat[-self.query.limit :]],
            upto=str(upto),
            more=cut is not None,
            reason=UNSET if cut is None else cut,
        )


class History:
    """Reads pages of stored readings, few at a time."""

    def __init__(self, hub: Hub, broker: Broker) -> None:
        self._hub = hub
        self._broker = broker
        self._turns = asyncio.Semaphore(READS)
        self._asking = 0

    async def page(self, query: HistoryQuery) -> HistoryPage:
        """The newest readings of a span.

        Raises:
            BusyError: too many wait already.
        """
        if self._asking >= READS + WAITING_MAX:
            raise BusyError
        self._asking += 1
        try:
            async with self._turns:
                return await self._read(query)
        finally:
            self._asking -= 1

    async def _read(self, query: HistoryQuery) -> HistoryPage:
        hub, found = self._hub, _Found(query)
        upto = Position(hub.epoch, hub.flushed)
        if not upto.epoch:
            found.cut = Cut.UPSTREAM
            return found.page(Position("none", 0))
        at = upto.offset
        try:
            if not _long_ago(query):
                at = await self._from_ring(found, upto)
            if not found.enough and found.cut is None:
                await self._from_stream(found, Position(upto.epoch, at))
        except BrokerError:
            found.cut = Cut.UPSTREAM
        return found.page(upto)

    # ---------------------------------------------------------------- the ring

    async def _from_ring(self, found: _Found, upto: Position) -> int:
        """Look at the ring backwards; returns the offset at which the stream goes on."""
        log, at, seen = self._hub.log, upto.offset, 0
        while log.epoch == upto.epoch and at > log.floor and not found.enough:
            entries = log.upto(at, limit=SLICE)
            if not entries:
                return log.floor
            found.add(found.of(part for _, entry in entries for part in entry.parts))
            at = entries[0][0] - 1
            seen += len(entries)
            if seen > RING_MAX or found.spent:
                found.cut = Cut.WORK
                return at
            await asyncio.sleep(0)
        return at

    # ---------------------------------------------------------------- the stream

    async def _from_stream(self, found: _Found, upto: Position) -> None:
        """Read windows of the stream backwards, each wider than the last as few are found."""
        low, high = await self._bounds(found.query, upto)
        subjects, span = subjects_of(found.query.sensors), found.query.limit
        while high > low and not found.enough:
            after = max(low, high - span)
            block = await self._window(found, subjects, after=after, upto=high)
            if block is None:
                found.cut = Cut.WORK
                return
            if (await self._broker.stream_state(SENSORS.name)).epoch != upto.epoch:
                found.cut = Cut.UPSTREAM
                return
            found.add(block)
            rate = max(len(block), 1) / (high - after)
            missing = found.query.limit + 1 - found.count
            high, span = after, min(max(span, int(1.25 * missing / rate)), span * _SPAN_GROWTH)

    async def _bounds(self, query: HistoryQuery, upto: Position) -> tuple[int, int]:
        """The offsets between which readings of the span are stored."""
        now, name = time.time(), SENSORS.name
        since, until = query.since - EARLY, query.until
        oldest = now - SENSORS.max_age.total_seconds()
        low = (await self._broker.stream_state(name)).first - 1
        if since > oldest:
            low = await self._broker.read_since(name, age=timedelta(seconds=max(now - since, 0)))
        high = upto.offset
        if until is not None and until + LATE < now:
            # Clocks and ages have their limits; nothing is older than the stream's oldest.
            age = min(now - until - LATE, 2 * SENSORS.max_age.total_seconds())
            high = min(high, await self._broker.read_since(name, age=timedelta(seconds=age)))
        return low, high

    async def _window(
        self, found: _Found, subjects: Sequence[str], *, after: int, upto: int
    ) -> list[bytes] | None:
        """The readings of a window, or None if it would be too much work."""
        placed: list[tuple[int, list[bytes]]] = []
        for subject in subjects:
            at = after
            while at < upto:
                page = await self._broker.read(SENSORS.name, after=at, limit=PAGE, subject=subject)
                found.messages += len(page)
                if found.spent:
                    return None
                if not page:
                    break
                at = page[-1].offset
                placed += await self._placed(found, [one for one in page if one.offset <= upto])
        placed.sort(key=lambda item: item[0])
        return [payload for _, payloads in placed for payload in payloads]

    async def _placed(
        self, found: _Found, page: Sequence[Delivery]
    ) -> list[tuple[int, list[bytes]]]:
        placed: list[tuple[int, list[bytes]]] = []
        for start in range(0, len(page), SLICE):
            placed += [
                (one.offset, found.of(readable_parts([one]))) for one in page[start : start + SLICE]
            ]
            await asyncio.sleep(0)
        return placed


def subjects_of(sensors: SensorFilter) -> Sequence[str]:
    """The subjects on which matching sensors are stored.

    By device and not by sensor: a pack may name others of its device than its subject does.
    """
    devices = {pattern.partition("/")[0] for pattern in sensors.patterns}
    if not devices or devices & {"*", ">"} or len(devices) > _DEVICES_MAX:
        return SENSORS.subjects
    return [f"sensors.{device}.>" for device in sorted(devices)]


def _long_ago(query: HistoryQuery) -> bool:
    """Whether the span ends before what the ring need be asked for."""
    return query.until is not None and query.until + LATE < time.time()
