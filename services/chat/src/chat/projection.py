"""Writes the CHAT stream into history: one replica at a time, page by page, position included.

There is no consumer on the broker: what was written is in the store, next to the position up to
which it was written. Losing the store is therefore the same as never having had it.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from chat.errors import HistoryUnavailableError
from chat.history import History, Page
from chat.projected import project, read_entries
from realtime.broker import Broker, Delivery, StreamState
from realtime.errors import BrokerError, BrokerRefusedError
from realtime.health import Health
from realtime.position import Position
from realtime.subjects import CHAT
from realtime.telemetry import Sampler

CHECK: Final = timedelta(seconds=1)
"""How often the store is asked without an occasion: an emptied one, and a leader that died, show
within this (and the lease's rest)."""
PAGE: Final = 500

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Projection:
    """Keeps history up with the log, as long as this replica leads.

    ``before_store`` sees each page before it is stored, so at least once, and raises what history
    raises. ``pause``: how long the store is left alone after a round, so that a lively room is
    written in pages.
    """

    def __init__(
        self,
        broker: Broker,
        history: History,
        health: Health,
        *,
        before_store: Callable[[Page], Awaitable[None]] | None = None,
        pause: timedelta = timedelta(0),
    ) -> None:
        self._pause = pause.total_seconds()
        self._before_store = before_store
        self._broker = broker
        self._history = history
        self._health = health
        self._sampler = Sampler()
        self._wake = asyncio.Event()
        self.leads = False
        self.position: Position | None = None
        self.up = False
        self.pages = 0
        self.not_erased = 0

    def notice(self, _: object = None) -> None:
        """There is something new in the log. Returns at once."""
        self._wake.set()

    async def run(self) -> None:
        """Project until cancelled, then let another replica do it at once.

        Begins with the first `notice`: before that there is no stream.
        """
        await self._wake.wait()
        try:
            while True:
                self._wake.clear()
                await self._round()
                # A round costs two questions to the broker and three to the store, whatever it
                # brings; what comes meanwhile is in the ring, which everybody reads first.
                await asyncio.sleep(self._pause)
                await self._wait()
        finally:
            with contextlib.suppress(HistoryUnavailableError):
                await self._history.resign()

    async def _wait(self) -> None:
        """A replica that doesn't lead leaves the store alone between its checks."""
        occasion = self._wake if self.leads else asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHECK.total_seconds()):
                await occasion.wait()

    async def _round(self) -> None:
        try:
            lead = await self._history.lead()
            self.leads, self.position = lead.held, lead.position
            self._say_up(None)
            while self.leads and await self._project():
                pass
        except HistoryUnavailableError as error:
            self.leads = False
            self._say_up(error)
        except BrokerError as error:
            held_back = self._sampler.admit("broker")
            if held_back is not None:
                log.warning("projection_waits", error=str(error), held_back=held_back)

    async def _project(self) -> bool:
        """Write one page; whether it is worth trying for another."""
        state = await self._broker.stream_state(CHAT.name)
        start = self._start(state)
        deliveries: list[Delivery] = []
        if start.offset < state.last:
            deliveries = await self._broker.read(CHAT.name, after=start.offset, limit=PAGE)
            # Asked again: a stream that was recreated meanwhile has filled the page.
            if (await self._broker.stream_state(CHAT.name)).epoch != state.epoch:
                return False
        upto = await self._upto(state, start, deliveries)
        if upto == self.position:
            return False
        seen = self.position
        projected = await project(self._history, read_entries(deliveries), state.epoch)
        # Before the page and its position: what a replica that dies leaves undone, the next does.
        if not await self._erase(projected.erase):
            return False
        return await self._store(
            Page(entries=projected.entries, seen=seen, upto=upto, first=state.first)
        )

    async def _upto(
        self, state: StreamState, start: Position, deliveries: Sequence[Delivery]
    ) -> Position:
        """How far history goes with these deliveries."""
        if deliveries:
            return Position(state.epoch, deliveries[-1].offset)
        if start.offset < state.last:
            # Nothing is left up to the end but what was erased, if the stream's leader says so.
            above = await self._broker.first_above(CHAT.name, after=start.offset)
            if above is None:
                return Position(state.epoch, state.last)
        return start

    async def _erase(self, offsets: Sequence[int]) -> bool:
        """Take the text of deleted messages out of the log; False if this replica leads no more.

        An erasure takes the broker some 20 ms, so many of them outlast the lease unless it is
        renewed.
        """
        renewed = time.monotonic()
        for offset in offsets:
            if time.monotonic() - renewed > CHECK.total_seconds():
                self.leads = (await self._history.lead()).held
                if not self.leads:
                    return False
                renewed = time.monotonic()
            try:
                await self._broker.erase(CHAT.name, offset=offset)
            except BrokerRefusedError as error:
                # A right that is missing must not stop history; nobody is handed the text anyway.
                self.not_erased += 1
                held_back = self._sampler.admit("erase")
                if held_back is not None:
                    log.warning("message_not_erased", error=str(error), held_back=held_back)
        return True

    def _start(self, state: StreamState) -> Position:
        """Where to go on: from the beginning in an empty store or a new epoch.

        What the stream has dropped because of its age is not waited for.
        """
        floor = max(state.first - 1, 0)
        position = self.position
        if position is None or position.epoch != state.epoch:
            return Position(state.epoch, floor)
        return Position(state.epoch, max(position.offset, floor))

    async def _store(self, page: Page) -> bool:
        if self._before_store is not None:
            await self._before_store(page)
        if not await self._history.store(page):
            # Another replica leads, or the store was emptied between two pages.
            self.leads = False
            return False
        before, self.position = page.seen, page.upto
        self.pages += 1
        if before is None or before.epoch != page.upto.epoch:
            log.info("projection_starts", epoch=page.upto.epoch, after=str(before))
        if before is not None and before.epoch != page.upto.epoch:
            await self._history.forget(before.epoch)
        return True

    def _say_up(self, error: HistoryUnavailableError | None) -> None:
        self.up = error is None
        self._health.set_degraded("redis", None if error is None else error.reason.value)
        if error is not None:
            held_back = self._sampler.admit("history")
            if held_back is not None:
                log.warning("history_down", detail=error.detail, held_back=held_back)
