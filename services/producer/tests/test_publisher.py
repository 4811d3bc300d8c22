import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from producer.metrics import Metrics
from producer.publisher import Publisher
from producer.testing import START, ManualClock
from realtime.broker import Stored
from realtime.contracts import Record, parse_pack
from realtime.errors import BadSensorNameError, BrokerUnavailableError
from realtime.subjects import SENSORS
from realtime.testing import MemoryBroker, wait_until
from realtime.tracing import NO_HEADERS


class Bench:
    """A publisher, what it counts, and what the broker has of it."""

    def __init__(self, *, spool_readings: int = 1_000, in_flight: int = 8) -> None:
        self.registry = CollectorRegistry()
        self.publisher = Publisher(
            spool_readings=spool_readings,
            in_flight=in_flight,
            metrics=Metrics(self.registry),
            clock=ManualClock(),
        )
        self.offered: dict[str, list[float]] = defaultdict(list)

    def offer(self, count: int, *, sensors: int = 3) -> None:
        """Offer ``count`` readings in turns of ``sensors``; values rise."""
        for _ in range(count):
            number = float(sum(map(len, self.offered.values())))
            name = f"device/{int(number) % sensors}"
            self.offered[name].append(number)
            self.publisher.offer("test", Record(n=name, v=number, t=START + number))

    def counted(self, name: str) -> float | None:
        return self.registry.get_sample_value(f"producer_{name}")

    async def stored(self, broker: MemoryBroker) -> dict[str, list[float]]:
        """Values of each sensor in the order of the stream."""
        values: dict[str, list[float]] = defaultdict(list)
        for delivery in await broker.read("SENSORS", after=0, limit=10_000):
            (record,) = parse_pack(delivery.subject, delivery.payload, arrived=0.0)
            assert record.v is not None
            values[record.n].append(record.v)
        return values


@asynccontextmanager
async def running(bench: Bench, broker: MemoryBroker) -> AsyncIterator[None]:
    task = asyncio.ensure_future(bench.publisher.run(broker))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_every_reading_is_stored_once_in_the_order_of_its_sensor() -> None:
    bench, broker = Bench(), MemoryBroker()
    async with running(bench, broker):
        bench.offer(100)
        await bench.publisher.flushed()

    assert await bench.stored(broker) == bench.offered
    assert bench.publisher.unsent == 0


async def test_a_message_is_a_pack_of_one_record_with_a_counting_id() -> None:
    bench, broker = Bench(), MemoryBroker()
    async with running(bench, broker):
        bench.offer(2, sensors=1)
        await bench.publisher.flushed()

    (subject, payload, first), (_, _, second) = broker.published
    assert subject == "sensors.device.0"
    assert payload == b'[{"n":"device/0","v":0.0,"t":1795343351.0}]'
    source, boot, number = first.split(":")
    assert (source, number) == ("test", "1")
    assert second == f"test:{boot}:2"


async def test_two_runs_of_the_producer_do_not_share_message_ids() -> None:
    first, second, broker = Bench(), Bench(), MemoryBroker()
    for bench in (first, second):
        async with running(bench, broker):
            bench.offer(1)
            await bench.publisher.flushed()

    assert len({message_id for _, _, message_id in broker.published}) == 2


async def test_an_outage_loses_repeats_and_reorders_nothing() -> None:
    bench, broker = Bench(), MemoryBroker()
    async with running(bench, broker):
        bench.offer(100)
        await wait_until(lambda: len(broker.published) > 20, what="half of it is stored")
        broker.lose_acks = 5
        broker.go_down()
        bench.offer(200)
        await wait_until(lambda: len(bench.publisher._spool) >= 200, what="it is spooled")
        broker.come_up()
        await bench.publisher.flushed()

    assert await bench.stored(broker) == bench.offered


async def test_a_reading_waits_for_the_one_before_it_however_often_that_fails() -> None:
    bench, broker = Bench(in_flight=100), MemoryBroker()
    broker.lose_acks = 50
    async with running(bench, broker):
        bench.offer(60, sensors=2)
        await bench.publisher.flushed()

    assert await bench.stored(broker) == bench.offered
    assert bench.counted("publish_retries_total") == 50


async def test_attempts_that_vanish_reorder_nothing() -> None:
    class LossyBroker(MemoryBroker):
        """Every other message disappears on its way, the next one arrives."""

        attempts = 0

        async def publish(
            self,
            subject: str,
            payload: bytes,
            *,
            message_id: str,
            headers: Mapping[str, str] = NO_HEADERS,
        ) -> Stored:
            self.attempts += 1
            if self.attempts % 2:
                raise BrokerUnavailableError(subject)
            return await super().publish(subject, payload, message_id=message_id, headers=headers)

    bench, broker = Bench(in_flight=100), LossyBroker()
    async with running(bench, broker):
        bench.offer(60, sensors=2)
        await bench.publisher.flushed()

    assert await bench.stored(broker) == bench.offered
    assert bench.counted("publish_retries_total") == 60


async def test_readings_are_spooled_before_there_is_a_broker() -> None:
    bench, broker = Bench(), MemoryBroker()
    broker.go_down()
    bench.offer(50)
    async with running(bench, broker):
        broker.come_up()
        await bench.publisher.flushed()

    assert await bench.stored(broker) == bench.offered


async def test_a_full_spool_drops_the_oldest_and_counts_them() -> None:
    bench, broker = Bench(spool_readings=10), MemoryBroker()
    bench.offer(25, sensors=1)
    assert bench.counted("spool_dropped_total") == 15
    assert bench.counted("spool_readings") == 10

    async with running(bench, broker):
        await bench.publisher.flushed()

    assert await bench.stored(broker) == {"device/0": [float(n) for n in range(15, 25)]}
    assert bench.counted("spool_readings") == 0


async def test_a_spool_that_is_exactly_full_drops_nothing() -> None:
    bench = Bench(spool_readings=10)

    bench.offer(10)

    assert bench.counted("spool_dropped_total") == 0
    assert bench.publisher.unsent == 10


async def test_a_deleted_stream_is_made_again() -> None:
    bench, broker = Bench(), MemoryBroker()
    async with running(bench, broker):
        bench.offer(1)
        await bench.publisher.flushed()
        broker.delete_stream(SENSORS.name)
        bench.offer(1)
        await bench.publisher.flushed()

    assert await bench.stored(broker) == {"device/1": [1.0]}


async def test_a_broker_that_refuses_for_a_while_gets_everything_afterwards() -> None:
    bench, broker = Bench(), MemoryBroker()
    broker.refuse = "insufficient storage"
    async with running(bench, broker):
        bench.offer(20)
        await wait_until(lambda: (bench.counted("publish_retries_total") or 0) > 10)
        broker.refuse = None
        await bench.publisher.flushed()

    assert await bench.stored(broker) == bench.offered


async def test_no_more_are_in_flight_than_allowed() -> None:
    class CountingBroker(MemoryBroker):
        now = most = 0

        async def publish(
            self,
            subject: str,
            payload: bytes,
            *,
            message_id: str,
            headers: Mapping[str, str] = NO_HEADERS,
        ) -> Stored:
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                return await super().publish(
                    subject, payload, message_id=message_id, headers=headers
                )
            finally:
                self.now -= 1

    bench, broker = Bench(in_flight=4), CountingBroker()
    async with running(bench, broker):
        bench.offer(100, sensors=50)
        await bench.publisher.flushed()

    assert broker.most == 4
    assert await bench.stored(broker) == bench.offered


async def test_a_source_that_can_wait_is_let_in_when_little_is_left() -> None:
    bench, broker = Bench(in_flight=4), MemoryBroker()
    bench.offer(10)
    waiting = asyncio.ensure_future(bench.publisher.room())
    await asyncio.sleep(0)
    assert not waiting.done()

    async with running(bench, broker):
        await waiting

    assert len(bench.publisher._spool) < 4


async def test_a_name_that_is_no_sensor_never_becomes_a_subject() -> None:
    bench = Bench()

    with pytest.raises(BadSensorNameError):
        bench.publisher.offer("test", Record(n="device/*", v=1.0))
