"""A broker, a feed and an edge, fresh for each trial, and what they use of the machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from bench import proc
from bench.cores import Cores
from bench.pinned import Pinned
from infra.servers import EdgeServer, NatsServer, feed_server

# Drains are not what is measured: let the end of a trial be quick. A storm is, so let it in.
_SETTINGS: Final = {
    "DRAIN_WINDOW": "0.1",
    "LOG_LEVEL": "warning",
    "CONNECTIONS": "20000",
    "ADMISSIONS_PER_SECOND": "20000",
    "ADMISSIONS_BURST": "20000",
}
_START: Final = timedelta(seconds=60)
_NOWHERE: Final = "127.0.0.1:9"
_NS: Final = 1e9


class Used(NamedTuple):
    """Seconds of processor time, by server."""

    feed: float
    edge: float

    def since(self, before: "Used") -> "Used":
        """What was added."""
        return Used(self.feed - before.feed, self.edge - before.edge)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a trial takes place; the leaders are of the servers' sessions."""

    nats_port: int
    edge_port: int
    feed_leader: int
    edge_leader: int

    def used(self) -> Used:
        """Processor time so far."""
        return Used(run_seconds(self.feed_leader), run_seconds(self.edge_leader))

    def resident(self) -> tuple[int, int]:
        """Resident bytes of feed and edge."""
        return proc.resident_bytes(self.feed_leader), proc.resident_bytes(self.edge_leader)


def run_seconds(leader: int) -> float:
    """Time that a session's threads ran, to the nanosecond: the clock's ticks are too coarse here.

    The first figure of `/proc/PID/task/TID/schedstat` (Documentation/scheduler/sched-stats).
    """
    total = 0
    for pid in proc.session_pids(leader):
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(task.read_text().split()[0])
    return total / _NS


@contextmanager
def staged(directory: Path, cores: Cores, dashboard: Path) -> Iterator[Stage]:
    """Start them; feed and edge share the server's core, the broker has the client's."""
    with ExitStack() as stack:
        nats = NatsServer(directory / "nats")
        _start(stack, Pinned(nats, cores.client))
        service = feed_server(directory / "feed", nats_url=nats.url, settings=_SETTINGS)
        feed = _start(stack, Pinned(service, cores.server))
        address = service.address
        front = EdgeServer(
            directory / "edge",
            feed=(address,),
            chat=(_NOWHERE,),
            dashboard=dashboard,
            ready_paths=("/feed/sensors",),
        )
        edge = _start(stack, Pinned(front, cores.server))
        yield Stage(nats.port, front.port, feed.pid, edge.pid)


def _start(stack: ExitStack, server: Pinned) -> Pinned:
    """On a machine that others use too it takes its time."""
    server.start(within=_START)
    stack.push(server)
    return server
