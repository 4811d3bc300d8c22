"""The client behind the real edge: two replicas of everything, one of each killed in mid-flow."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from realtime.client import Chat, Feed, Gap, Message, Readings, Room, RoomGap
from realtime.nats import connect
from realtime.subjects import SENSORS
from realtime.testing import wait_until
from systemtests.ledger import Publisher
from systemtests.replicas import Replicas, running_replicas


@pytest.fixture
async def pairs(tmp_path: Path) -> AsyncIterator[Replicas]:
    async with running_replicas(tmp_path, 2, {"DRAIN_WINDOW": "0.5"}) as pairs:
        yield pairs


async def read_feed(feed: Feed, values: list[int], gaps: list[Gap]) -> None:
    async for event in feed:
        if isinstance(event, Readings):
            values += [int(record.v or 0) for record in event.records]
        elif isinstance(event, Gap):
            gaps.append(event)


async def read_room(room: Room, messages: list[Message]) -> None:
    while True:
        messages.append(await anext(room))


async def post_on(room: Room, acknowledged: dict[str, str]) -> None:
    number = 0
    while True:
        number += 1
        acknowledged[await room.post(str(number))] = str(number)


@pytest.mark.timeout(120)
async def test_killing_a_replica_of_each_while_reading_and_posting_costs_nothing(
    pairs: Replicas,
) -> None:
    values: list[int] = []
    gaps: list[Gap | RoomGap] = []
    told: list[Gap] = []
    messages: list[Message] = []
    acknowledged: dict[str, str] = {}
    url = pairs.edge.url
    async with (
        connect(pairs.nats.url, name="publisher") as broker,
        Feed(url + "/feed", on_gap=gaps.append) as feed,
        Chat(url + "/chat", name="ada", on_gap=gaps.append) as ada,
        Chat(url + "/chat", name="bob", on_gap=gaps.append) as bob,
    ):
        await wait_until(lambda: broker.connected)
        await broker.ensure_stream(SENSORS)
        publisher = Publisher(broker)
        await wait_until(lambda: feed.position is not None or feed.state == "live")
        hers, his = await ada.join("lobby"), await bob.join("lobby")
        tasks = [
            asyncio.create_task(read_feed(feed, values, told)),
            asyncio.create_task(read_room(his, messages)),
        ]
        posting = asyncio.create_task(post_on(hers, acknowledged))
        try:
            await wait_until(lambda: feed.position is not None)
            async with publisher.steadily():
                # One of each after the other: wherever the clients are, it is killed under them.
                for turn, victims in enumerate(zip(pairs.feeds, pairs.chats, strict=True)):
                    read, posted = len(values) + 50, len(acknowledged) + 20
                    await wait_until(lambda read=read: len(values) > read)
                    await wait_until(lambda posted=posted: len(acknowledged) > posted, within=20)
                    for victim in victims:
                        victim.kill()
                    read, posted = publisher.count + 50, len(acknowledged) + 20
                    await wait_until(lambda read=read: values[-1] > read, within=20)
                    await wait_until(lambda posted=posted: len(acknowledged) > posted, within=20)
                    if turn == 0:
                        started = [asyncio.to_thread(victim.start) for victim in victims]
                        await asyncio.gather(*started)
            last = max(publisher.acknowledged.values())
            await wait_until(lambda: values[-1] >= last)
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
            await wait_until(lambda: {message.at for message in messages} >= set(acknowledged))
        finally:
            for task in (*tasks, posting):
                task.cancel()
            await asyncio.gather(*tasks, posting, return_exceptions=True)
    # A reading that was on its way when publishing ended may be there; nothing else is.
    assert values == list(range(1, len(values) + 1))
    assert set(publisher.acknowledged.values()) <= set(values)
    assert len(values) <= publisher.count
    offsets = [message.position.offset for message in messages]
    assert offsets == sorted(set(offsets))
    confirmed = [(m.at, m.text) for m in messages if m.at in acknowledged]
    assert confirmed == list(acknowledged.items())
    # The same of the post that was on its way.
    assert len(messages) - len(acknowledged) in (0, 1)
    assert {message.user for message in messages} == {"ada"}
    assert not gaps
    assert not told
    assert feed.connections > 1
    assert ada.connections + bob.connections > 2
