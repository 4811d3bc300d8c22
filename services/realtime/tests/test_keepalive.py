"""Pings in turns, by a loop whose time the test turns."""

from typing import Any, cast

import pytest

from realtime.keepalive import TURNS, Keepalive


class Loop:
    """Keeps the one timer that is set, and runs it when the test says so."""

    def __init__(self) -> None:
        self.timers: list[Any] = []

    def call_later(self, delay: float, callback: Any, *_: Any, **__: Any) -> Any:
        assert delay == pytest.approx(1.0)
        self.timers.append(callback)
        return object()

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            (callback,) = self.timers
            self.timers.clear()
            callback()


class Connection:
    def __init__(self, kept: Keepalive, *, answers: bool = True) -> None:
        self.pings = 0
        self.given_up = 0
        self.waits_for_pong = False
        self._kept = kept
        self._answers = answers
        kept.add(self)

    def ping(self) -> None:
        self.pings += 1
        self.waits_for_pong = not self._answers

    def give_up(self) -> None:
        self.given_up += 1
        self._kept.discard(self)


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def kept(loop: Loop) -> Keepalive:
    return Keepalive(cast("Any", loop), float(TURNS))


def test_each_is_pinged_once_in_an_interval_and_not_all_at_once(
    loop: Loop, kept: Keepalive
) -> None:
    connections = [Connection(kept) for _ in range(TURNS * 3)]
    loop.turn(TURNS // 2)
    assert sum(one.pings for one in connections) == 0
    for turn in range(1, TURNS // 2 + 1):
        loop.turn()
        assert sum(one.pings for one in connections) == 6 * turn
    assert [one.pings for one in connections] == [1] * len(connections)
    loop.turn(TURNS)
    assert [one.pings for one in connections] == [2] * len(connections)


def test_who_does_not_answer_within_an_interval_is_given_up(loop: Loop, kept: Keepalive) -> None:
    well, silent = Connection(kept), Connection(kept, answers=False)
    loop.turn(TURNS)
    assert (silent.pings, silent.given_up) == (1, 0)
    loop.turn(TURNS)
    assert (silent.pings, silent.given_up) == (1, 1)
    assert (well.pings, well.given_up) == (2, 0)
    assert len(kept) == 1


def test_who_left_is_not_pinged_and_without_anybody_no_timer_runs(
    loop: Loop, kept: Keepalive
) -> None:
    gone = Connection(kept)
    kept.discard(gone)
    kept.discard(gone)
    loop.turn()
    assert (gone.pings, loop.timers) == (0, [])
    Connection(kept)
    assert len(loop.timers) == 1
