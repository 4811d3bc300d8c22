from datetime import timedelta

import pytest

from realtime.census import REPLICAS_MAX, Census, Share, State, encode_share
from realtime.testing.clock import Clock


def make(clock: Clock) -> Census:
    return Census(fresh=timedelta(seconds=7), clock=clock)


def test_the_newest_word_of_each_replica_counts() -> None:
    census = make(Clock())
    for share in (
        Share("a", 1, State.CALM),
        Share("b", 2, State.STORM),
        Share("a", 3, State.CALM),
    ):
        census.hear(encode_share(share))
    assert census.shares() == {"a": Share("a", 3, State.CALM), "b": Share("b", 2, State.STORM)}
    assert census.unreadable == 0


def test_a_replica_that_falls_silent_is_forgotten() -> None:
    clock = Clock()
    census = make(clock)
    census.hear(encode_share(Share("a", 1, State.CALM)))
    clock.now += 7
    census.hear(encode_share(Share("b", 1, State.CALM)))
    assert set(census.shares()) == {"a", "b"}
    clock.now += 0.1
    assert set(census.shares()) == {"b"}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        b"[" * 400,
        b'{"replica":"a","connections":-1,"state":"calm"}',
        b'{"replica":"a","connections":1e99,"state":"calm"}',
        b'{"replica":"a","connections":1,"state":"well"}',
        b'{"replica":"a.b","connections":1,"state":"calm"}',
        b'{"replica":"a","connections":1,"state":"calm","more":1}',
        b'{"replica":"a","connections":1,"state":"calm"' + b" " * 600 + b"}",
    ],
)
def test_what_is_not_exactly_a_share_is_counted_and_dropped(payload: bytes) -> None:
    census = make(Clock())
    census.hear(payload)
    assert census.unreadable == 1
    assert census.shares() == {}


def test_no_more_replicas_are_remembered_than_there_can_be() -> None:
    census = make(Clock())
    for number in range(REPLICAS_MAX + 1):
        census.hear(encode_share(Share(f"r{number}", 1, State.CALM)))
    assert len(census.shares()) == REPLICAS_MAX
    assert census.unreadable == 1
    census.hear(encode_share(Share("r0", 9, State.CALM)))
    assert census.shares()["r0"].connections == 9
