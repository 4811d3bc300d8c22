"""The checker of the crowd finds what it is there to find."""

import random

import pytest

from systemtests.writers import Writer, judge_room


def writer(*seen: int, acked: tuple[int, ...] = ()) -> Writer:
    person = Writer("ada", "lobby", ["ws://nowhere"], random.Random(1))  # noqa: S311 - unused
    person.acked = {f"c{offset}": offset for offset in acked}
    person.seen = [(offset, f"c{offset}") for offset in seen]
    return person


def test_a_clean_room_is_clean() -> None:
    assert judge_room([writer(1, 2, 3, acked=(1, 3)), writer(1, 2, 3, acked=(2,))]).clean


@pytest.mark.parametrize(
    ("seen", "fault"),
    [((1, 3), "lost"), ((1, 2, 2, 3), "duplicate"), ((1, 3, 2), "reordered")],
)
def test_each_fault_of_one_member_is_found(seen: tuple[int, ...], fault: str) -> None:
    verdict = judge_room([writer(1, 2, 3, acked=(1, 2, 3)), writer(*seen)])
    found = {
        name for name in ("lost", "duplicate", "reordered", "phantom") if getattr(verdict, name)
    }
    assert found == {fault}


def test_a_message_that_nobody_wrote_is_found() -> None:
    verdict = judge_room([writer(1, 2, acked=(1,))])
    assert verdict.phantom == [2]
    other = writer(1, acked=(1,))
    other.seen = [(1, "c9")]
    assert judge_room([other]).phantom == [1]
