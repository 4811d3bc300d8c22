"""Copies deliveries of a stream into a hub's log; what they say is read by each service."""

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Final

import structlog

from realtime.broker import Broker, Delivery, StreamSpec
from realtime.buckets import Exemplar
from realtime.fanout import Entry, Hub
from realtime.freshness import Freshness
from realtime.health import Health
from realtime.tail import Tail
from realtime.tracing import TRACEPARENT, TracedFlush

AHEAD: Final = timedelta(seconds=2)
"""How long a position that another replica gave may be ahead of this one."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def is_reached(hub: Hub, broker: Broker, stream: str, offset: int) -> bool:
    """Wait for an offset that another replica gave; False if the stream isn't as far.

    Raises:
        BrokerError: the stream doesn't answer.
    """
    if offset > (await broker.stream_state(stream)).last:
        return False
    try:
        async with asyncio.timeout(AHEAD.total_seconds()):
            await hub.reached(offset)
    except TimeoutError:
        return False
    return True


class StreamRelay(ABC):
    """Follows ``spec`` for this replica; ``warm`` is how far back it begins.

    The process is started when the first answer of the stream has been copied.
    """

    def __init__(
        self, broker: Broker, spec: StreamSpec, hub: Hub, health: Health, *, warm: timedelta
    ) -> None:
        self._hub = hub
        self._health = health
        self.tail = Tail(broker, spec, self, warm=warm)
        self.parts = 0
        self.freshness = Freshness()
        self.traces: TracedFlush | None = None
        hub.on_written = self._written
        self.upstream_up = False

    @abstractmethod
    def entry_of(self, delivery: Delivery) -> Entry:
        """Read a delivery; one that can't be read is counted and keeps its offset, without parts.

        Raises nothing: a message from outside must not end the relay.
        """

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.tail.run())
            await self.tail.started.wait()
            self._health.started = True
            log.info("ready", epoch=self._hub.epoch, head=self._hub.log.head)

    def deliver(self, delivery: Delivery) -> None:
        """Hand what a delivery says to the hub."""
        entry = self.entry_of(delivery)
        self.parts += len(entry.parts)
        if self._health.started:
            # Before that it is the past that the ring begins with, which nobody waits for.
            self.freshness.took(delivery.time, len(entry.parts))
            if self.traces is not None:
                self._trace(delivery, self.traces)
        self._hub.publish(entry)

    def _trace(self, delivery: Delivery, traces: TracedFlush) -> None:
        parent = delivery.headers.get(TRACEPARENT)
        if parent is not None:
            where = "messaging.destination.name"
            traces.took(parent, {where: delivery.subject, "airwave.offset": delivery.offset})

    def _written(self) -> None:
        delay = self.freshness.written()
        if self.traces is None or (trace := self.traces.written()) is None or delay is None:
            return
        self.freshness.delay.show(Exemplar(trace, delay, time.time()))

    def lost(self, after: int, upto: int) -> None:  # noqa: ARG002 - the tail has logged it whole
        """Tell everybody that some are gone for good."""
        self._hub.skip(upto)

    def erased(self, upto: int) -> None:
        """Note that nothing is there up to ``upto``, and nothing was lost."""
        self._hub.publish(Entry(upto, ()))

    def restarted(self, epoch: str, floor: int) -> None:
        """Tell everybody that positions begin anew."""
        self._hub.restart(epoch=epoch, floor=floor)

    def upstream(self, *, up: bool) -> None:
        """Note whether the broker answers."""
        self.upstream_up = up
        self._health.set_degraded("nats", None if up else "the broker does not answer")
