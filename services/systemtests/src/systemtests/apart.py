"""``python -m systemtests.apart``: is one service as quick while the other has all it can do?

Feed and its crowd have one core, chat and its crowd the other; NATS is with the one that is
measured. In turns alone, with the other's crowd, and with a loop on the other's core that computes
and shares nothing with us: what the loop costs, too, is the machine's. Needs two cores that nobody
else uses: printed, never asserted.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from bench import messages, wires
from bench.compiler import compiled
from bench.contenders.ours import members, posts, readings
from bench.folders import COMPILED
from bench.proc import core_time, cpu_time
from bench.publisher import Publisher
from bench.running import Audience
from bench.subscribers import Subscribers
from infra.servers import NatsServer, Server, ServiceServer, ValkeyServer, chat_server, feed_server
from realtime.contracts import Record, encode_pack
from realtime.nats import connect
from realtime.subjects import sensor_subject
from realtime.testing import wait_until
from systemtests.chat_delay import Load, measure
from systemtests.delay import Delays
from systemtests.replicas import metrics_of
from systemtests.swarm import swarm_of

FEED_CORE: Final = 0
CHAT_CORE: Final = 1
ROUNDS: Final = 5
SECONDS: Final = 8.0
QUIET: Final = Load(members=50, rooms=5, rate=50.0, seconds=SECONDS)
CROWD: Final = 2_000
RATE: Final = 50.0
"""Streams that hear so many readings a second, or members of one room that many messages: with
what hears them, about all that a core can do."""
LONG: Final = 600.0
"""Seconds; it is ended before."""


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


@contextmanager
def crowded(service: ServiceServer, nats: NatsServer, directory: Path, core: int) -> Iterator[None]:
    """A crowd in C, on its service's core: one in Python would need more of it than the service."""
    if service.name == "feed":
        request = wires.event_stream("/readings?sensor=bench-1/*")
        audience = Audience(port=service.port, request=request, ready="event: hello")
        publication = readings(nats.port, messages.pack())
    else:
        audience, publication = members(service.port), posts(nats.port)
    with ExitStack() as stack:
        with pinned(core):
            program = compiled("subscribers", COMPILED)
            crowd = stack.enter_context(Subscribers(program, audience, directory))
        crowd.connect(CROWD)
        program = compiled("publisher", COMPILED)
        publisher = Publisher(program, publication, directory, rate=RATE, count=round(RATE * LONG))
        with pinned(core):
            stack.enter_context(publisher)
        yield


@contextmanager
def looping(core: int) -> Iterator[None]:
    """Something on a core that has nothing to do with us."""
    with pinned(core):
        loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        loop.kill()
        loop.wait()


async def is_served(server: ServiceServer) -> bool:
    """Whether the crowd hears something."""
    found = await metrics_of(server)
    return found[f"{server.name}_deliveries_total"] > 10 * CROWD


async def compare(directory: Path, measured: str) -> None:
    """The measured one's p99 without and with the other's crowd."""
    with ExitStack() as stack:
        own, other = (FEED_CORE, CHAT_CORE) if measured == "feed" else (CHAT_CORE, FEED_CORE)
        nats, valkey = NatsServer(directory / "nats"), ValkeyServer(directory / "valkey")
        for store in (nats, valkey):
            start(stack, store, own)
            store.wait_ready()
        feed = feed_server(directory / "feed", nats_url=nats.url)
        fast = {"POSTS_BURST": "100000", "POSTS_PER_SECOND": "10000"}
        chat = chat_server(
            directory / "chat", nats_url=nats.url, redis_url=valkey.url, settings=fast
        )
        for server, core in ((feed, FEED_CORE), (chat, CHAT_CORE)):
            start(stack, server, core)
        for server in (feed, chat):
            await asyncio.to_thread(server.wait_ready)
        urls = {
            "feed": feed.url + "/readings",
            "chat": chat.url.replace("http", "ws") + "/ws",
        }
        busy = chat if measured == "feed" else feed

        async def p99() -> float:
            with pinned(own):
                if measured == "feed":
                    delays = await feed_delays(urls["feed"], nats.url)
                else:
                    delays = (await measure(urls["chat"], QUIET))[0].deliveries
            return Delays(sorted(delays)).percentile(99)

        alone: list[float] = []
        beside: list[float] = []
        control: list[float] = []
        used: list[float] = []
        full: list[float] = []
        for _ in range(ROUNDS):
            alone.append(await p99())
            with crowded(busy, nats, directory / f"crowd-{len(beside)}", other):
                await wait_until(lambda: is_served(busy), what="the crowd", within=120)
                before, since, ran = cpu_time(busy.pid), time.perf_counter(), core_time(other)
                beside.append(await p99())
                full.append(core_time(other).since(ran).busy_share)
                took = time.perf_counter() - since
                used.append(cpu_time(busy.pid).since(before).total / took)
            with looping(other):
                control.append(await p99())
        one, two, three = map(statistics.median, (alone, beside, control))
        print(  # noqa: T201
            f"{measured}: p99 {one:.1f} ms alone, {two:.1f} ms beside a {busy.name} that takes"
            f" {statistics.median(used):.0%} of its core, {statistics.median(full):.0%} with its"
            f" crowd: {two / one:.2f} times;"
            f" {three:.1f} beside a mere loop: {three / one:.2f} times"
            f" (alone {_list(alone)}; beside {_list(beside)}; loop {_list(control)})"
        )


def _list(milliseconds: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in milliseconds)


def main() -> int:
    """Measure both ways and print."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.apart", description=__doc__)
    parser.parse_args()
    if len(os.sched_getaffinity(0)) <= CHAT_CORE:
        print("this needs two cores", file=sys.stderr)  # noqa: T201
        return 1
    for measured in ("chat", "feed"):
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(compare(Path(directory), measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
