"""Copies deliveries of SENSORS into the hub's log: parsed, resolved, encoded once."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

import structlog

from feed.catalogue import Catalogue
from feed.framing import ReadingsFraming, encode_status
from realtime.broker import Broker, Delivery
from realtime.contracts import MalformedPackError, encode_record, parse_pack
from realtime.errors import BrokerError, BrokerRefusedError
from realtime.fanout import Entry, Hub, Part
from realtime.health import Health
from realtime.relay import StreamRelay
from realtime.subjects import SENSORS
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


def readable_parts(deliveries: Iterable[Delivery]) -> Iterator[Part]:
    """The parts of deliveries that are read again; unreadable ones were reported the first time."""
    for delivery in deliveries:
        try:
            entry = read_entry(delivery)
        except MalformedPackError:
            continue
        yield from entry.parts


class Relay(StreamRelay):
    """Follows SENSORS for this replica; begins with the latest reading of each sensor."""

    def __init__(
        self, broker: Broker, hub: Hub, catalogue: Catalogue, health: Health, *, warm: timedelta
    ) -> None:
        super().__init__(broker, SENSORS, hub, health, warm=warm)
        self._broker = broker
        self._catalogue = catalogue
        self._sampler = Sampler()
        self.rejected: Counter[str] = Counter()

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        await self._warm_catalogue()
        await super().run()

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

    def upstream(self, *, up: bool) -> None:
        """Tell everybody whether the broker answers."""
        super().upstream(up=up)
        for channel in list(self._hub.channels.values()):
            assert isinstance(channel.framing, ReadingsFraming)  # noqa: S101 - the hub is the feed's
            channel.write_all([encode_status(up=up, encode=channel.framing.encode)])

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
                # What can't be read is reported when the tail brings it, and not twice.
                entry = Entry(delivery.offset, tuple(readable_parts([delivery])))
                self._catalogue.take([entry], age=max(time.time() - delivery.time, 0.0))
            return
