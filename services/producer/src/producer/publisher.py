"""From sources to the broker: every reading acknowledged, once, in the order of its sensor.

Order is kept by the spool: of each sensor one reading is in flight at a time. A window over all
sensors that is resent from its oldest entry after a failure would not do. While the broker starts,
it may refuse one message and store the next; and what the driver still had buffered when a
connection broke is sent on the new one, ahead of the repetition of what the old one lost.

A sensor can therefore publish once per round trip to the broker (some thousand times a second on
one machine), and all together ``in_flight`` times that.
"""

import asyncio
import secrets
from collections import Counter

import structlog

from producer.clock import Clock
from producer.link import Link
from producer.metrics import Metrics
from producer.sender import Sender
from producer.spool import Entry, Spool
from producer.stream_keeper import StreamKeeper
from realtime.broker import Broker
from realtime.contracts import Record, encode_pack
from realtime.subjects import sensor_subject
from realtime.telemetry import Sampler
from realtime.tracing import Tracer

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Publisher:
    """Takes readings at any time and publishes them while `run` runs.

    Message ids are ``<source>:<boot>:<n>``, ``boot`` being random for each publisher; ``n`` counts
    what the source offered, so that a drop shows as a gap in the ids that were stored.
    """

    def __init__(
        self,
        *,
        spool_readings: int,
        in_flight: int,
        metrics: Metrics,
        clock: Clock,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer = tracer
        self._in_flight = in_flight
        self._metrics = metrics
        self._clock = clock
        self._boot = secrets.token_hex(4)
        self._offered: Counter[str] = Counter()
        # A source that can wait may keep the senders busy but not crowd out the ones that can't.
        self._spool = Spool(capacity=spool_readings, roomy_below=in_flight)
        self._sampler = Sampler()
        metrics.watch(spool=lambda: len(self._spool), in_flight=lambda: self._spool.in_flight)

    @property
    def unsent(self) -> int:
        """How many readings the broker has not acknowledged."""
        return len(self._spool) + self._spool.in_flight

    def offer(self, source: str, reading: Record) -> None:
        """Take a reading of ``source``; when the spool is full, the oldest one goes.

        Raises:
            BadSensorNameError: the reading's name would not make a plain subject.
        """
        subject = sensor_subject(reading.n)
        self._offered[source] += 1
        message_id = f"{source}:{self._boot}:{self._offered[source]}"
        dropped = self._spool.put(Entry(source, message_id, subject, encode_pack([reading])))
        if dropped is not None:
            self._note_drop()

    async def room(self) -> None:
        """Wait until the spool holds little; for sources whose readings keep."""
        await self._spool.room()

    async def flushed(self) -> None:
        """Wait until every reading was acknowledged."""
        await self._spool.empty()

    async def run(self, broker: Broker) -> None:
        """Publish until cancelled."""
        link, stream = Link(broker), StreamKeeper(broker)
        sender = Sender(
            broker,
            link=link,
            stream=stream,
            metrics=self._metrics,
            clock=self._clock,
            tracer=self._tracer,
        )
        with link.heard():
            await link.wait_up()
            await stream.ensure()
            async with asyncio.TaskGroup() as group:
                group.create_task(stream.run())
                for _ in range(self._in_flight):
                    group.create_task(self._work(sender))

    async def _work(self, sender: Sender) -> None:
        while True:
            entry = await self._spool.take()
            await sender.send(entry)
            self._spool.done(entry)

    def _note_drop(self) -> None:
        self._metrics.dropped.inc()
        held_back = self._sampler.admit("dropped")
        if held_back is not None:
            log.warning("spool_full", dropped=held_back + 1, spool_readings=len(self._spool))
