"""Every message of a stream, in order, once; or a told hole.

Live deliveries come by core NATS, which may lose them (a disconnect, an overflow) but numbers them.
The tail passes a delivery on at once when its offset is the next one. At a hole, after a reconnect,
and every `AUDIT` it asks the stream itself, reads what is missing, and notices when the stream is
another one than before.
"""

import asyncio
from collections import deque
from datetime import timedelta
from typing import Final, Protocol

import structlog

from realtime.broker import Broker, Delivery, StreamSpec, StreamState
from realtime.errors import BrokerError, StreamMissingError

AUDIT: Final = timedelta(seconds=2)
"""How often the stream is asked: a lost last message and a recreated stream show within this."""
RETRY: Final = timedelta(seconds=0.5)
"""Pause between tries while the broker doesn't answer."""
PAGE: Final = 500
"""Messages that one read asks for (measured: 1,000 of 100 bytes take about 50 ms)."""
HELD_MAX: Final = 20_000
"""Live deliveries kept while a hole is filled; what is dropped beyond is read from the stream."""
HOLE_DOUBTS: Final = 5
"""How often a hole that the stream doesn't admit is read again before it is told."""
HOLE_PAUSE: Final = timedelta(seconds=0.2)
"""Between two such reads; a follower lags by milliseconds, or is elected away within seconds."""
RECENT_MAX: Final = 4_096
"""Deliveries whose time is remembered, to tell where a rolled-back stream parted from ours."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class TailReader(Protocol):
    """Who is told what the tail finds. Every method returns at once and may not raise."""

    def deliver(self, delivery: Delivery) -> None:
        """The next message; its offset is above every earlier one of this epoch."""

    def lost(self, after: int, upto: int) -> None:
        """Nothing above ``after`` up to ``upto`` will come: the stream no longer has it."""

    def erased(self, upto: int) -> None:
        """What would have come next, up to ``upto``, was erased on purpose: nothing is lost."""

    def restarted(self, epoch: str, floor: int) -> None:
        """Begin an epoch: deliveries follow ``floor``. Called at the start, too."""

    def upstream(self, *, up: bool) -> None:
        """The broker stopped or began to answer."""


class Tail:
    """Follows one stream for one reader.

    ``warm``: how far back the first delivery lies when the tail begins.
    """

    def __init__(
        self, broker: Broker, spec: StreamSpec, reader: TailReader, *, warm: timedelta
    ) -> None:
        self._broker = broker
        self._spec = spec
        self._reader = reader
        self._warm = warm
        self._state: StreamState | None = None
        self._head = 0
        self._head_time: float | None = None
        self._steady = False
        self._up: bool | None = None
        self._verify_head = False
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT_MAX)
        self._held: deque[Delivery] = deque(maxlen=HELD_MAX)
        self._wake = asyncio.Event()
        self._last = 0
        self.holes_filled = 0
        self.started = asyncio.Event()

    @property
    def lag(self) -> int:
        """Offsets that were not passed on yet, of those that the stream last said it has."""
        return max(self._last - self._head, 0)

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        undo = self._broker.on_link(self._link_changed)
        try:
            async with self._broker.listen(self._spec, self._arrived):
                while True:
                    await self._repair_until_steady()
                    await self._wait_for_audit()
        finally:
            undo()

    # ---------------------------------------------------------------- live

    def _arrived(self, delivery: Delivery) -> None:
        if self._steady and delivery.offset == self._head + 1:
            self._pass_on(delivery)
        else:
            # A hole, an offset from the past, or a repair is under way: the stream decides.
            self._held.append(delivery)
            self._steady = False
            self._wake.set()

    def _pass_on(self, delivery: Delivery) -> None:
        self._head = delivery.offset
        self._head_time = delivery.time
        self._recent.append((delivery.offset, delivery.time))
        self._reader.deliver(delivery)

    def _link_changed(self, up: bool) -> None:  # noqa: FBT001 - the port's callback has one argument
        if not up:
            self._say_upstream(up=False)
        self._steady = False
        self._verify_head = True
        self._wake.set()

    def _say_upstream(self, *, up: bool) -> None:
        if self._up is not up:
            self._up = up
            self._reader.upstream(up=up)

    # ---------------------------------------------------------------- repair

    async def _wait_for_audit(self) -> None:
        try:
            async with asyncio.timeout(AUDIT.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _repair_until_steady(self) -> None:
        """Bring the reader to the stream's end, trying again for as long as it takes."""
        while True:
            self._wake.clear()
            try:
                await self._repair()
            except BrokerError as error:
                self._steady = False
                self._say_upstream(up=False)
                log.warning("stream_unreachable", stream=self._spec.name, error=str(error))
                await asyncio.sleep(RETRY.total_seconds())
                continue
            self._say_upstream(up=True)
            self.started.set()
            return

    async def _repair(self) -> None:
        # Live deliveries go on while the stream is asked: what it answers is compared with the head
        # of before.
        head, head_time = self._head, self._head_time
        state = await self._current_state()
        if self._state is None:
            self._begin(state, await self._warm_floor(state))
        elif state.epoch != self._state.epoch:
            rolled_back = state.incarnation > self._state.incarnation
            floor = await self._common_head(state) if rolled_back else state.first - 1
            self._begin(state, floor)
        elif state.last < head or not await self._is_still_there(head, head_time, state):
            log.warning("stream_rolled_back", stream=state.name, head=head, last=state.last)
            state = await self._broker.start_incarnation(state.name, seen=state.incarnation)
            self._begin(state, await self._common_head(state))
        self._state, self._last = state, state.last
        await self._read_up_to(state.last)
        await self._take_held()

    async def _current_state(self) -> StreamState:
        """The stream's state; a stream that was deleted is made again, and thereby a new one."""
        if self._state is None:
            return await self._broker.ensure_stream(self._spec)
        try:
            return await self._broker.stream_state(self._spec.name)
        except StreamMissingError:
            log.warning("stream_deleted", stream=self._spec.name)
            return await self._broker.ensure_stream(self._spec)

    async def _warm_floor(self, state: StreamState) -> int:
        """Before the oldest message that is young enough to begin with."""
        if state.last < state.first:
            return state.last
        since = await self._broker.read_since(state.name, age=self._warm)
        return min(max(state.first - 1, since), state.last)

    async def _common_head(self, state: StreamState) -> int:
        """The newest offset at which the stream holds what we passed on (bisection).

        What a broker lost its tail and went on with begins after it, so none of that is missed.
        """
        times = dict(self._recent)
        low = max(min(times, default=self._head + 1), state.first) - 1
        high = max(low, min(self._head, state.last))
        while low < high:
            middle = (low + high + 1) // 2
            found = await self._broker.read(state.name, after=middle - 1, limit=1)
            same = bool(found) and (found[0].offset, found[0].time) == (middle, times.get(middle))
            low, high = (middle, high) if same else (low, middle - 1)
        return low

    def _begin(self, state: StreamState, floor: int) -> None:
        """Start an epoch whose deliveries follow ``floor``."""
        self._held.clear()
        self._recent.clear()
        self._steady = False
        self._head = max(floor, 0)
        self._head_time = None
        self._verify_head = False
        log.info("stream_epoch", stream=state.name, epoch=state.epoch, floor=self._head)
        self._reader.restarted(state.epoch, self._head)

    async def _is_still_there(self, head: int, time: float | None, state: StreamState) -> bool:
        """Whether the message at our head is the one that we passed on.

        A broker that lost its tail may have written other messages to the same offsets by the time
        it is asked again; the time of storing tells them apart. Asked after a reconnect only.
        """
        if not self._verify_head or time is None or head < state.first:
            return True
        found = await self._broker.read(state.name, after=head - 1, limit=1)
        self._verify_head = False
        return not found or found[0].offset != head or found[0].time == time

    async def _read_up_to(self, last: int) -> None:
        doubts = 0
        while self._head < last:
            page = await self._broker.read(self._spec.name, after=self._head, limit=PAGE)
            # Some of it may have come live while the page was on its way.
            page = [delivery for delivery in page if delivery.offset > self._head]
            found = page[0].offset if page else last + 1
            if found > self._head + 1 and not await self._is_erased(found, last):
                if doubts < HOLE_DOUBTS and not await self._has_dropped(found - 1):
                    doubts += 1
                    await asyncio.sleep(HOLE_PAUSE.total_seconds())
                    continue
                self._say_lost(found - 1)
            doubts = 0
            self.holes_filled += 1
            for delivery in page:
                if delivery.offset != self._head + 1:
                    break
                self._pass_on(delivery)

    async def _is_erased(self, found: int, last: int) -> bool:
        """Whether everything below ``found`` was erased on purpose; passes over it if so.

        The stream's leader says what it holds next; what a read brought may come from a copy that
        lags. Offsets below the stream's first were dropped, which is a loss.
        """
        if not self._spec.erasable or await self._has_dropped(self._head + 1):
            return False
        above = await self._broker.first_above(self._spec.name, after=self._head)
        if found != (last + 1 if above is None else min(above, last + 1)):
            return False
        if found > self._head + 1:
            self._head = found - 1
            self._reader.erased(self._head)
        return True

    async def _has_dropped(self, offset: int) -> bool:
        """Whether the stream says itself that it no longer has ``offset``.

        If it doesn't, a replica of the stream that lags may have answered the read.
        """
        return (await self._broker.stream_state(self._spec.name)).first > offset

    def _say_lost(self, upto: int) -> None:
        after, self._head = self._head, upto
        log.warning("stream_hole", stream=self._spec.name, after=after, upto=upto)
        self._reader.lost(after, upto)

    async def _take_held(self) -> None:
        """Pass on what arrived meanwhile; where it leaves a hole, ask the stream once more."""
        while self._held:
            delivery = self._held.popleft()
            if delivery.offset <= self._head:
                continue
            if delivery.offset > self._head + 1:
                await self._read_up_to(delivery.offset - 1)
            if delivery.offset == self._head + 1:
                self._pass_on(delivery)
        self._steady = True
