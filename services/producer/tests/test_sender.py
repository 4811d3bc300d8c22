import asyncio
from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry

from producer.link import Link
from producer.metrics import Metrics
from producer.sender import REMEMBERED, Sender
from producer.spool import Entry
from producer.stream_keeper import StreamKeeper
from producer.testing import ManualClock
from realtime.broker import Delivery, Stored
from realtime.errors import BrokerError, BrokerUnavailableError
from realtime.subjects import SENSORS
from realtime.testing import MemoryBroker
from realtime.tracing import NO_HEADERS

SUBJECT = "sensors.a.b"
LONG = REMEMBERED.total_seconds() + 1


class Bench:
    """A sender on a broker in memory, with what it counts."""

    def __init__(self, broker: MemoryBroker, clock: ManualClock) -> None:
        self.broker = broker
        self.clock = clock
        self.registry = CollectorRegistry()
        self.link = Link(broker)
        self.sender = Sender(
            broker,
            link=self.link,
            stream=StreamKeeper(broker),
            metrics=Metrics(self.registry),
            clock=clock,
        )

    def counted(self, name: str) -> float:
        return self.registry.get_sample_value(f"producer_{name}_total") or 0.0

    async def stored(self) -> list[bytes]:
        found = await self.broker.read("SENSORS", after=0, limit=100)
        return [delivery.payload for delivery in found]


async def bench(broker: MemoryBroker, clock: ManualClock) -> Bench:
    await broker.ensure_stream(SENSORS)
    return Bench(broker, clock)


def entry(payload: bytes = b"1") -> Entry:
    return Entry("test", "test:boot:1", SUBJECT, payload)


async def forgotten(on: Bench) -> Entry:
    """An entry of which an attempt was made so long ago that the broker forgot its id."""
    one = entry()
    one.first_sent = on.clock.monotonic()
    on.clock.advance(LONG)
    return one


async def test_a_lost_acknowledgement_is_repeated_with_the_same_id_and_stored_once(
    clock: ManualClock,
) -> None:
    on = await bench(MemoryBroker(), clock)
    on.broker.lose_acks = 3

    await on.sender.send(entry())

    assert await on.stored() == [b"1"]
    assert on.counted("publish_retries") == 3
    assert on.registry.get_sample_value("producer_readings_published_total", {"source": "test"})


async def test_attempts_are_spread_by_growing_waits(clock: ManualClock) -> None:
    on = await bench(MemoryBroker(), clock)
    on.broker.lose_acks = 4

    await on.sender.send(entry())

    assert all(0.05 * 2**n <= wait <= 0.1 * 2**n for n, wait in enumerate(on.clock.slept))


async def test_nothing_is_tried_without_a_connection(clock: ManualClock) -> None:
    on = await bench(MemoryBroker(), clock)
    on.broker.go_down()
    with on.link.heard():
        sending = asyncio.ensure_future(on.sender.send(entry()))
        await asyncio.sleep(0)
        on.broker.come_up()
        await sending

    assert on.counted("publish_retries") == 0
    assert await on.stored() == [b"1"]


async def test_after_the_duplicate_window_a_stored_reading_is_found_and_not_sent_again(
    clock: ManualClock,
) -> None:
    on = await bench(MemoryBroker(), clock)
    one = await forgotten(on)
    await on.broker.publish(SUBJECT, one.payload, message_id="of an attempt that was forgotten")

    await on.sender.send(one)

    assert await on.stored() == [b"1"]
    assert on.counted("publish_uncertain") == 0


async def test_after_the_duplicate_window_a_reading_that_was_not_stored_is_sent(
    clock: ManualClock,
) -> None:
    on = await bench(MemoryBroker(), clock)
    await on.broker.publish(SUBJECT, b"0", message_id="the one before")

    await on.sender.send(await forgotten(on))

    assert await on.stored() == [b"0", b"1"]


async def test_a_stream_that_is_gone_holds_nothing(clock: ManualClock) -> None:
    on = await bench(MemoryBroker(), clock)
    on.broker.delete_stream("SENSORS")
    sending = asyncio.ensure_future(on.sender.send(await forgotten(on)))
    await asyncio.sleep(0)
    await on.broker.ensure_stream(SENSORS)

    await sending

    assert await on.stored() == [b"1"]
    assert on.counted("publish_uncertain") == 0


class BlindBroker(MemoryBroker):
    """Does not let anybody read."""

    async def latest(self, stream: str, *, subject: str) -> list[Delivery]:
        action = f"read {stream} {subject}"
        raise BrokerUnavailableError(action)


async def test_a_reading_that_cannot_be_looked_up_is_sent_and_counted_as_uncertain(
    clock: ManualClock,
) -> None:
    on = await bench(BlindBroker(), clock)

    await on.sender.send(await forgotten(on))

    assert await on.stored() == [b"1"]
    assert on.counted("publish_uncertain") == 1


async def test_a_connection_lost_during_the_look_up_is_no_uncertainty(clock: ManualClock) -> None:
    class FragileBroker(MemoryBroker):
        async def latest(self, stream: str, *, subject: str) -> list[Delivery]:
            if not self.fell:
                self.fell = True
                self.go_down()
                asyncio.get_running_loop().call_soon(self.come_up)
            return await super().latest(stream, subject=subject)

        fell = False

    on = await bench(FragileBroker(), clock)
    one = await forgotten(on)
    await on.broker.publish(SUBJECT, one.payload, message_id="of an attempt that was forgotten")
    with on.link.heard():
        await on.sender.send(one)

    assert await on.stored() == [b"1"]
    assert on.counted("publish_uncertain") == 0


class FinalRefusalError(BrokerError):
    retryable = False


class StrictBroker(MemoryBroker):
    """Refuses for good."""

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Stored:
        raise FinalRefusalError(subject, payload, message_id, headers)


async def test_a_final_refusal_gives_the_reading_up_and_counts_it(clock: ManualClock) -> None:
    on = await bench(StrictBroker(), clock)

    await on.sender.send(entry())
    await on.sender.send(entry())

    assert on.counted("readings_refused") == 2
    assert on.counted("publish_retries") == 0


async def test_an_error_of_our_own_is_not_swallowed(clock: ManualClock) -> None:
    class BrokenBroker(MemoryBroker):
        async def publish(
            self,
            subject: str,
            payload: bytes,
            *,
            message_id: str,
            headers: Mapping[str, str] = NO_HEADERS,
        ) -> Stored:
            raise NotImplementedError(subject, payload, message_id, headers)

    on = await bench(BrokenBroker(), clock)

    with pytest.raises(NotImplementedError):
        await on.sender.send(entry())
