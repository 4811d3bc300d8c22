"""Who is told to be typing, and how often."""

from chat.protocol import TypingTold
from chat.typists import REMEMBERED, USERS_TOLD, Typists


def frame(*users: str, room: str = "lobby") -> TypingTold:
    return TypingTold(room=room, users=list(users))


def test_a_member_is_passed_on_every_3_seconds() -> None:
    typists = Typists()
    assert typists.admit("lobby", "ada", now=10.0)
    assert not typists.admit("lobby", "ada", now=12.999)
    assert typists.admit("attic", "ada", now=12.999)
    assert typists.admit("lobby", "ada", now=13.0)
    assert typists.throttled == 1


def test_the_first_is_told_at_once_and_later_ones_a_second_apart() -> None:
    typists = Typists()
    typists.admit("lobby", "eve", now=0)
    assert typists.take_due(0) == [frame("eve")]
    typists.admit("lobby", "bob", now=0.1)
    typists.admit("lobby", "ada", now=0.5)
    assert typists.take_due(0.999) == []
    assert typists.take_due(1.0) == [frame("ada", "bob")]
    assert typists.take_due(5.0) == []
    assert len(typists) == 0


def test_a_frame_names_so_many_and_counts_the_others() -> None:
    typists = Typists()
    admitted = [typists.admit("lobby", f"user{n:02}", now=0) for n in range(USERS_TOLD + 1)]
    assert admitted == [True] * USERS_TOLD + [False]
    (one,) = typists.take_due(0)
    assert len(one.users) == USERS_TOLD
    assert typists.throttled == 1


def test_what_is_remembered_is_bounded_and_forgotten_with_time() -> None:
    typists = Typists()
    for number in range(REMEMBERED):
        assert typists.admit(f"room{number}", "ada", now=0)
    assert not typists.admit("one-more", "ada", now=2.999)
    assert typists.admit("one-more", "ada", now=3)
