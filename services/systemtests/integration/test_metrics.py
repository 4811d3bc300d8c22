"""What feed and chat tell of themselves: complete from the start, and no longer with use."""

import asyncio
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from chat.entries import PostEntry, encode_entry
from chat.testing import MemoryHistory
from realtime.contracts import Record, encode_pack
from realtime.subjects import room_subject, sensor_subject
from realtime.testing import MemoryBroker, wait_until
from systemtests.inprocess import running_feed
from systemtests.running_chat import chat_parts, wait_projected

MANY = 10_000
SLOWLY = 120.0
"""Seconds that so many may take on a machine whose cores others use."""
LABELS = {"le", "reason", "code", "by", "kind", "what", "generation", "transport", "parameter"}
"""All that there may be; what is in them comes from closed lists."""


def series(registry: CollectorRegistry) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in registry.collect()
        for sample in family.samples
    }


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    found = registry.get_sample_value(name, labels)
    assert found is not None, name
    return found


def labels_of(registry: CollectorRegistry) -> Iterator[str]:
    for name, labels in series(registry):
        if name != "python_info":
            yield from (label for label, _ in labels)


@pytest.mark.timeout(300)
async def test_ten_thousand_sensors_add_no_series() -> None:
    broker = MemoryBroker()
    async with running_feed(broker) as running:
        registry = running.feed.registry
        before = series(registry)
        names = [f"device-{number}/temperature" for number in range(MANY)]
        # All at once: one after the other, they would be read again as often as they are.
        await asyncio.gather(
            *(
                broker.publish(
                    sensor_subject(name), encode_pack([Record(name, v=1.0, t=1.0)]), message_id=name
                )
                for name in names
            )
        )
        await broker.publish("sensors.device-1.broken", b"{", message_id="broken")
        await wait_until(lambda: value(registry, "feed_readings_total") == MANY, within=SLOWLY)
        await wait_until(
            lambda: value(registry, "feed_readings_rejected_total", reason="not_a_pack") == 1,
            within=SLOWLY,
        )
        # Known with the flush, which comes after the reading.
        await wait_until(lambda: value(registry, "feed_sensors") == MANY)
        assert series(registry) == before
        assert set(labels_of(registry)) <= LABELS


@pytest.mark.timeout(300)
async def test_ten_thousand_rooms_add_no_series() -> None:
    broker = MemoryBroker()
    async with chat_parts(broker, MemoryHistory()) as chat:
        before = series(chat.registry)
        posts = {
            room_subject(f"room-{number}"): PostEntry(
                cid=f"c{number}", user=f"user-{number}", text="hello", time=1.0
            )
            for number in range(MANY)
        }
        await asyncio.gather(
            *(
                broker.publish(subject, encode_entry(post), message_id=subject)
                for subject, post in posts.items()
            )
        )
        await wait_until(lambda: value(chat.registry, "chat_messages_total") == MANY, within=SLOWLY)
        await wait_projected(chat)
        assert series(chat.registry) == before
        assert set(labels_of(chat.registry)) <= LABELS


async def test_the_delay_size_and_age_of_what_is_flushed() -> None:
    broker = MemoryBroker()
    async with running_feed(broker) as running:
        registry = running.feed.registry
        assert value(registry, "feed_delivery_delay_seconds_count") == 0
        assert value(registry, "feed_ring_age_seconds") == 0
        pack = encode_pack([Record("a/b", v=1.0, t=1.0), Record("a/c", v=1.0, t=1.0)])
        await broker.publish("sensors.a.b", pack, message_id="1")
        await wait_until(lambda: value(registry, "feed_flush_readings_sum") == 2)
        assert value(registry, "feed_flush_readings_count") == 1
        assert value(registry, "feed_delivery_delay_seconds_count") == 1
        assert 0 <= value(registry, "feed_delivery_delay_seconds_sum") < 60
        assert value(registry, "feed_ring_age_seconds") > 0
        assert value(registry, "feed_relay_lag") == 0
        await wait_until(lambda: value(registry, "feed_event_loop_lag_seconds_count") > 0)
        assert value(registry, "process_open_fds") > 0


async def test_what_a_replica_begins_with_is_not_late() -> None:
    """The past in its ring, which nobody waited for."""
    broker = MemoryBroker()
    async with running_feed(broker):
        pack = encode_pack([Record("a/b", v=1.0, t=1.0)])
        await broker.publish("sensors.a.b", pack, message_id="1")
    async with running_feed(broker) as running:
        await wait_until(lambda: value(running.feed.registry, "feed_readings_total") == 1)
        assert value(running.feed.registry, "feed_delivery_delay_seconds_count") == 0


async def test_what_the_relay_has_not_got_yet_shows() -> None:
    broker = MemoryBroker()
    async with running_feed(broker) as running:
        tail, registry = running.feed.fanout.relay.tail, running.feed.registry
        pack = encode_pack([Record("a/b", v=1.0, t=1.0)])
        broker.lose_live, broker.hide_reads = 3, 1
        for number in range(3):
            await broker.publish("sensors.a.b", pack, message_id=str(number))
        seen = 0.0

        def lagged() -> bool:
            nonlocal seen
            seen = max(seen, value(registry, "feed_relay_lag"))
            return tail.holes_filled > 0 and seen > 0

        await wait_until(lagged)
        assert seen == 3
        await wait_until(lambda: value(registry, "feed_relay_lag") == 0)


async def test_every_reason_is_there_before_it_happens() -> None:
    """A counter that appears with its first count shows no increase (Prometheus' own advice)."""
    async with running_feed(MemoryBroker()) as running:
        registry = running.feed.registry
        assert value(registry, "feed_gaps_total", reason="overflow") == 0
        assert value(registry, "feed_admission_refused_total", reason="full") == 0
    async with chat_parts(MemoryBroker(), MemoryHistory()) as chat:
        assert value(chat.registry, "chat_admission_refused_total", reason="draining") == 0
