"""A feed with readings and a chat in this process, and an nginx before them, good or bad."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from chat.testing import MemoryHistory, MemoryStore
from doctor.examination import examine
from doctor.finding import Finding
from doctor.plan import Plan
from doctor.progress import Progress
from doctor.target import parse_target
from infra.servers import EdgeServer
from realtime.contracts import Record, encode_pack
from realtime.subjects import sensor_subject
from realtime.testing import MemoryBroker
from systemtests.inprocess import running_feed
from systemtests.running_chat import running_chat

IDLE = timedelta(seconds=6)
"""Longer than the shortest heartbeat of a feed (5 s)."""
Patches = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Services:
    """Addresses as an edge wants them."""

    feed: str
    chat: str


@contextlib.asynccontextmanager
async def services() -> AsyncIterator[Services]:
    """A feed that gets some readings a second, and a chat."""
    broker = MemoryBroker()
    async with (
        running_feed(broker) as feed,
        running_chat(MemoryBroker(), MemoryHistory(MemoryStore())) as chat,
    ):
        publishing = asyncio.create_task(_publish(broker))
        try:
            yield Services(feed.url.removeprefix("http://"), chat.url.removeprefix("http://"))
        finally:
            publishing.cancel()


async def _publish(broker: MemoryBroker) -> None:
    name, count = "bench/temperature", 0
    while True:
        count += 1
        pack = encode_pack([Record(n=name, u="Cel", v=float(count), t=time.time())])
        await broker.publish(sensor_subject(name), pack, message_id=str(count))
        await asyncio.sleep(0.3)


class PatchedEdge(EdgeServer):
    """Our edge with lines of its rendered files replaced."""

    patches: Patches = MappingProxyType({})

    def _write(self) -> None:
        super()._write()
        for name, replacements in self.patches.items():
            path = self.directory / name
            text = path.read_text()
            for old, new in replacements.items():
                assert old in text, f"{name} has no {old!r} any more"
                text = text.replace(old, new)
            path.write_text(text)


@contextlib.asynccontextmanager
async def nginx(
    folder: Path, dashboard: Path, behind: Services, patches: Patches
) -> AsyncIterator[EdgeServer]:
    """Our edge before ``behind``."""
    edge = PatchedEdge(folder, feed=(behind.feed,), chat=(behind.chat,), dashboard=dashboard)
    edge.patches = patches
    edge.start()
    try:
        yield edge
    finally:  # on a thread: what it carries ends only if the loop goes on
        await asyncio.to_thread(edge.stop)


async def examined(
    url: str, *, patience: float = 10, idle: timedelta = IDLE
) -> tuple[Finding, ...]:
    """The findings on ``url``."""
    plan = Plan(target=parse_target(url), idle=idle, patience=timedelta(seconds=patience))
    return await examine(plan, Progress(quiet=True))
