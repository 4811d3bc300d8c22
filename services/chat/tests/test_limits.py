"""Each limit on both sides: what is just allowed, what is one too many, its code and its metric.

The list of all is in ``services/systemtests/README.md``.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest
from websockets.asyncio.client import connect

from chat.testing import MemoryHistory
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import Frame, Talker, talking

Try = Callable[[Talker, int], Awaitable[Frame]]
EMOJIS = "👍🎈🐛🍏🌍🔥🎉"


def value(served: RunningChat, name: str) -> float:
    """A metric as it is told."""
    lines = generate_latest(served.chat.registry).decode().splitlines()
    (line,) = [line for line in lines if line.startswith(name + " ")]
    return float(line.rpartition(" ")[2])


async def text_of(ada: Talker, size: int) -> Frame:
    return await ada.post("c", "é" * (size // 2) + "x" * (size % 2))


async def cid_of(ada: Talker, size: int) -> Frame:
    return await ada.post("c" * size)


async def page_of(ada: Talker, size: int) -> Frame:
    return await ada.history(limit=size)


async def rooms(ada: Talker, count: int) -> Frame:
    return [await ada.join(f"room{number}") for number in range(count)][-1]


async def posts(ada: Talker, count: int) -> Frame:
    return [await ada.post(f"c{number}") for number in range(count)][-1]


async def emoji_of(ada: Talker, size: int) -> Frame:
    assert size % 4 == 0
    return await react(ada, await message(ada), "👍" * (size // 4))


async def emojis(ada: Talker, count: int) -> Frame:
    position = await message(ada)
    return [await react(ada, position, emoji) for emoji in EMOJIS[:count]][-1]


async def edits(ada: Talker, count: int) -> Frame:
    position = await message(ada)
    edit = {"room": "lobby", "position": position}
    answers = [await ada.ask("edit", "ack", **edit, text=f"{n}", cid=f"e{n}") for n in range(count)]
    return answers[-1]


async def message(ada: Talker) -> str:
    return str((await ada.post("target"))["position"])


async def react(ada: Talker, position: str, emoji: str) -> Frame:
    fields = {"room": "lobby", "position": position, "emoji": emoji}
    return await ada.ask("react", "ack", **fields, on=True, cid=f"r{emoji}"[:64])


@pytest.mark.parametrize(
    ("attempt", "most", "more", "code", "settings"),
    [
        pytest.param(text_of, 4_096, 4_097, "text_too_long", {}, id="text"),
        pytest.param(cid_of, 64, 65, "bad_cid", {}, id="cid"),
        pytest.param(cid_of, 1, 0, "bad_cid", {}, id="no cid"),
        pytest.param(page_of, 100, 101, "bad_limit", {}, id="page"),
        pytest.param(page_of, 1, 0, "bad_limit", {}, id="empty page"),
        pytest.param(rooms, 20, 21, "too_many_rooms", {}, id="rooms"),
        pytest.param(rooms, 3, 4, "channels", {"channels": 3}, id="channels"),
        pytest.param(posts, 20, 21, "rate_limited", {"posts_per_second": 0.001}, id="posts"),
        pytest.param(emoji_of, 32, 36, "bad_emoji", {}, id="an emoji's bytes"),
        pytest.param(emojis, 5, 6, "too_many_emojis", {"emojis": 5}, id="emojis"),
        pytest.param(edits, 4, 5, "too_many_edits", {"edits": 4}, id="edits"),
    ],
)
async def test_a_frame_at_its_limit_is_taken_and_one_beyond_is_refused_and_counted(
    attempt: Try,
    most: int,
    more: int,
    code: str,
    settings: dict[str, Any],
) -> None:
    metric = f'chat_errors_total{{code="{code}"}}'
    for asked, refused in ((most, False), (more, True)):
        async with running_chat(
            MemoryBroker(), MemoryHistory(), limit_loopback=True, **settings
        ) as served:
            async with talking(served.socket, name="ada") as ada:
                await served.wait_projected()
                answer = await attempt(ada, asked)
                assert (answer["type"] == "error") is refused, answer
                assert answer.get("code") == (code if refused else None)
                assert value(served, metric) == refused
                assert ada.code is None


async def test_the_third_bad_frame_within_ten_seconds_is_the_last(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history) as served, talking(served.socket) as ada:
        for count in (1, 2):
            assert (await ada.ask("dance"))["code"] == "bad_frame"
            assert value(served, 'chat_errors_total{code="bad_frame"}') == count
        assert (await ada.join())["type"] == "joined"
        await ada.say("dance")
        assert await ada.wait_closed() == 4501
        await wait_until(lambda: value(served, 'chat_ended_total{by="bad_frames"}') == 1)


@pytest.mark.parametrize(("refused", "ended"), [(4, False), (5, True)])
async def test_so_many_posts_may_be_refused_for_their_rate_and_one_more_ends_the_connection(
    broker: MemoryBroker, history: MemoryHistory, refused: int, *, ended: bool
) -> None:
    settings: dict[str, Any] = {"posts_burst": 1, "posts_per_second": 0.0001, "posts_refused": 5}
    settings["posts_refused_within"] = timedelta(hours=1)
    async with running_chat(broker, history, limit_loopback=True, **settings) as served:
        async with talking(served.socket, name="ada") as ada:
            assert (await ada.post("first"))["type"] == "ack"
            for number in range(refused):
                await ada.say("post", room="lobby", cid=f"c{number}", text="again")
            told = await ada.wait_for("error", count=refused)
            assert [error["code"] for error in told] == ["rate_limited"] * refused
            assert value(served, 'chat_errors_total{code="rate_limited"}') == refused
            if ended:
                assert (await ada.wait_closed(), ada.socket.close_reason) == (4029, "rate")
                await wait_until(lambda: value(served, 'chat_ended_total{by="rate"}') == 1)
            else:
                assert (await ada.join())["type"] == "joined"
                assert value(served, 'chat_ended_total{by="rate"}') == 0
        async with talking(served.socket, name="ada") as again:
            assert (await again.post("c9"))["code"] == "rate_limited"


async def test_typing_is_passed_on_once_in_three_seconds(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history) as served, talking(served.socket) as ada:
        await ada.join()
        await ada.say("typing", room="lobby")
        await ada.wait_for("typing")
        assert value(served, "chat_typing_dropped_total") == 0
        await ada.say("typing", room="lobby")
        await wait_until(lambda: value(served, "chat_typing_dropped_total") == 1)
        assert not ada.all("error")


@pytest.mark.parametrize(
    ("reason", "settings"),
    [
        ("full", {"connections": 2}),
        ("per_ip", {"connections_per_ip": 2}),
        ("rate", {"admissions_burst": 2, "admissions_per_second": 0.001}),
    ],
)
async def test_a_connection_too_many_is_turned_away_and_counted(
    broker: MemoryBroker, history: MemoryHistory, reason: str, settings: dict[str, Any]
) -> None:
    async with running_chat(broker, history, limit_loopback=True, **settings) as served:
        async with talking(served.socket) as one, talking(served.socket):
            async with connect(served.socket) as third:
                await third.wait_closed()
                assert (third.close_code, third.close_reason) == (1013, reason)
            assert value(served, f'chat_admission_refused_total{{reason="{reason}"}}') == 1
            assert (await one.join())["type"] == "joined"


@pytest.mark.parametrize(("missed", "resumed"), [(10, True), (11, False)])
async def test_a_resume_replays_so_much_and_beyond_it_is_a_gap(
    broker: MemoryBroker, history: MemoryHistory, missed: int, *, resumed: bool
) -> None:
    # Two of them lie in the ring; those cost nobody a read.
    async with running_chat(broker, history, replay=8, ring_entries=2) as served:
        async with talking(served.socket) as ada, talking(served.socket) as bob:
            first = (await ada.post("c0"))["position"]
            await ada.post_all(1, missed)
            joined = await bob.join(after=first)
            assert joined["resumed"] is resumed
            if resumed:
                await wait_until(lambda: len(bob.seen()) == missed)
            else:
                assert (await bob.wait_for("gap"))[0]["reason"] == "too_far"
            assert value(served, 'chat_gaps_total{reason="too_far"}') == (not resumed)
