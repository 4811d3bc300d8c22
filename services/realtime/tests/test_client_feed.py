"""The feed's client over a server that speaks by the test's word."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from realtime.client import Feed, FeedRefusedError, Gap, Hello, Readings, Snapshot, State, Timing
from realtime.client.feed_events import FeedEvent
from realtime.position import Position
from realtime.testing import wait_until

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
Answer = Callable[[str, asyncio.StreamWriter], object]


def event(name: str, data: str, id_: str = "") -> str:
    return f"event: {name}\n" + (f"id: {id_}\n" if id_ else "") + f"data: {data}\n\n"


def hello(id_: str, *, resumed: bool = True, heartbeat: float = 15, reason: str = "") -> str:
    said = f'"epoch":"{id_[:6]}","resumed":{str(resumed).lower()},"server_time":1'
    return event("hello", f'{{{said},"heartbeat":{heartbeat},"reason":"{reason}"}}', id_)


def readings(number: int, *, epoch: str = "e3f9c2", name: str = "readings") -> str:
    return event(name, f'[{{"n":"a/b","v":{number}}}]', f"{epoch}-{number}")


class Script:
    """A server whose n-th connection is answered by the n-th text, the last for all that follow.

    ``...`` at its end leaves the connection open.
    """

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.requests: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        stays = answer.endswith("...")
        head = "" if answer.startswith("HTTP/") else HEAD
        writer.write((head + answer.removesuffix("...")).encode())
        if stays:
            await reader.read()
        writer.close()


@asynccontextmanager
async def scripted(*answers: str) -> AsyncIterator[Script]:
    script = Script(*answers)
    async with await asyncio.start_server(script.serve, "127.0.0.1", 0) as server:
        script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield script


class Rests:
    """Time that a client thinks it waits."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0.001)

    def timing(self) -> Timing:
        return Timing(uniform=lambda _, ceiling: ceiling, sleep=self.sleep)


async def until(feed: Feed, number: int) -> list[FeedEvent]:
    """Read up to the reading of this number."""
    found: list[FeedEvent] = []
    async with asyncio.timeout(10):
        async for said in feed:
            found.append(said)
            if isinstance(said, Readings) and said.records[-1].v == number:
                break
    return found


def values(events: list[FeedEvent]) -> list[float | None]:
    return [record.v for said in events if isinstance(said, Readings) for record in said.records]


async def test_a_broken_stream_is_resumed_by_the_last_id_and_repeats_are_dropped() -> None:
    first = "retry: 1700\n" + hello("e3f9c2-1", resumed=False) + readings(1, name="snapshot")
    again = hello("e3f9c2-3") + readings(2) + readings(3) + readings(4)
    async with scripted(first + readings(2) + readings(3), again + "...") as server:
        rests = Rests()
        async with Feed(server.url, timing=rests.timing()) as feed:
            events = await until(feed, 4)
        assert values(events) == [2, 3, 4]
        assert feed.duplicates == 2
        assert feed.position == Position("e3f9c2", 4)
        assert rests.waits == [1.7], "what retry: said"
        assert "last_event_id" not in server.requests[0]
        assert "last_event_id=e3f9c2-3" in server.requests[1]


async def test_the_query_is_that_of_the_feed() -> None:
    async with scripted(hello("e3f9c2-0") + readings(1) + "...") as server:
        after = Position("e3f9c2", 0)
        feed = Feed(
            server.url,
            sensors=["a/*", "b/>"],
            max_hz=2.0,
            agg="mean",
            heartbeat=5,
            after=after,
            token="secret",
        )
        async with feed:
            await until(feed, 1)
    line, *headers = server.requests[0].split("\r\n")
    assert line == (
        "GET /readings?sensor=a%2F%2A&sensor=b%2F%3E&max_hz=2.0&agg=mean&heartbeat=5"
        "&last_event_id=e3f9c2-0 HTTP/1.1"
    )
    assert "authorization: bearer secret" in [header.lower() for header in headers]
    assert any("gzip" in header for header in headers if header.lower().startswith("accept-enc"))
    assert "secret" not in repr(feed)


@pytest.mark.parametrize("name", ["drain", "busy"])
async def test_a_client_that_is_sent_away_waits_as_long_as_it_was_told(name: str) -> None:
    away = event(name, '{"reconnect_in_ms":1234,"reason":"full"}')
    async with scripted("retry: 4000\n" + hello("e3f9c2-1") + away, readings(2) + "...") as server:
        rests = Rests()
        async with Feed(server.url, timing=rests.timing()) as feed:
            await until(feed, 2)
        assert rests.waits == [1.234]


async def test_failed_attempts_back_off_and_a_retry_after_is_kept_to() -> None:
    bad = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    later = bad.replace("Content", "Retry-After: 3\r\nContent")
    async with scripted(bad, bad, later, bad, readings(1) + "...") as server:
        rests = Rests()
        async with Feed(server.url, timing=rests.timing()) as feed:
            await until(feed, 1)
        assert rests.waits == [0.5, 1.0, 3.0, 2.0]


async def test_what_would_be_refused_again_is_an_error_that_says_why() -> None:
    body = '{"code":"bad_query","detail":"max_hz must be a number"}'
    refusal = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    async with scripted(refusal) as server:
        async with Feed(server.url) as feed:
            with pytest.raises(FeedRefusedError, match="max_hz must be a number") as caught:
                await anext(feed)
            with pytest.raises(FeedRefusedError):
                await anext(feed)
            assert (caught.value.status, caught.value.code) == (400, "bad_query")
            assert feed.state is State.OFFLINE
        assert len(server.requests) == 1


UNKNOWN = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def test_a_401_asks_the_provider_for_another_token_once() -> None:
    tokens = iter(["old", "new", "newer", "newest"])
    answers = (UNKNOWN, hello("e3f9c2-1") + readings(2), UNKNOWN, UNKNOWN)
    async with scripted(*answers) as server:
        async with Feed(server.url, token=lambda: next(tokens), timing=Rests().timing()) as feed:
            await until(feed, 2)
            with pytest.raises(FeedRefusedError):
                await until(feed, 3)
    sent = [request.partition("earer ")[2].split("\r\n")[0] for request in server.requests]
    assert sent == ["old", "new", "new", "newer"]


async def test_a_401_to_a_fixed_token_is_the_end() -> None:
    async with scripted(UNKNOWN) as server:
        async with Feed(server.url, token="mine") as feed:
            with pytest.raises(FeedRefusedError):
                await anext(feed)
    assert len(server.requests) == 1


async def test_a_ticket_is_asked_for_at_each_attempt() -> None:
    tickets = iter(["one", "two"])

    async def ticket() -> str:
        return next(tickets)

    async with scripted(hello("e3f9c2-1") + readings(2), readings(3) + "...") as server:
        async with Feed(server.url, ticket=ticket, timing=Rests().timing()) as feed:
            await until(feed, 3)
    assert "ticket=one" in server.requests[0]
    assert "ticket=two" in server.requests[1]


async def test_silence_of_two_and_a_half_heartbeats_is_told_and_left() -> None:
    quiet = hello("e3f9c2-1", heartbeat=0.04) + readings(2) + "..."
    async with scripted(quiet, hello("e3f9c2-2") + readings(3) + "...") as server:
        states: list[State] = []
        async with Feed(server.url, on_state=states.append, timing=Rests().timing()) as feed:
            assert values(await until(feed, 3)) == [2, 3]
    live = [State.LIVE, State.STALE, State.RESUMING, State.LIVE, State.OFFLINE]
    assert states == [State.CONNECTING, *live]


async def test_a_reader_that_takes_its_time_is_no_silence() -> None:
    many = "".join(readings(number) for number in range(2, 1_000))
    async with scripted(hello("e3f9c2-1", heartbeat=0.04) + many + "...") as server:
        async with Feed(server.url) as feed:
            await wait_until(feed._ready.full)
            full = time.monotonic()
            await wait_until(lambda: time.monotonic() > full + 0.3)
            assert feed.connections == 1
            assert len(values(await until(feed, 999))) == 998


async def test_a_fresh_start_in_the_middle_is_told_as_a_gap() -> None:
    fresh = hello("e3f9c2-9", resumed=False, reason="bad_position") + readings(9, name="snapshot")
    async with scripted(hello("e3f9c2-1") + readings(2), fresh + readings(10) + "...") as server:
        gaps: list[Gap] = []
        async with Feed(server.url, on_gap=gaps.append, timing=Rests().timing()) as feed:
            events = await until(feed, 10)
    assert [(gap.first, gap.to, gap.reason) for gap in gaps] == [(3, 9, "bad_position")]
    kinds = [type(said) for said in events]
    assert kinds == [Hello, Readings, Hello, Gap, Snapshot, Readings]


async def test_a_stream_cut_between_a_gap_and_its_snapshot_is_asked_for_the_gap_again() -> None:
    told = event("gap", '{"from":3,"to":9,"reason":"too_far"}', "e3f9c2-9")
    cut = hello("e3f9c2-9", resumed=False) + told
    whole = cut + readings(9, name="snapshot") + readings(10)
    async with scripted(hello("e3f9c2-1") + readings(2), cut, whole + "...") as server:
        async with Feed(server.url, timing=Rests().timing()) as feed:
            await until(feed, 10)
    assert "last_event_id=e3f9c2-2" in server.requests[2]


async def test_an_upstream_that_is_down_makes_the_feed_stale() -> None:
    down, up = event("status", '{"upstream":"down"}'), event("status", '{"upstream":"up"}')
    states: list[State] = []
    async with scripted(hello("e3f9c2-1") + down + up + readings(2) + "...") as server:
        async with Feed(server.url, on_state=states.append) as feed:
            await until(feed, 2)
    assert states == [State.CONNECTING, State.LIVE, State.STALE, State.LIVE, State.OFFLINE]


async def test_what_can_t_be_read_breaks_the_connection_and_not_the_count() -> None:
    broken = hello("e3f9c2-1") + event("readings", '[{"n":7}]', "e3f9c2-2")
    async with scripted(broken, hello("e3f9c2-1") + readings(2) + "...") as server:
        async with Feed(server.url, timing=Rests().timing()) as feed:
            assert values(await until(feed, 2)) == [2]
    assert "last_event_id" not in server.requests[1], "hello is no position to hold"


async def test_a_later_version_s_events_pass() -> None:
    news = event("weather", "not even JSON")
    async with scripted(hello("e3f9c2-1") + news + readings(2) + "...") as server:
        async with Feed(server.url) as feed:
            assert values(await until(feed, 2)) == [2]
            assert feed.connections == 1


async def test_leaving_ends_the_task_and_the_iteration() -> None:
    before = asyncio.all_tasks()
    async with scripted(hello("e3f9c2-1") + "...") as server:
        async with Feed(server.url) as feed:
            await anext(feed)
        with pytest.raises(StopAsyncIteration):
            await anext(feed)
        assert feed.state is State.OFFLINE
    await wait_until(lambda: asyncio.all_tasks() == before)
