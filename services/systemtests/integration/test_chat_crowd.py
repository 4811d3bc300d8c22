"""Many people in many rooms over two replicas: nothing lost, nothing twice, one order for all."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from chat.redis_history import connect
from infra.servers import NatsServer, ValkeyServer
from realtime.nats import connect as connect_broker
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import Talker, offset_of, talking
from systemtests.valkey import empty
from systemtests.writers import Writer, judge_room

SEED = 20_261_123


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@asynccontextmanager
async def replica(nats: NatsServer, valkey: ValkeyServer) -> AsyncIterator[RunningChat]:
    async with (
        connect_broker(nats.url, name="test") as broker,
        connect(valkey.url, keep=100_000, age=timedelta(days=1)) as history,
        running_chat(broker, history, posts_burst=1_000_000, connections=10_000) as running,
    ):
        yield running


@pytest.fixture
async def replicas(
    nats: NatsServer, valkey: ValkeyServer
) -> AsyncIterator[tuple[RunningChat, RunningChat]]:
    await empty(valkey)
    async with replica(nats, valkey) as one, replica(nats, valkey) as two:
        yield one, two


@pytest.mark.parametrize(
    ("rooms", "writers", "posts"),
    [
        pytest.param(8, 5, 10, id="short"),
        pytest.param(50, 10, 20, id="whole", marks=[pytest.mark.whole, pytest.mark.timeout(500)]),
    ],
)
async def test_all_members_of_every_room_see_the_same_rising_positions(
    replicas: tuple[RunningChat, RunningChat], rooms: int, writers: int, posts: int
) -> None:
    urls = [running.socket for running in replicas]
    crowd = {
        f"room{room}-{rooms}": [
            Writer(f"r{room}w{number}", f"room{room}-{rooms}", urls, random.Random(SEED + room))  # noqa: S311 - reproducible
            for number in range(writers)
        ]
        for room in range(rooms)
    }
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for members in crowd.values():
            barrier = asyncio.Barrier(len(members))
            for writer in members:
                group.create_task(writer.write(posts, cut_every=8, joined=barrier))
    wrote = time.monotonic() - began
    for members in crowd.values():
        last = max(offset for writer in members for offset in writer.acked.values())
        await asyncio.gather(*(writer.listen_until(last) for writer in members))
        assert sum(len(writer.acked) for writer in members) == writers * posts
        assert judge_room(members).clean, judge_room(members)
        orders = {tuple(writer.seen) for writer in members}
        assert len(orders) == 1
        assert not any(writer.gaps or writer.contradictions for writer in members)
    everybody = [writer for members in crowd.values() for writer in members]
    reconnects = sum(writer.connections - 1 for writer in everybody)
    assert reconnects > rooms
    print(f"{rooms * writers * posts} posts, {reconnects} reconnects, {wrote:.1f} s")  # noqa: T201


async def post(talkers: list[Talker], cid: str, *, retries: int, chance: random.Random) -> int:
    """Post, and send it again over any replica, waiting for the answers or not; the position."""
    tries = [chance.choice(talkers) for _ in range(retries + 1)]
    if chance.random() < 0.5:
        answers = [await talker.post(cid, cid, room="retried") for talker in tries]
    else:
        marks = [len(talker.frames) for talker in tries]
        for talker in tries:
            await talker.say("post", room="retried", cid=cid, text=cid)
        answers = []
        for talker, mark in zip(tries, marks, strict=True):
            found = await talker.wait_for("ack", "error", count=tries.count(talker), since=mark)
            answers += found
    assert {answer["type"] for answer in answers} == {"ack"}, answers
    assert {answer["cid"] for answer in answers} == {cid}
    offsets = {offset_of(answer) for answer in answers}
    assert len(offsets) == 1, answers
    return offsets.pop()


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(1_000, id="short"),
        pytest.param(10_000, id="whole", marks=[pytest.mark.whole, pytest.mark.timeout(500)]),
    ],
)
async def test_posts_that_are_retried_over_other_replicas_are_in_history_once(
    replicas: tuple[RunningChat, RunningChat], count: int
) -> None:
    one, two = replicas
    positions: dict[str, int] = {}
    people = 10
    retried = 0

    async def person(number: int) -> None:
        nonlocal retried
        chance = random.Random(SEED + number)  # noqa: S311 - reproducible
        name = f"p{number}c{count}"
        async with talking(one.socket, name=name) as here, talking(two.socket, name=name) as there:
            assert here.user == there.user == name
            for turn in range(count // people):
                retries = chance.randint(1, 3) if chance.random() < 0.3 else 0
                retried += bool(retries)
                cid = f"{name}:{turn}"
                positions[cid] = await post([here, there], cid, retries=retries, chance=chance)
                here.frames.clear()
                there.frames.clear()

    before = await one.wait_history("retried")
    await asyncio.gather(*(person(number) for number in range(people)))
    assert 0.25 < retried / count < 0.35
    for running in replicas:
        stored = (await running.wait_history("retried"))[len(before) :]
        assert {message["cid"]: offset_of(message) for message in stored} == positions
        assert len(stored) == len(set(positions.values())) == count
