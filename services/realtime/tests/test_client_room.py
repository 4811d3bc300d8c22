"""A room and its open commands as the client holds them, without a socket."""

import asyncio
from collections.abc import Sequence

import pytest

from realtime.client import (
    ChatEndedError,
    CommandRefusedError,
    Message,
    RoomEvent,
    RoomGap,
    UnconfirmedError,
)
from realtime.client.chat_frames import Joined
from realtime.client.outbox import REPEATABLE, Outbox
from realtime.client.room_log import RoomLog
from realtime.position import Position


def message(offset: int, *, epoch: str = "aaaa") -> Message:
    return Message(at=f"{epoch}-{offset}", cid=f"c{offset}", user="ada", text=str(offset), time=0)


def joined(*offsets: int, head: int, resumed: bool, epoch: str = "aaaa") -> Joined:
    return Joined(
        room="lobby",
        head=f"{epoch}-{head}",
        resumed=resumed,
        messages=tuple(message(offset, epoch=epoch) for offset in offsets),
        members=("ada",),
        count=1,
    )


def texts(events: Sequence[RoomEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Message)]


def test_a_newcomer_resumes_from_the_head_and_a_returner_from_what_came() -> None:
    log = RoomLog("lobby")
    assert texts(log.enter(joined(1, 2, head=5, resumed=False))) == ["1", "2"]
    assert log.position == Position("aaaa", 5)
    # The head is ahead of what a resume's frame carries: the rest follows as frames.
    assert texts(log.enter(joined(6, 7, head=20, resumed=True))) == ["6", "7"]
    assert log.position == Position("aaaa", 7)


def test_what_comes_twice_is_dropped() -> None:
    log = RoomLog("lobby", Position("aaaa", 5))
    assert texts(log.enter(joined(4, 5, 6, head=6, resumed=True))) == ["6"]
    assert log.take(message(6)) == []
    assert texts(log.take(message(7))) == ["7"]
    assert log.duplicates == 3


def test_what_comes_during_a_loss_waits_until_history_has_answered() -> None:
    log = RoomLog("lobby", Position("aaaa", 5))
    log.lose("evicted", Position("aaaa", 8))
    assert log.take(message(9)) == ()
    assert log.position == Position("aaaa", 5), "a connection lost now resumes before the loss"
    shown = log.fill([message(n) for n in range(4, 10)], filled=True)
    assert shown[0] == RoomGap("lobby", Position("aaaa", 5), "evicted", filled=True)
    assert texts(shown) == ["6", "7", "8", "9"]
    assert log.hole is None


def test_a_fresh_start_in_the_middle_is_a_loss() -> None:
    log = RoomLog("lobby", Position("aaaa", 5))
    assert log.enter(joined(60, 61, head=61, resumed=False)) == ()
    log.lose("too_far", Position("aaaa", 61))
    shown = log.fill([message(n) for n in range(6, 60)], filled=False)
    assert isinstance(shown[0], RoomGap)
    assert (shown[0].reason, shown[0].filled) == ("too_far", False)
    assert texts(shown) == [str(n) for n in range(6, 62)]


def test_a_loss_of_which_nothing_is_known_moves_on_all_the_same() -> None:
    log = RoomLog("lobby", Position("aaaa", 5))
    log.lose("evicted", Position("aaaa", 8))
    assert len(log.fill([], filled=False)) == 1
    assert log.position == Position("aaaa", 8)


def test_another_epoch_shows_only_its_own_messages() -> None:
    log = RoomLog("lobby", Position("aaaa", 5))
    log.enter(joined(1, 2, head=2, resumed=False, epoch="bbbb"))
    shown = log.fill([message(6), message(1, epoch="bbbb")], filled=False)
    assert [m.at for m in shown if isinstance(m, Message)] == ["bbbb-1", "bbbb-2"]
    assert log.position == Position("bbbb", 2)


def test_a_resume_over_an_open_loss_closes_it() -> None:
    log = RoomLog("lobby", Position("aaaa", 5))
    log.lose("evicted", Position("aaaa", 8))
    assert texts(log.enter(joined(6, 7, 8, head=8, resumed=True))) == ["6", "7", "8"]
    assert log.hole is None


# -------------------------------------------------------------------- commands


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_an_entry_of_the_log_confirms_what_lost_its_ack(clock: Clock) -> None:
    outbox = Outbox(clock)
    command = outbox.add("c1", "lobby", "post", "{}", within=60)
    outbox.mark_sent(command, user="ada")
    outbox.confirm_seen(cid="c1", room="lobby", user="bob", position="aaaa-1")
    outbox.confirm_seen(cid="c1", room="attic", user="ada", position="aaaa-2")
    assert not command.done.done()
    outbox.confirm_seen(cid="c1", room="lobby", user="ada", position="aaaa-3")
    assert await command.done == "aaaa-3"
    outbox.confirm("c1", "aaaa-4")
    assert len(outbox) == 0


async def test_under_another_name_it_is_not_sent_again(clock: Clock) -> None:
    outbox = Outbox(clock)
    sent = outbox.add("c1", "lobby", "post", "{}", within=60)
    waits = outbox.add("c2", "lobby", "post", "{}", within=60)
    assert outbox.mark_sent(sent, user="ada")
    assert outbox.mark_sent(sent, user="ada")
    assert not outbox.mark_sent(sent, user="ada-x7")
    assert outbox.mark_sent(waits, user="ada-x7")
    with pytest.raises(UnconfirmedError, match="ada-x7"):
        await sent.done


async def test_at_its_deadline_it_is_in_doubt_or_not_done(clock: Clock) -> None:
    outbox = Outbox(clock)
    sent = outbox.add("c1", "lobby", "post", "{}", within=1e9)
    outbox.mark_sent(sent, user="ada")
    never = outbox.add("c2", "lobby", "post", "{}", within=60)
    clock.now += 59.9
    outbox.expire()
    assert not never.done.done()
    clock.now += 0.1
    outbox.expire()
    with pytest.raises(CommandRefusedError, match="not_sent"):
        await never.done
    clock.now = 100 + REPEATABLE - 0.1
    outbox.expire()
    assert not sent.done.done()
    clock.now = 100 + REPEATABLE
    outbox.expire()
    with pytest.raises(UnconfirmedError):
        await sent.done


async def test_the_end_leaves_nobody_waiting(clock: Clock) -> None:
    outbox = Outbox(clock)
    sent = outbox.add("c1", "lobby", "post", "{}", within=60)
    outbox.mark_sent(sent, user="ada")
    never = outbox.add("c2", "lobby", "post", "{}", within=60)
    outbox.end(ChatEndedError(4505, "replaced"))
    with pytest.raises(UnconfirmedError):
        await sent.done
    with pytest.raises(ChatEndedError):
        await never.done


async def test_a_caller_that_gives_up_takes_its_command_along(clock: Clock) -> None:
    outbox = Outbox(clock)
    command = outbox.add("c1", "lobby", "post", "{}", within=60)
    command.done.cancel()
    await asyncio.gather(command.done, return_exceptions=True)
    assert list(outbox.of("lobby")) == []
