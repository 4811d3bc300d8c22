"""Warned in time, ended in time, by a clock that the test turns."""

from datetime import timedelta

import pytest

from realtime.identity.revocation import Revocation
from realtime.identity.scope import parse_scope
from realtime.identity.watch import SLICE, EndReason, Pass, Watch
from realtime.identity.who import GUEST, Identity
from realtime.testing import Clock, wait_until


class Connection:
    def __init__(self, *, breaks: bool = False) -> None:
        self.told: list[float | EndReason] = []
        self._breaks = breaks

    def expiring(self, left: timedelta) -> None:
        self.told.append(left.total_seconds())

    def expired(self, reason: EndReason) -> None:
        self.told.append(reason)
        if self._breaks:
            raise ZeroDivisionError


WALL = 1_000_000.0


def until(seconds: float, *, user: str = "ada", token: str | None = None) -> Identity:
    return Identity(parse_scope(""), user=user, expires=WALL + seconds, issued=WALL, token_id=token)


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
async def watch(clock: Clock) -> Watch:
    return Watch(warning=timedelta(seconds=30), clock=clock, wall=lambda: WALL + clock.now)


def enter(watch: Watch, identity: Identity, connection: Connection) -> Pass:
    entered = watch.enter(identity, connection)
    assert entered is not None
    return entered


async def test_warned_thirty_seconds_before_and_ended_at_the_end(
    watch: Watch, clock: Clock
) -> None:
    ada = Connection()
    enter(watch, until(100), ada)
    for now, told in (
        (69.9, []),
        (70.0, [30.0]),
        (99.9, [30.0]),
        (100.0, [30.0, EndReason.EXPIRED]),
    ):
        clock.now = now
        watch.turn()
        assert ada.told == told
    assert (len(watch), watch.warned, watch.ended[EndReason.EXPIRED]) == (0, 1, 1)


async def test_a_short_token_is_warned_of_at_once(watch: Watch, clock: Clock) -> None:
    ada = Connection()
    enter(watch, until(5), ada)
    watch.turn()
    assert ada.told == [5.0]
    clock.now = 5
    watch.turn()
    assert ada.told == [5.0, EndReason.EXPIRED]


async def test_a_guest_is_not_watched(watch: Watch) -> None:
    assert watch.enter(GUEST, Connection()) is None
    watch.leave(None)
    assert len(watch) == 0


async def test_who_has_left_is_told_nothing(watch: Watch, clock: Clock) -> None:
    ada = Connection()
    entered = enter(watch, until(10), ada)
    watch.leave(entered)
    watch.leave(entered)
    clock.now = 20
    watch.turn()
    assert not ada.told
    assert len(watch) == 0
    assert not watch._by


async def test_a_renewed_connection_goes_by_the_new_token(watch: Watch, clock: Clock) -> None:
    ada = Connection()
    entered = enter(watch, until(100, token="t1"), ada)
    clock.now = 80
    watch.turn()
    watch.renew(entered, until(200, token="t2"))
    clock.now = 169.9
    watch.turn()
    assert ada.told == [20.0]
    watch.revoked(Revocation(WALL + 100, token="t1"))
    assert ada.told == [20.0]
    clock.now = 170
    watch.turn()
    clock.now = 200
    watch.turn()
    assert ada.told == [20.0, 30.0, EndReason.EXPIRED]


async def test_a_refresh_that_comes_too_late_brings_nobody_back(watch: Watch, clock: Clock) -> None:
    ada = Connection()
    entered = enter(watch, until(5), ada)
    clock.now = 5
    watch.turn()
    watch.renew(entered, until(100))
    clock.now = 200
    watch.turn()
    assert ada.told == [EndReason.EXPIRED]
    assert len(watch) == 0


async def test_a_step_of_the_wall_clock_ends_nobody(clock: Clock) -> None:
    step = [0.0]
    watch = Watch(
        warning=timedelta(seconds=30), clock=clock, wall=lambda: WALL + clock.now + step[0]
    )
    ada = Connection()
    enter(watch, until(100), ada)
    step[0] = 3600
    clock.now = 69
    watch.turn()
    assert not ada.told
    step[0] = -3600
    clock.now = 100
    watch.turn()
    assert EndReason.EXPIRED in ada.told


async def test_a_revocation_ends_whom_it_speaks_of(watch: Watch) -> None:
    one, two, other = Connection(), Connection(), Connection()
    enter(watch, until(100, token="t1"), one)
    enter(watch, until(100, token="t2"), two)
    enter(watch, until(100, user="bob", token="t3"), other)
    watch.revoked(Revocation(WALL + 100, token="t1"))
    assert (one.told, two.told) == ([EndReason.REVOKED], [])
    watch.revoked(Revocation(WALL + 100, user="ada", before=WALL))
    assert two.told == [EndReason.REVOKED]
    assert not other.told
    watch.revoked(Revocation(WALL + 100, user="nobody", before=WALL))
    assert len(watch) == 1


async def test_who_was_revoked_while_coming_in_is_ended_at_once(clock: Clock) -> None:
    watch = Watch(
        warning=timedelta(seconds=30),
        is_revoked=lambda identity: identity.token_id == "t1",
        clock=clock,
        wall=lambda: WALL,
    )
    ada, bob = Connection(), Connection()
    enter(watch, until(100, token="t1"), ada)
    enter(watch, until(100, token="t2"), bob)
    watch.turn()
    assert (ada.told, bob.told) == ([EndReason.REVOKED], [])


async def test_thousands_of_the_same_second_go_in_slices_and_all_of_them(
    watch: Watch, clock: Clock
) -> None:
    connections = [Connection(breaks=number == 3) for number in range(SLICE * 2 + 1)]
    for connection in connections:
        enter(watch, until(100), connection)
    clock.now = 100
    watch.turn()
    assert sum(bool(connection.told) for connection in connections) == SLICE
    # The rest follows by the timer, one pause after the other.
    await wait_until(lambda: len(watch) == 0)
    assert all(connection.told == [EndReason.EXPIRED] for connection in connections)


async def test_the_timer_does_it_without_being_turned() -> None:
    # The wall stands still, so that near is never over before it is let in.
    watch = Watch(warning=timedelta(seconds=0.02), wall=lambda: 1_000.0)
    ada, later = Connection(), Connection()
    far = Identity(parse_scope(""), user="bob", expires=4_600.0)
    near = Identity(parse_scope(""), user="ada", expires=1_000.05)
    enter(watch, far, later)
    enter(watch, near, ada)
    await wait_until(lambda: EndReason.EXPIRED in ada.told)
    assert len(ada.told) == 2
    assert not later.told


async def test_connections_that_come_and_go_leave_nothing(watch: Watch) -> None:
    for _ in range(5_000):
        watch.leave(enter(watch, until(100), Connection()))
    assert len(watch._due) <= 1_001
    stays = Connection()
    enter(watch, until(100), stays)
    for _ in range(5_000):
        watch.leave(enter(watch, until(100), Connection()))
    assert stays in [item[2].holder for item in watch._due]
