"""Real servers, right ones and wrong ones, for whole runs of `make load`."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from infra.repository import ROOT
from infra.servers import (
    EdgeServer,
    NatsServer,
    ServiceServer,
    ValkeyServer,
    chat_server,
    feed_server,
    producer_server,
)
from seeds.buffering import BufferingEdge
from seeds.ways import late, lossy

LATE_SECONDS: Final = 0.5
_PATIENCE: Final = timedelta(seconds=90)

_PATIENT = """
[times]
"SSE event delay" = { p99 = 60000 }
[failures]
[generator]
late = 1.0
cpu = 2.0
"""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Addresses of edges: a right one, and one before each kind of wrong."""

    right: str
    slow: str
    late: str
    lossy: str
    buffering: str


@dataclass(frozen=True, slots=True)
class Run:
    """How `make load` ended."""

    status: int
    said: str
    results: Path


@contextmanager
def running_fleet(directory: Path) -> Iterator[Fleet]:
    """All of them, on one broker, while the context lasts."""
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(directory / "nats"))
        valkey = stack.enter_context(ValkeyServer(directory / "valkey"))
        drain = {"DRAIN_WINDOW": "0.2"}
        feed = feed_server(directory / "feed", nats_url=nats.url, settings=drain)
        seldom = {**drain, "FLUSH": "1"}
        slow = feed_server(directory / "slow", nats_url=nats.url, settings=seldom)
        chat = chat_server(
            directory / "chat", nats_url=nats.url, redis_url=valkey.url, settings=drain
        )
        producer = producer_server(
            directory / "producer",
            nats_url=nats.url,
            settings={"SOURCES": "simulate", "RATE_HZ": "1"},
        )
        _start(stack, (feed, slow, chat, producer))
        waiting = stack.enter_context(late(feed.url, seconds=LATE_SECONDS))
        thieving = stack.enter_context(lossy(feed.url))

        def edge(name: str, at: str, kind: type[EdgeServer] = EdgeServer) -> str:
            server = kind(directory / name, feed=(at,), chat=(chat.address,), name=name)
            return stack.enter_context(server).url

        yield Fleet(
            right=edge("right", feed.address),
            slow=edge("slow-edge", slow.address),
            late=edge("late", waiting),
            lossy=edge("lossy", thieving),
            buffering=edge("buffering", feed.address, BufferingEdge),
        )


def _start(stack: ExitStack, servers: tuple[ServiceServer, ...]) -> None:
    # Started together: each takes a second or two to import.
    for server in servers:
        server.start_nowait()
        stack.callback(server.stop)
    for server in servers:
        server.wait_ready(within=_PATIENCE)


async def make_load(results: Path, host: str, *, args: str = "", **settings: str) -> Run:
    """Run `make load` as a person does; ``settings`` in capitals are make's."""
    given = {"USERS": "8", "RATE": "20", "DURATION": "10s", **settings}
    process = await asyncio.create_subprocess_exec(
        "make",
        "load",
        f"HOST={host}",
        f"RESULTS={results}",
        f"ARGS={args}",
        *(f"{name}={value}" for name, value in given.items()),
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "LOCUST_"))},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return Run(process.returncode or 0, said.decode(), results)


def patient(folder: Path) -> str:
    """A file of limits without times: a machine that does something else has none to show."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "patient.toml"
    path.write_text(_PATIENT, encoding="utf-8")
    return str(path)
