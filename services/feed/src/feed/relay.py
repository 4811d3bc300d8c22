"""Copies deliveries of SENSORS into the hub's log: parsed, resolved, encoded once."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Final

import structlog

from feed.catalogue import Catalogue
from feed.framing import encode_status
from realtime.broker import Broker, Delivery
from realtime.contracts import MalformedPackError, encode_record, parse_pack
from realtime.errors import BrokerError, BrokerRefusedError
from realtime.fanout import Entry, Hub, Part
from realtime.health import Health
from realtime.subjects import SENSORS
from realtime.tail import Tail
from realtime.telemetry import Sampler

_RETRY_SECONDS: Final = 0.5

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def read_entry(delivery: Delivery) -> Entry:
    """Turn a delivery into an entry: one part per record, named by its sensor.

    Raises:
        MalformedPackError: the payload is not valid SenML for its subject.
    """
    records = parse_pack(delivery.subject, delivery.payload, arrived=round(delivery.time, 3))
    return Entry(delivery.offset, tuple(Part(r.n, encode_record(r)) for r in records))


class Relay:
    """Follows SENSORS for this replica."""

    def __init__(
        self, broker: Broker, hub: Hub, catalogue: Catalogue, health: Health, *, warm: timedelta
    ) -> None:
        self._broker = broker
        self._hub = hub
        self._catalogue = catalogue
        self._health = health
        self._sampler = Sampler()
        self.tail = Tail(broker, SENSORS, self, warm=warm)
        self.readings = 0
        self.rejected: Counter[str] = Counter()
        self.upstream_up = False

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        await self._warm_catalogue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.tail.run())
            await self.tail.started.wait()
            self._health.started = True
            log.info("ready", epoch=self._hub.epoch, head=self._hub.log.head)

    def entry_of(self, delivery: Delivery) -> Entry:
        """The delivery as an entry; an unreadable one is counted and keeps its offset, empty."""
        try:
            return read_entry(delivery)
        except MalformedPackError as error:
            self.rejected[error.reason] += 1
            held_back = self._sampler.admit(error.reason)
            if held_back is not None:
                log.warning(
                    "reading_rejected",
                    subject=delivery.subject,
                    reason=error.reason,
                    detail=error.detail,
                    held_back=held_back,
                )
            return Entry(delivery.offset, ())

    # ---------------------------------------------------------------- what the tail finds

    def deliver(self, delivery: Delivery) -> None:
        """Hand a reading to the hub."""
        entry = self.entry_of(delivery)
        self.readings += len(entry.parts)
        self._hub.publish(entry)

    def lost(self, after: int, upto: int) -> None:
        """Tell everybody that some are gone for good."""
        log.warning("readings_lost", after=after, upto=upto)
        self._hub.skip(upto)

    def restarted(self, epoch: str, floor: int) -> None:
        """Tell everybody that positions begin anew."""
        self._hub.restart(epoch=epoch, floor=floor)

    def upstream(self, *, up: bool) -> None:
        """Tell everybody whether the broker answers."""
        self.upstream_up = up
        self._health.set_degraded("nats", None if up else "the broker does not answer")
        self._hub.write_all([encode_status(up=up)])

    async def _warm_catalogue(self) -> None:
        """Begin with the latest of each sensor, also of those that are quieter than the ring."""
        while True:
            try:
                await self._broker.ensure_stream(SENSORS)
                deliveries = await self._broker.latest(SENSORS.name, subject="sensors.>")
            except BrokerRefusedError as error:
                # More sensors than the broker answers for at once: the ring has the lively ones.
                log.warning("catalogue_not_warmed", error=str(error))
                return
            except BrokerError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            for delivery in deliveries:
                entry = self.entry_of(delivery)
                self._catalogue.take([entry], age=max(time.time() - delivery.time, 0.0))
            return
