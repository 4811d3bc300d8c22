"""What presence costs: ``python -m systemtests.presence_cost``, over a Valkey of its own."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from chat.attendance import PAGE
from chat.presence import Changes, pages
from chat.redis_presence import RedisPresence, connect
from chat.testing import MemoryHistory
from chat.testing.dialog import Dialog
from infra.servers import NatsServer, ValkeyServer
from realtime.nats import connect as connect_broker
from realtime.testing import MemorySink, wait_until
from systemtests.running_chat import chat_parts
from systemtests.valkey import redis

LEASE: Final = timedelta(seconds=60)
MEMBERS: Final = 10_000
JOINS: Final = 1_000


async def _server_seconds(server: ValkeyServer) -> float:
    async with redis(server) as client:
        facts = await client.info("cpu")
    return float(facts["used_cpu_user"]) + float(facts["used_cpu_sys"])


@asynccontextmanager
async def _measured(what: str, server: ValkeyServer, *, times: int = 1) -> AsyncIterator[None]:
    at_server, here, began = await _server_seconds(server), time.process_time(), time.monotonic()
    yield
    took, here = time.monotonic() - began, time.process_time() - here
    at_server = await _server_seconds(server) - at_server
    each = f"{took / times * 1e6:>9.0f} µs each" if times > 1 else " " * 17
    print(  # noqa: T201
        f"{what:<52} {took * 1e3:>8.1f} ms {each}"
        f"   CPU here {here * 1e3:>7.1f} ms, Valkey {at_server * 1e3:>7.1f} ms"
    )


def _crowd(count: int, *, room: str = "crowd", first: int = 0) -> dict[str, Changes]:
    return {room: Changes({f"user{number:06}" for number in range(first, first + count)})}


async def _write(store: RedisPresence, changes: Mapping[str, Changes]) -> None:
    for page in pages(changes, size=PAGE):
        await store.write(page)


async def _repeat(times: int, call: Callable[[], Awaitable[object]]) -> None:
    for _ in range(times):
        await call()


async def _of_the_store(server: ValkeyServer) -> None:
    async with connect(server.url, lease=LEASE) as one, connect(server.url, lease=LEASE) as two:
        await one.begin()
        await two.begin()
        async with _measured(f"write {JOINS} joins of one room", server):
            await _write(one, _crowd(JOINS))
        await _write(one, _crowd(MEMBERS - JOINS, first=JOINS))
        singles = iter(_crowd(JOINS, first=MEMBERS)["crowd"].joined)
        async with _measured(f"one more, in a room of {MEMBERS}", server, times=JOINS):
            await _repeat(JOINS, lambda: two.write({"crowd": Changes({next(singles)})}))
        async with _measured(f"first 200 and count of {MEMBERS + JOINS}", server, times=JOINS):
            await _repeat(JOINS, lambda: two.roster("crowd"))
        rooms = [f"room{number}" for number in range(1_000)]
        async with _measured("beat, with the counts of 1000 rooms", server, times=100):
            await _repeat(100, lambda: two.beat(rooms))
        await one.resign()
        async with _measured(f"take out a dead replica's {MEMBERS}", server):
            while await two.reap():
                pass


async def _of_a_chat(server: ValkeyServer, broker_url: str) -> None:
    async with (
        connect_broker(broker_url, name="cost") as broker,
        connect(server.url, lease=LEASE) as store,
        chat_parts(broker, MemoryHistory(), presence=store, presence_ttl=120) as chat,
    ):
        attendance = chat.replica.attendance
        for crowd in (0, MEMBERS):
            for number in range(crowd):
                attendance.enter("hall", f"user{number:06}")
            await wait_until(lambda: not attendance._pending and not attendance._writing)
            talks = [Dialog(chat.replica, MemorySink(), name="g", session="") for _ in range(JOINS)]
            room = f"a room of {crowd}"
            async with _measured(f"{JOINS} sessions join {room}", server, times=JOINS):
                for talk in talks:
                    await talk.join("hall")
            async with _measured("… and everybody is told", server):
                await wait_until(lambda talk=talks[-1]: talk.all("presence"))
            for talk in talks:
                await talk.say("leave", room="hall")


async def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as directory,
        ValkeyServer(Path(directory) / "valkey") as valkey,
        NatsServer(Path(directory) / "nats") as nats,
    ):
        await _of_the_store(valkey)
        await _of_a_chat(valkey, nats.url)


if __name__ == "__main__":
    asyncio.run(main())
