import asyncio
import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from realtime.catchup import SLICE_ENTRIES
from realtime.channel import Channel
from realtime.fanout import Entry, Hub, Part, TooManyChannelsError
from realtime.framing import GapReason
from realtime.log import LogLimits
from realtime.position import Position
from realtime.testing import JsonFraming, MemorySink, wait_until

EPOCH = "e001"
LIMITS = LogLimits(count=100_000, bytes=10**9, age=timedelta(hours=1))


def make_hub(
    limits: LogLimits = LIMITS,
    *,
    flush: timedelta = timedelta(0),
    channels_max: int = 100,
    on_flush: Callable[[Sequence[Entry]], None] = lambda _: None,
) -> Hub:
    hub = Hub(
        limits,
        flush_interval=flush,
        evict_after=timedelta(seconds=30),
        channels_max=channels_max,
        on_flush=on_flush,
    )
    hub.restart(epoch=EPOCH, floor=0)
    return hub


def everything(hub: Hub) -> Channel:
    return hub.channel("all", wants=lambda _: True, framing=JsonFraming())


def publish(hub: Hub, first: int, last: int, *, topic: str = "t") -> None:
    for offset in range(first, last + 1):
        hub.publish(Entry(offset, (Part(topic, str(offset).encode()),)))


def data(sink: MemorySink) -> list[int]:
    frames = [json.loads(chunk) for chunk in sink.chunks]
    return [number for frame in frames for number in frame.get("data", [])]


def gaps(sink: MemorySink) -> list[dict[str, str]]:
    return [frame for frame in map(json.loads, sink.chunks) if "gap" in frame]


def at(offset: int) -> Position:
    return Position(EPOCH, offset)


async def test_everybody_at_the_head_gets_the_same_bytes_object() -> None:
    hub = make_hub()
    sinks = [MemorySink() for _ in range(3)]
    for sink in sinks:
        everything(hub).attach(sink, at(0))
    publish(hub, 1, 1)
    first = sinks[0].chunks[0]
    assert all(sink.chunks[0] is first for sink in sinks)
    assert hub.counts.deliveries == 3


async def test_an_amended_entry_is_what_later_readers_get_and_others_are_not_told() -> None:
    hub = make_hub()
    early, late = MemorySink(), MemorySink()
    everything(hub).attach(early, at(0))
    publish(hub, 1, 3)
    hub.amend(Entry(2, (Part("t", b"20"),)))
    everything(hub).attach(late, at(0))
    assert data(early) == [1, 2, 3]
    assert data(late) == [1, 20, 3]
    hub.amend(Entry(9, (Part("t", b"90"),)))
    assert (hub.log.head, hub.flushed) == (3, 3)
    publish(hub, 4, 4)
    assert data(late) == [1, 20, 3, 4]


async def test_a_channel_that_comes_later_has_the_amended_entry() -> None:
    hub = make_hub()
    publish(hub, 1, 3)
    hub.amend(Entry(2, (Part("t", b"20"),)))
    sink = MemorySink()
    everything(hub).attach(sink, at(0))
    assert data(sink) == [1, 20, 3]


async def test_what_was_framed_for_one_who_caught_up_is_not_handed_out_after_an_amendment() -> None:
    hub = make_hub()
    first, second = MemorySink(), MemorySink()
    publish(hub, 1, 3)
    channel = everything(hub)
    channel.attach(first, at(0))
    hub.amend(Entry(2, (Part("t", b"20"),)))
    channel.attach(second, at(0))
    assert (data(first), data(second)) == ([1, 2, 3], [1, 20, 3])


async def test_a_subscriber_resumes_after_its_position() -> None:
    hub = make_hub()
    publish(hub, 1, 5)
    sink = MemorySink()
    subscriber = everything(hub).attach(sink, at(2))
    publish(hub, 6, 7)
    assert data(sink) == [3, 4, 5, 6, 7]
    assert subscriber.live
    assert subscriber.position == at(7)
    assert subscriber.delivered == 0 + 3
    subscriber.close()
    assert subscriber.delivered == 5


async def test_publishing_during_a_replay_leaves_neither_gap_nor_duplicate() -> None:
    hub = make_hub()
    publish(hub, 1, SLICE_ENTRIES * 4)
    sink = MemorySink()
    subscriber = everything(hub).attach(sink, at(0))
    assert not subscriber.live, "one slice at a time"
    offset = SLICE_ENTRIES * 4
    while not subscriber.live:
        offset += 1
        publish(hub, offset, offset)
        await asyncio.sleep(0)
    publish(hub, offset + 1, offset + 3)
    assert data(sink) == list(range(1, offset + 4))


async def test_lagging_subscriber_catches_up_and_others_never_wait() -> None:
    hub = make_hub()
    slow, quick = MemorySink(), MemorySink()
    lagging = everything(hub).attach(slow, at(0))
    everything(hub).attach(quick, at(0))
    publish(hub, 1, 2)
    slow.fill()
    publish(hub, 3, 600)
    assert data(slow) == [1, 2]
    assert data(quick) == list(range(1, 601))
    assert lagging.position == at(2)
    slow.drain()
    await wait_until(lambda: lagging.live)
    publish(hub, 601, 602)
    assert data(slow) == data(quick) == list(range(1, 603))


async def test_a_sink_that_fills_during_a_write_keeps_the_position_after_it() -> None:
    hub = make_hub()
    sink = MemorySink(high_chunks=1)
    subscriber = everything(hub).attach(sink, at(0))
    publish(hub, 1, 3)
    assert data(sink) == [1]
    assert subscriber.position == at(1)
    sink.drain()
    await wait_until(lambda: data(sink) == [1, 2, 3])


async def test_two_channels_on_one_sink_lose_nothing_when_it_fills_between_them() -> None:
    hub = make_hub(flush=timedelta(hours=1))
    publish(hub, 1, 1)
    sink = MemorySink(high_chunks=1)
    rooms = [
        hub.channel(room, wants=room.__eq__, framing=JsonFraming()).attach(sink, at(1))
        for room in ("a", "b")
    ]
    hub.publish(Entry(2, (Part("a", b"2"),)))
    hub.publish(Entry(3, (Part("b", b"3"),)))
    hub.flush()
    assert data(sink) == [2], "full after the first room's chunk"
    sink.drain()
    await wait_until(lambda: data(sink) == [2, 3])
    assert rooms[1].channel.key == "b"


async def test_what_arrives_within_the_interval_is_framed_once() -> None:
    hub = make_hub(flush=timedelta(milliseconds=250))
    sink = MemorySink()
    everything(hub).attach(sink, at(0))
    publish(hub, 1, 50)
    assert data(sink) == [1], "leading edge at once"
    await wait_until(lambda: len(sink.chunks) == 2)
    assert data(sink) == list(range(1, 51))
    assert json.loads(sink.chunks[-1])["upto"] == str(at(50))


async def test_who_joins_between_two_flushes_gets_the_pending_ones_once() -> None:
    hub = make_hub(flush=timedelta(milliseconds=200))
    early, late = MemorySink(), MemorySink()
    everything(hub).attach(early, at(0))
    publish(hub, 1, 3)
    channel = everything(hub)
    assert channel.position == at(1)
    channel.attach(late, channel.position)
    await wait_until(lambda: data(early) == [1, 2, 3])
    assert data(late) == [2, 3]


async def test_a_channel_carries_what_it_wants_and_its_position_follows_the_rest() -> None:
    hub = make_hub()
    sink = MemorySink()
    channel = hub.channel("a", wants="a".__eq__, framing=JsonFraming())
    subscriber = channel.attach(sink, at(0))
    publish(hub, 1, 2, topic="a")
    publish(hub, 3, 9, topic="b")
    assert data(sink) == [1, 2]
    assert subscriber.position == at(9)


async def test_parts_of_one_entry_share_an_offset_and_are_filtered_one_by_one() -> None:
    hub = make_hub()
    hub.publish(Entry(1, (Part("a", b"1"), Part("b", b"2"), Part("a", b"3"))))
    sink, live = MemorySink(), MemorySink()
    hub.channel("a", wants="a".__eq__, framing=JsonFraming()).attach(sink, at(0))
    everything(hub).attach(live, at(1))
    hub.publish(Entry(2, (Part("b", b"4"), Part("a", b"5"))))
    assert data(sink) == [1, 3, 5]
    assert data(live) == [4, 5]


class Last(JsonFraming):
    """Conflates to the newest payload."""

    def reduce(self, payloads: Sequence[bytes]) -> Sequence[bytes]:
        return payloads[-1:]


def paced(hub: Hub) -> Channel:
    interval = timedelta(hours=1)
    return hub.channel("paced", wants=lambda _: True, framing=Last(), interval=interval)


async def test_a_paced_channel_flushes_at_its_own_interval_and_conflates() -> None:
    hub = make_hub()
    slow, quick = MemorySink(), MemorySink()
    channel = paced(hub)
    subscriber = channel.attach(slow, at(0))
    everything(hub).attach(quick, at(0))
    publish(hub, 1, 5)
    assert data(quick) == [1, 2, 3, 4, 5]
    assert data(slow) == [1], "the leading edge at once"
    assert subscriber.position == at(1)
    channel.flush_now(time.monotonic())
    assert data(slow) == [1, 5]
    assert subscriber.position == at(5)
    assert json.loads(slow.chunks[-1])["upto"] == str(at(5))


async def test_a_paced_channel_flushes_by_itself_when_the_interval_is_over() -> None:
    hub = make_hub()
    sink = MemorySink()
    interval = timedelta(milliseconds=10)
    channel = hub.channel("p", wants=lambda _: True, framing=Last(), interval=interval)
    channel.attach(sink, at(0))
    publish(hub, 1, 5)
    # On a machine that stands still meanwhile the interval is over more than once.
    await wait_until(lambda: data(sink)[-1:] == [5])
    assert data(sink)[0] == 1


async def test_what_a_paced_subscriber_missed_is_one_event() -> None:
    hub = make_hub()
    publish(hub, 1, SLICE_ENTRIES * 3)
    sink = MemorySink()
    subscriber = paced(hub).attach(sink, at(2))
    assert data(sink) == [SLICE_ENTRIES * 3]
    assert subscriber.live


async def test_who_has_more_than_the_paced_channel_has_written_waits_for_its_flush() -> None:
    hub = make_hub()
    early, first = MemorySink(), MemorySink()
    channel = paced(hub)
    channel.attach(first, at(0))
    publish(hub, 1, 6)
    subscriber = channel.attach(early, at(4))
    assert not subscriber.live
    channel.flush_now(time.monotonic())
    assert (data(first), data(early)) == ([1, 6], [6])
    assert subscriber.live


async def test_a_new_epoch_ends_what_a_paced_channel_has_put_off() -> None:
    hub = make_hub()
    sink = MemorySink()
    paced(hub).attach(sink, at(0))
    publish(hub, 1, 5)
    hub.restart(epoch="e002", floor=0)
    assert data(sink) == [1, 5]
    assert gaps(sink) == [{"gap": "epoch", "after": str(at(5)), "upto": "e002-0"}]
    sink.close()
    assert hub.channels == {}


async def test_equal_keys_share_a_channel_and_the_last_to_leave_removes_it() -> None:
    hub = make_hub()
    one, two = MemorySink(), MemorySink()
    everything(hub).attach(one, at(0))
    everything(hub).attach(two, at(0))
    assert len(hub.channels) == 1
    assert hub.subscribers == 2
    one.close()
    assert len(hub.channels) == 1
    two.close()
    assert (len(hub.channels), hub.subscribers) == (0, 0)


async def test_the_cap_on_channels_is_told() -> None:
    hub = make_hub(channels_max=2)
    for key in ("a", "b"):
        hub.channel(key, wants=key.__eq__, framing=JsonFraming()).attach(MemorySink(), at(0))
    with pytest.raises(TooManyChannelsError, match="2 distinct"):
        hub.channel("c", wants="c".__eq__, framing=JsonFraming())
    hub.channel("a", wants="a".__eq__, framing=JsonFraming())


async def test_the_ring_never_drops_what_was_not_flushed() -> None:
    hub = make_hub(
        LogLimits(count=10, bytes=10**9, age=timedelta(hours=1)), flush=timedelta(hours=1)
    )
    early, late = MemorySink(), MemorySink()
    everything(hub).attach(early, at(0))
    publish(hub, 1, 14)
    channel = hub.channel("late", wants=lambda _: True, framing=JsonFraming())
    position = channel.position
    channel.attach(late, position)
    publish(hub, 15, 16)
    hub.flush()
    assert data(early) == list(range(1, 17))
    assert data(late) == list(range(position.offset + 1, 17))
    assert hub.log.floor <= hub.flushed


async def test_whom_the_ring_has_passed_by_is_told_a_gap() -> None:
    hub = make_hub(LogLimits(count=10, bytes=10**9, age=timedelta(hours=1)))
    sink = MemorySink()
    subscriber = everything(hub).attach(sink, at(0))
    publish(hub, 1, 1)
    sink.fill()
    publish(hub, 2, 50)
    sink.drain()
    await wait_until(lambda: subscriber.live)
    publish(hub, 51, 52)
    assert gaps(sink) == [{"gap": "evicted", "after": str(at(1)), "upto": str(at(50))}]
    assert data(sink) == [1, 51, 52]
    assert hub.counts.gaps == {GapReason.EVICTED: 1}


async def test_what_the_stream_has_lost_is_told_to_everybody() -> None:
    hub = make_hub()
    sink = MemorySink()
    everything(hub).attach(sink, at(0))
    publish(hub, 1, 3)
    hub.skip(7)
    publish(hub, 8, 9)
    assert gaps(sink) == [{"gap": "overflow", "after": str(at(3)), "upto": str(at(7))}]
    assert data(sink) == [1, 2, 3, 8, 9]


async def test_a_new_epoch_is_told_and_none_of_its_events_is_lost() -> None:
    hub = make_hub()
    sink = MemorySink()
    subscriber = everything(hub).attach(sink, at(0))
    publish(hub, 1, 3)
    hub.restart(epoch="e002", floor=0)
    publish(hub, 1, 2)
    assert gaps(sink) == [{"gap": "epoch", "after": str(at(3)), "upto": "e002-0"}]
    assert data(sink) == [1, 2, 3, 1, 2]
    assert subscriber.position == Position("e002", 2)


async def test_a_position_ahead_of_this_replica_is_waited_for() -> None:
    hub = make_hub()
    publish(hub, 1, 2)
    with pytest.raises(ValueError, match="ahead of"):
        everything(hub).attach(MemorySink(), at(4))
    reached = asyncio.ensure_future(hub.reached(4))
    await asyncio.sleep(0)
    publish(hub, 3, 3)
    assert not reached.done()
    publish(hub, 4, 4)
    await reached
    await hub.reached(2)


async def test_a_quiet_channel_beats_and_a_busy_one_does_not() -> None:
    hub = make_hub()
    sink = MemorySink()
    everything(hub).attach(sink, at(0), heartbeat=5.0)
    now = time.monotonic()
    hub.tick(now + 4)
    assert sink.chunks == []
    hub.tick(now + 6)
    hub.tick(now + 7)
    assert [json.loads(chunk) for chunk in sink.chunks] == [{"heartbeat": str(at(0))}]
    hub.tick(now + 12)
    assert len(sink.chunks) == 2


async def test_who_stays_stalled_is_aborted_and_the_others_stay() -> None:
    hub = make_hub()
    stuck, well = MemorySink(), MemorySink()
    everything(hub).attach(stuck, at(0))
    everything(hub).attach(well, at(0))
    stuck.fill()
    now = time.monotonic()
    hub.tick(now + 29)
    assert not stuck.aborted
    hub.tick(now + 31)
    assert stuck.aborted
    assert (hub.counts.evicted, hub.subscribers, well.closed) == (1, 1, False)


async def test_control_reaches_also_those_behind() -> None:
    hub = make_hub()
    behind, live = MemorySink(), MemorySink()
    everything(hub).attach(behind, at(0))
    everything(hub).attach(live, at(0))
    behind.fill()
    hub.write_all([b"status"])
    assert behind.chunks == live.chunks == [b"status"]


async def test_what_passes_is_written_to_those_at_the_head_only() -> None:
    hub = make_hub()
    behind, filling, live = MemorySink(), MemorySink(high_chunks=1), MemorySink()
    for sink in (behind, filling, live):
        everything(hub).attach(sink, at(0))
    behind.fill()
    assert everything(hub).write_head([b"one"]) == 2
    assert everything(hub).write_head([b"two"]) == 1
    assert (behind.chunks, filling.chunks, live.chunks) == ([], [b"one"], [b"one", b"two"])
    behind.drain()
    await wait_until(lambda: everything(hub).write_head([b"three"]) == 2)
    assert behind.chunks[-1] == b"three"


async def test_many_who_are_behind_are_caught_up_in_turns() -> None:
    hub = make_hub()
    publish(hub, 1, SLICE_ENTRIES * 6)
    sinks = [MemorySink() for _ in range(20)]
    subscribers = [everything(hub).attach(sink, at(0)) for sink in sinks]
    assert {len(sink.chunks) for sink in sinks} == {1}
    await wait_until(lambda: all(subscriber.live for subscriber in subscribers))
    assert all(data(sink) == list(range(1, SLICE_ENTRIES * 6 + 1)) for sink in sinks)


async def test_a_subscriber_whose_write_fails_costs_nobody_else_anything() -> None:
    class Broken(MemorySink):
        def write(self, chunk: bytes) -> None:
            self.abort()
            super().write(chunk)

    hub = make_hub()
    well = [MemorySink(), MemorySink()]
    for sink in (well[0], Broken(), well[1]):
        everything(hub).attach(sink, at(0))
    publish(hub, 1, 3)
    assert hub.subscribers == 2
    assert all(data(sink) == [1, 2, 3] for sink in well)


async def test_the_catalogue_sees_entries_just_before_they_are_written() -> None:
    seen: list[int] = []
    hub = make_hub(on_flush=lambda entries: seen.extend(entry.offset for entry in entries))
    publish(hub, 1, 3)
    assert seen == [1, 2, 3]


async def test_the_tick_runs_until_cancelled() -> None:
    hub = make_hub()
    sink = MemorySink()
    everything(hub).attach(sink, at(0), heartbeat=0.0)
    task = asyncio.ensure_future(hub.run())
    await wait_until(lambda: sink.chunks)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
