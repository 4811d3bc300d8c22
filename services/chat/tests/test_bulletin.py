"""What members are told besides messages."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chat.bulletin import Bulletin
from chat.framing import RoomFraming
from chat.presence import Told
from realtime.fanout import Hub
from realtime.log import LogLimits
from realtime.position import Position
from realtime.testing import Clock, MemorySink


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub() -> Hub:
    limits = LogLimits(count=100, bytes=10**6, age=timedelta(hours=1))
    hub = Hub(
        limits,
        flush_interval=timedelta(0),
        evict_after=timedelta(seconds=30),
        channels_max=10,
    )
    hub.restart(epoch="e100", floor=0)
    return hub


@pytest.fixture
def bulletin(hub: Hub, clock: Clock) -> Bulletin:
    return Bulletin(hub, clock=clock)


def member(hub: Hub, room: str = "lobby") -> MemorySink:
    sink = MemorySink()
    channel = hub.channel(room, wants=room.__eq__, framing=RoomFraming(room))
    channel.attach(sink, Position("e100", 0))
    return sink


def frames(sink: MemorySink) -> list[dict[str, Any]]:
    return [json.loads(chunk) for chunk in sink.chunks]


def test_members_of_the_room_get_the_same_bytes_and_others_nothing(
    hub: Hub, bulletin: Bulletin, clock: Clock
) -> None:
    ada, bob, eve = member(hub), member(hub), member(hub, "attic")
    bulletin.note(Told("lobby", ("ada",), (), 2))
    bulletin.write_due()
    assert not ada.chunks
    clock.now += 1
    bulletin.write_due()
    assert frames(ada) == [
        {"type": "presence", "room": "lobby", "joined": ["ada"], "left": [], "count": 2}
    ]
    assert ada.chunks[0] is bob.chunks[0]
    assert (eve.chunks, bulletin.presence_frames) == ([], 1)


def test_a_member_who_is_behind_is_not_filled_further(
    hub: Hub, bulletin: Bulletin, clock: Clock
) -> None:
    slow, well = member(hub), member(hub)
    slow.fill()
    for number in range(20):
        bulletin.note(Told("lobby", (f"user{number}",), (), number))
        bulletin.typing("lobby", f"user{number}")
        clock.now += 1
        bulletin.write_due()
    assert slow.chunks == []
    assert len(well.chunks) == 40


def test_typing_is_told_at_once_and_bounded(hub: Hub, bulletin: Bulletin, clock: Clock) -> None:
    ada = member(hub)
    assert bulletin.typing("lobby", "bob")
    bulletin.write_due()
    assert frames(ada) == [{"type": "typing", "room": "lobby", "users": ["bob"]}]
    clock.now += 2.999
    assert not bulletin.typing("lobby", "bob")
    clock.now += 0.001
    assert bulletin.typing("lobby", "bob")
    assert bulletin.throttled == 1


def test_rooms_without_members_here_cost_nothing(
    hub: Hub, bulletin: Bulletin, clock: Clock
) -> None:
    for number in range(1_000):
        bulletin.note(Told(f"room{number}", ("ada",), (), 1))
        assert not bulletin.typing(f"room{number}", "ada")
    ada = member(hub)
    bulletin.note(Told("lobby", ("ada",), (), 1))
    for subscriber in list(hub.channels["lobby"].subscribers):
        subscriber.close()
    bulletin.forget("lobby")
    clock.now += 5
    bulletin.write_due()
    assert ada.chunks == []
    assert (bulletin.presence_frames, bulletin.typing_frames, bulletin.throttled) == (0, 0, 0)
