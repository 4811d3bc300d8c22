"""``python -m systemtests.apart``: is one service as quick while the other has all it can do?

Feed and its crowd have one core, chat and its crowd the other; NATS is with the one that is
measured. In turns without and with the other's crowd, so that what else the machine does hits both
alike. Needs two cores that nobody else uses: printed, never asserted.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from infra.servers import NatsServer, Server, ServiceServer, ValkeyServer, chat_server, feed_server
from realtime.contracts import Record, encode_pack
from realtime.nats import connect
from realtime.subjects import SENSORS, sensor_subject
from realtime.testing import wait_until
from systemtests.chat_delay import Load, measure
from systemtests.delay import Delays
from systemtests.swarm import swarm_of

FEED_CORE: Final = 0
CHAT_CORE: Final = 1
ROUNDS: Final = 3
SECONDS: Final = 8.0
QUIET: Final = Load(members=50, rooms=5, rate=50.0, seconds=SECONDS)
CROWDS: Final = {"feed": 400, "chat": 400}
"""Streams at 100 readings/s; members in 4 rooms at 100 posts/s: more than a core can do."""


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started within has one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def start(stack: ExitStack, server: Server, core: int) -> None:
    """Start a server on a core."""
    with pinned(core):
        server.start_nowait()
    stack.callback(lambda: server.running and server.kill())


async def feed_delays(url: str, nats_url: str) -> list[float]:
    """Milliseconds from when each of 50 readings a second was due to its arrival."""
    delays: list[float] = []
    async with connect(nats_url, name="apart") as broker, swarm_of(url, 1, within=30) as (one,):
        await wait_until(lambda: broker.connected)
        name, run = "apart/quiet", f"{time.time_ns():x}"
        due: dict[int, float] = {}
        began = time.perf_counter() + 0.1

        async def watch() -> None:
            taken = 0
            while True:
                now = time.perf_counter()
                delays.extend((now - due[v]) * 1_000 for v in one.values[taken:] if v in due)
                taken = len(one.values)
                await asyncio.sleep(0.0005)

        watching = asyncio.create_task(watch())
        for number in range(int(50 * SECONDS)):
            at = began + number / 50
            await asyncio.sleep(max(at - time.perf_counter(), 0))
            due[number] = at
            pack = encode_pack([Record(n=name, v=float(number), t=time.time())])
            await broker.publish(sensor_subject(name), pack, message_id=f"{run}:{number}")
        await asyncio.sleep(1)
        watching.cancel()
    return delays


async def crowd(kind: str, url: str, nats_url: str) -> None:
    """Keep a service at the end of its core until killed."""
    if kind == "chat":
        await measure(url, Load(members=CROWDS[kind], rooms=4, rate=100.0, seconds=600.0))
        return
    async with connect(nats_url, name="crowd") as broker:
        await wait_until(lambda: broker.connected)
        await broker.ensure_stream(SENSORS)
        async with swarm_of(url + "?sensor=crowd/*", CROWDS[kind], within=60):
            for number in range(60_000):
                pack = encode_pack([Record(n="crowd/a", v=float(number), t=time.time())])
                await broker.publish(sensor_subject("crowd/a"), pack, message_id=f"c{number}")
                await asyncio.sleep(0.01)


@asynccontextmanager
async def crowded(kind: str, url: str, nats_url: str, core: int) -> AsyncIterator[None]:
    """The crowd as a process of its own, on its service's core."""
    with pinned(core):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "systemtests.apart", "--crowd", kind, url, nats_url
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def cpu_seconds(server: ServiceServer) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def compare(directory: Path, measured: str) -> None:
    """The measured one's p99 without and with the other's crowd."""
    with ExitStack() as stack:
        own, other = (FEED_CORE, CHAT_CORE) if measured == "feed" else (CHAT_CORE, FEED_CORE)
        nats, valkey = NatsServer(directory / "nats"), ValkeyServer(directory / "valkey")
        for store in (nats, valkey):
            start(stack, store, own)
            store.wait_ready()
        feed = feed_server(directory / "feed", nats_url=nats.url)
        posts = {"POSTS_BURST": "100000", "POSTS_PER_SECOND": "10000"}
        chat = chat_server(
            directory / "chat", nats_url=nats.url, redis_url=valkey.url, settings=posts
        )
        for server, core in ((feed, FEED_CORE), (chat, CHAT_CORE)):
            start(stack, server, core)
        for server in (feed, chat):
            await asyncio.to_thread(server.wait_ready)
        urls = {
            "feed": feed.url + "/readings",
            "chat": chat.url.replace("http", "ws") + "/ws",
        }
        busy, loaded = (chat, "chat") if measured == "feed" else (feed, "feed")

        async def p99() -> float:
            with pinned(own):
                if measured == "feed":
                    delays = await feed_delays(urls["feed"], nats.url)
                else:
                    delays = (await measure(urls["chat"], QUIET))[0].deliveries
            return Delays(sorted(delays)).percentile(99)

        alone, beside, used = [], [], []
        for _ in range(ROUNDS):
            alone.append(await p99())
            async with crowded(loaded, urls[loaded], nats.url, other):
                await asyncio.sleep(8)
                before, since = cpu_seconds(busy), time.perf_counter()
                beside.append(await p99())
                used.append((cpu_seconds(busy) - before) / (time.perf_counter() - since))
        one, two = statistics.median(alone), statistics.median(beside)
        print(  # noqa: T201
            f"{measured}: p99 {one:.1f} ms alone, {two:.1f} ms beside a {loaded} that takes"
            f" {statistics.median(used):.0%} of its core: {two / one:.2f} times"
            f" (alone {_list(alone)}; beside {_list(beside)})"
        )


def _list(milliseconds: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in milliseconds)


def main() -> int:
    """Measure both ways and print."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.apart", description=__doc__)
    parser.add_argument("--crowd", nargs=3, metavar=("KIND", "URL", "NATS_URL"))
    given = parser.parse_args()
    if given.crowd:
        asyncio.run(crowd(*given.crowd))
        return 0
    if len(os.sched_getaffinity(0)) <= CHAT_CORE:
        print("this needs two cores", file=sys.stderr)  # noqa: T201
        return 1
    for measured in ("chat", "feed"):
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(compare(Path(directory), measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
