"""What is told of a room's presence, and how often."""

import itertools

from chat.batches import NAMES_GATHERED, NAMES_TOLD, Batches
from chat.presence import Told
from chat.protocol import PresenceTold


def told(*joined: str, left: tuple[str, ...] = (), count: int = 1, room: str = "lobby") -> Told:
    return Told(room, joined, left, count)


def frame(
    *joined: str, left: tuple[str, ...] = (), count: int = 1, room: str = "lobby"
) -> PresenceTold:
    return PresenceTold(room=room, joined=list(joined), left=list(left), count=count)


def test_what_happens_within_a_second_is_one_frame() -> None:
    batches = Batches()
    for number, user in enumerate(["bob", "ada", "eve"]):
        batches.note(told(user, count=number + 1), now=10 + number * 0.4)
    assert batches.take_due(10.999) == []
    assert batches.take_due(11.0) == [frame("ada", "bob", "eve", count=3)]
    assert batches.take_due(99) == []


def test_two_frames_of_a_room_are_a_second_apart() -> None:
    batches = Batches()
    times: list[float] = []
    for step in range(500):
        now = step / 100
        batches.note(told(f"user{step}", count=step + 1), now=now)
        times += [now for _ in batches.take_due(now)]
    assert len(times) == 4
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times))


def test_rooms_have_windows_of_their_own() -> None:
    batches = Batches()
    batches.note(told("ada"), now=1.0)
    batches.note(told("bob", room="attic"), now=1.5)
    batches.note(told("eve", count=2), now=1.6)
    assert batches.take_due(2.0) == [frame("ada", "eve", count=2)]
    assert batches.take_due(2.5) == [frame("bob", room="attic")]


def test_a_quick_leave_and_return_is_not_told() -> None:
    batches = Batches()
    batches.note(told("ada", "bob", count=2), now=0)
    batches.take_due(1)
    batches.note(told(left=("ada",), count=1), now=5)
    batches.note(told("ada", count=2), now=5.5)
    assert batches.take_due(7) == []
    batches.note(told(left=("ada",), count=1), now=8)
    assert batches.take_due(9) == [frame(left=("ada",), count=1)]
    batches.note(told("ada", count=2), now=9.1)
    assert batches.take_due(10.1) == [frame("ada", count=2)]


def test_another_count_is_told_without_names_and_the_same_one_is_not() -> None:
    batches = Batches()
    batches.note(told("ada"), now=0)
    batches.take_due(1)
    batches.note(told(count=1), now=2)
    assert len(batches) == 0
    batches.note(told(count=7), now=2)
    assert batches.take_due(3) == [frame(count=7)]


def test_names_are_cut_and_the_count_is_whole() -> None:
    for many in (NAMES_TOLD, NAMES_TOLD + 1):
        batches = Batches()
        users = tuple(f"user{number:03}" for number in range(many))
        batches.note(told(*users, count=many), now=0)
        (one,) = batches.take_due(1)
        assert (one.joined, one.count) == (list(users[:NAMES_TOLD]), many)


def test_a_window_keeps_so_many_names_and_still_lets_those_cancel_out() -> None:
    batches = Batches()
    users = tuple(f"user{number:04}" for number in range(NAMES_GATHERED))
    batches.note(told(*users, "zoe", count=5_000), now=0)
    batches.note(told(left=("zoe",), count=4_999), now=0)
    batches.note(told(left=users, count=3_999), now=0)
    assert batches.take_due(1) == [frame(count=3_999)]


def test_a_room_that_was_left_is_forgotten() -> None:
    batches = Batches()
    batches.note(told("ada"), now=0)
    batches.forget("lobby")
    batches.forget("attic")
    assert (len(batches), batches.take_due(9)) == (0, [])
