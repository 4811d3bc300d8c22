"""The client's rules without a socket: waits, close codes, credentials, what is held."""

import itertools

import msgspec
import pytest

from realtime.client.backoff import LONGEST, STEADY, Backoff
from realtime.client.chat_frames import (
    Ack,
    Joined,
    Posted,
    Welcome,
    decode_frame,
    encode_frame,
)
from realtime.client.close_codes import Return, after_close
from realtime.client.credentials import Credentials
from realtime.client.cursor import Cursor
from realtime.client.errors import BadEventError
from realtime.client.feed_events import (
    Gap,
    Heartbeat,
    Hello,
    Readings,
    Record,
    Snapshot,
    decode_event,
)
from realtime.client.reconnection import Reconnection, Timing
from realtime.client.turns import Turns
from realtime.position import Position


def highest(_: float, ceiling: float) -> float:
    return ceiling


# -------------------------------------------------------------------- waits


def test_waits_double_up_to_the_longest_and_are_any_part_of_it() -> None:
    backoff = Backoff(highest)
    assert [backoff.next() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, LONGEST, LONGEST]
    asked: list[tuple[float, float]] = []

    def lowest(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    backoff = Backoff(lowest)
    assert [backoff.next() for _ in range(2)] == [0.0, 0.0]
    assert asked == [(0.0, 0.5), (0.0, 1.0)]
    assert [Backoff(highest).next() for _ in range(2_000)][-1] <= LONGEST


def test_who_was_too_fast_has_turns_at_the_chats_rate() -> None:
    now = [100.0]
    turns = Turns(lambda: now[0])
    assert not turns.apply
    assert [turns.wait(4) for _ in range(3)] == [0.25, 0.5, 0.75]
    now[0] += 0.5
    assert turns.wait(4) == 0.5
    now[0] += 60
    assert turns.wait(4) == 0.25, "what is over is not made up for"
    assert turns.apply
    turns.wait(4)
    turns.begin(apply=turns.apply)
    assert turns.wait(4) == 0.25, "nobody waits over a new connection yet"


@pytest.mark.parametrize(("stood", "wait"), [(STEADY, 0.5), (STEADY - 0.1, 4.0)])
def test_only_a_connection_that_lived_begins_anew(stood: float, wait: float) -> None:
    backoff = Backoff(highest)
    for _ in range(3):
        backoff.next()
    assert backoff.next(stood=stood) == wait


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_the_server_asks_for_comes_first_and_within_bounds() -> None:
    clock = Clock()
    coming = Reconnection(Timing(uniform=highest, clock=clock))
    for asked, wait in [(2_500, 2.5), (0, 0.1), (1e12, 600.0), (-5, 0.1)]:
        coming.begin()
        coming.retry(5_000)
        coming.live()
        coming.ask(asked)
        assert coming.wait() == wait


def test_retry_holds_for_a_stream_that_lived_and_a_backoff_for_one_that_never_began() -> None:
    clock = Clock()
    coming = Reconnection(Timing(uniform=highest, clock=clock))
    waits = []
    for live in (True, False, False, True):
        coming.begin()
        coming.retry(1_500)
        if live:
            coming.live()
            clock.now += 1
        waits.append(coming.wait())
    assert waits == [1.5, 1.0, 2.0, 4.0], "the last one was cut too soon to count"


# -------------------------------------------------------------------- ends


@pytest.mark.parametrize(
    ("code", "back"),
    [
        (1000, Return.NEVER),
        (1001, Return.BACK_OFF),
        (1006, Return.BACK_OFF),
        (1009, Return.BACK_OFF),
        (1011, Return.BACK_OFF),
        (1012, Return.BACK_OFF),
        (1013, Return.BACK_OFF),
        (4000, Return.BACK_OFF),
        (4008, Return.BACK_OFF),
        (4009, Return.BACK_OFF),
        (4029, Return.BACK_OFF),
        (4499, Return.BACK_OFF),
        (4500, Return.NEW_TOKEN),
        (4501, Return.NEVER),
        (4503, Return.NEVER),
        (4505, Return.NEVER),
        (4511, Return.NEW_TOKEN),
        (4999, Return.NEVER),
        (5000, Return.BACK_OFF),
    ],
)
def test_close_codes(code: int, back: Return) -> None:
    assert after_close(code) is back


# -------------------------------------------------------------------- credentials


async def test_a_token_is_kept_until_it_is_spoiled_and_a_ticket_is_used_once() -> None:
    numbers = itertools.count(1)
    credentials = Credentials(token=lambda: f"t{next(numbers)}")
    assert await credentials.headers() == await credentials.headers()
    assert await credentials.headers() == {"Authorization": "Bearer t1"}
    credentials.spoil()
    assert await credentials.headers() == {"Authorization": "Bearer t2"}
    assert await credentials.renew() == "t3"
    assert credentials.renewable
    fixed = Credentials(token="mine")
    fixed.spoil()
    assert await fixed.headers() == {"Authorization": "Bearer mine"}
    assert not fixed.renewable
    tickets = Credentials(ticket=lambda: f"k{next(numbers)}")
    assert [await tickets.query() for _ in range(2)] == [{"ticket": "k4"}, {"ticket": "k5"}]
    assert await Credentials().headers() == await Credentials().query() == {}


# -------------------------------------------------------------------- decoding


def test_events_become_types_with_their_position() -> None:
    at = Position("e3f9c2", 7)
    pack = '[{"n":"a/b","u":"Cel","v":1.5,"t":2,"later":1}]'
    record = Record(n="a/b", u="Cel", v=1.5, t=2)
    assert decode_event("readings", pack, str(at)) == Readings(records=(record,), position=at)
    assert decode_event("snapshot", "[]", str(at)) == Snapshot(records=(), position=at)
    gap = decode_event("gap", '{"from":1,"to":3,"reason":"evicted"}', "")
    assert gap == Gap(first=1, to=3, reason="evicted")
    assert decode_event("heartbeat", '{"server_time":1}', "x") == Heartbeat(server_time=1)
    assert decode_event("message", "hello", "") is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("readings", "{}"),
        ("readings", '[{"v":1}]'),
        ("gap", '{"from":1}'),
        ("hello", "not JSON"),
        ("snapshot", "[" * 100_000),
    ],
)
def test_data_that_an_event_can_t_have_is_an_error(name: str, data: str) -> None:
    with pytest.raises(BadEventError):
        decode_event(name, data, "")


def test_frames_become_types_and_unknown_ones_pass() -> None:
    ack = '{"type":"ack","cid":"c","room":"r","position":"e3f9-1","duplicate":true,"new":1}'
    assert decode_frame(ack) == Ack(cid="c", room="r", position="e3f9-1", duplicate=True)
    said = decode_frame(
        '{"type":"message","room":"r","position":"e3f9-1","cid":"c","user":"u","text":"t","time":1}'
    )
    assert isinstance(said, Posted)
    assert said.position == Position("e3f9", 1)
    welcome = decode_frame(
        '{"type":"welcome","session":"s","user":"u","heartbeat":20,"limits":{"rooms":20}}'
    )
    assert isinstance(welcome, Welcome)
    assert welcome.limits.frame_bytes == 65_536
    assert decode_frame('{"type":"weather","sun":true}') is None
    for broken in ('{"type":"ack"}', "[]", "nothing", '{"type":7}'):
        with pytest.raises(BadEventError):
            decode_frame(broken)
    assert msgspec.json.decode(encode_frame("join", room="r", after=None)) == {
        "type": "join",
        "room": "r",
    }


# -------------------------------------------------------------------- the cursor


def pack(offset: int, epoch: str = "aaaa") -> Readings:
    return Readings(records=(Record(n="a/b", v=offset),), position=Position(epoch, offset))


def greeting(*, resumed: bool) -> Hello:
    return Hello(
        epoch="aaaa", resumed=resumed, heartbeat=15, server_time=0, position=Position("aaaa", 50)
    )


def test_readings_at_or_before_what_is_held_are_dropped() -> None:
    cursor = Cursor(Position("aaaa", 5))
    taken = [bool(cursor.take(pack(offset))) for offset in (4, 5, 6, 6, 7)]
    assert taken == [False, False, True, False, True]
    assert cursor.duplicates == 3
    assert cursor.position == Position("aaaa", 7)


def test_a_heartbeat_moves_the_position_of_a_quiet_filter_and_never_back() -> None:
    cursor = Cursor(Position("aaaa", 5))
    for offset in (9, 8):
        cursor.take(Heartbeat(server_time=0, position=Position("aaaa", offset)))
        assert cursor.position == Position("aaaa", 9)


def test_nothing_moves_over_a_loss_before_its_snapshot() -> None:
    cursor = Cursor(Position("aaaa", 5))
    cursor.take(greeting(resumed=False))
    cursor.take(Heartbeat(server_time=0, position=Position("aaaa", 50)))
    cursor.take(Gap(first=6, to=50, reason="too_far", position=Position("aaaa", 50)))
    assert cursor.position == Position("aaaa", 5)
    shown = cursor.take(Snapshot(records=(), position=Position("aaaa", 50)))
    assert len(shown) == 1, "the gap was told already"
    assert cursor.position == Position("aaaa", 50)


def test_joined_is_read_with_what_it_carries() -> None:
    joined = decode_frame(
        '{"type":"joined","room":"r","head":"e3f9-4","resumed":true,"messages":[{"position":'
        '"e3f9-4","cid":"c","user":"u","time":1,"deleted":true,"reactions":{"x":["u"]}}],'
        '"members":["u"],"count":1}'
    )
    assert isinstance(joined, Joined)
    [message] = joined.messages
    assert (message.text, message.deleted, message.reactions) == ("", True, {"x": ("u",)})
