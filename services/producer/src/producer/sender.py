"""Sending one reading until the broker has it, and not a second time."""

from datetime import timedelta
from typing import Final

import structlog

from producer.backoff import waits
from producer.clock import Clock
from producer.link import Link
from producer.metrics import Metrics
from producer.spool import Entry
from producer.stream_keeper import StreamKeeper
from realtime.broker import Broker
from realtime.errors import BrokerError, BrokerRefusedError, StreamMissingError
from realtime.subjects import SENSORS
from realtime.telemetry import Sampler
from realtime.tracing import NO_HEADERS, Tracer, traced

# The margin covers one unanswered attempt and the broker's clock running ahead of ours.
REMEMBERED: Final = SENSORS.duplicate_window - timedelta(seconds=15)
"""How long after an attempt the same message id is certain to be stored only once."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Sender:
    """Publishes entries with one message id each for as long as it takes.

    Exactly once holds as follows. Within the broker's duplicate window the id alone sees to it.
    After that, an entry of which an earlier attempt was never answered is looked up first: readings
    of one sensor are sent one at a time, so if it was stored, it is the newest of its subject. Only
    where the look-up is not allowed or not answered may a reading be stored twice; each such
    attempt is counted, and there can be no more of them than entries in flight.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        link: Link,
        stream: StreamKeeper,
        metrics: Metrics,
        clock: Clock,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer = tracer
        self._broker = broker
        self._link = link
        self._stream = stream
        self._metrics = metrics
        self._clock = clock
        self._sampler = Sampler()

    async def send(self, entry: Entry) -> None:
        """Return when the broker has the entry, or has refused it for good."""
        for wait in waits():
            await self._link.wait_up()
            try:
                await self._attempt(entry)
            except BrokerError as error:
                if not error.retryable:
                    self._give_up(entry, error)
                    return
                self._note_failure(entry, error)
                await self._clock.sleep_until(self._clock.monotonic() + wait)
            else:
                self._metrics.published.labels(entry.source).inc()
                return

    async def _attempt(self, entry: Entry) -> None:
        if self._is_forgotten(entry):
            if await self._is_stored(entry):
                return
        elif entry.first_sent is None:
            entry.first_sent = self._clock.monotonic()
        began = self._clock.monotonic()
        facts = {
            "messaging.destination.name": entry.subject,
            "messaging.message.id": entry.message_id,
        }
        with traced(self._tracer, "publish reading", facts) as span:
            await self._broker.publish(
                entry.subject,
                entry.payload,
                message_id=entry.message_id,
                headers=NO_HEADERS if span is None else span.headers,
            )
        took = self._clock.monotonic() - began
        self._metrics.ack.observe(took, None if span is None else {"trace_id": span.trace})

    def _is_forgotten(self, entry: Entry) -> bool:
        """Whether the broker may no longer know the id of an attempt that it did not answer."""
        if entry.first_sent is None:
            return False
        return self._clock.monotonic() - entry.first_sent > REMEMBERED.total_seconds()

    async def _is_stored(self, entry: Entry) -> bool:
        try:
            newest = await self._broker.latest(SENSORS.name, subject=entry.subject)
        except StreamMissingError:
            newest = []
        except BrokerError:
            if not self._broker.connected:
                raise
            self._metrics.uncertain.inc()
            return False
        # Whether it was stored or not is known now: the count of the window begins anew.
        entry.first_sent = self._clock.monotonic()
        return any(stored.payload == entry.payload for stored in newest)

    def _note_failure(self, entry: Entry, error: BrokerError) -> None:
        self._metrics.retries.inc()
        if isinstance(error, BrokerRefusedError | StreamMissingError):
            self._stream.doubt()
        held_back = self._sampler.admit(error.code)
        if held_back is not None:
            log.warning(
                "publish_failed", subject=entry.subject, error=str(error), held_back=held_back
            )

    def _give_up(self, entry: Entry, error: BrokerError) -> None:
        self._metrics.refused.inc()
        held_back = self._sampler.admit("refused")
        if held_back is not None:
            log.error("reading_refused", subject=entry.subject, error=str(error), also=held_back)
