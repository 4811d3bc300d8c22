"""A running process near the end of its descriptors."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.servers import Server


def open_descriptors(server: Server) -> int:
    """How many it has open."""
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def leave_room(server: Server, connections: int, *, spare: int) -> None:
    """Let the running process open so many more before it comes to what it spares."""
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    soft = open_descriptors(server) + spare + connections
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def little_room(server: Server, connections: int, *, spare: int) -> Iterator[None]:
    """As `leave_room`, while the context lasts."""
    before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    leave_room(server, connections, spare=spare)
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)


def missing() -> str:
    """Why the limit of another process can't be set here; empty where it can."""
    return "" if hasattr(resource, "prlimit") else "limits of other processes take Linux"
