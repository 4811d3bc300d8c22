"""What is looked at again and again: of processes by the kernel, of servers by themselves."""

import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from bench.admin import metric
from bench.proc import resident_bytes, session_pids
from soak.stack import Counted, Stack

MEMORY: Final = "memory"
FILES: Final = "files"
TASKS: Final = "tasks"
SUBSCRIPTIONS: Final = "subscriptions"
KEYS: Final = "keys"
_MIB: Final = 1024**2
_PATIENCE: Final = 5.0
_LOAD_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.2

Gauge = tuple[str, str]
"""What is counted, and of whom."""


def look(stack: Stack) -> dict[Gauge, float]:
    """Every gauge, now; one that can't be had at this moment is left out."""
    found: dict[Gauge, float] = {}
    for server in (stack.feed, stack.chat, stack.edge, stack.nats, stack.valkey):
        found[MEMORY, server.name] = resident_bytes(server.pid) / _MIB
    for service in (stack.feed, stack.chat):
        with suppress(OSError, ValueError, LookupError):
            found[TASKS, service.name] = _tasks(service)
            found[FILES, service.name] = _files(service) - _connections(service)
    with suppress(OSError, ValueError, KeyError):
        found[SUBSCRIPTIONS, "nats"] = _subscriptions(stack.nats.monitor_url)
    with suppress(OSError, ValueError):
        found[KEYS, "valkey"] = _keys(stack.valkey.port)
    return found


def wait_for_load(stack: Stack) -> None:
    """Return once somebody is there: locust takes its time to begin.

    Raises:
        TimeoutError: nobody comes.
    """
    deadline = time.monotonic() + _LOAD_SECONDS
    while not all(map(_connections, (stack.feed, stack.chat))):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_POLL_SECONDS)


def watch(
    stack: Stack, *, every: float, until: float
) -> Iterator[tuple[float, dict[Gauge, float]]]:
    """Look every so many seconds, until a moment of `time.monotonic`."""
    began = time.monotonic()
    due = began
    while due < until:
        time.sleep(max(0.0, due - time.monotonic()))
        yield time.monotonic() - began, look(stack)
        due = max(due + every, time.monotonic())


def _files(service: Counted) -> int:
    """Open descriptors."""
    return sum(
        len(list((Path("/proc") / str(pid) / "fd").iterdir())) for pid in session_pids(service.pid)
    )


def _connections(service: Counted) -> float:
    """Open streams or WebSockets: they come and go, and each is a descriptor."""
    return metric(service.service.admin_port, f"{service.name}_connections")


def _tasks(service: Counted) -> int:
    with socket.create_connection(("127.0.0.1", service.tasks_port), _PATIENCE) as line:
        return int(line.makefile("rb").readline())


def _subscriptions(url: str) -> float:
    with urllib.request.urlopen(f"{url}/varz", timeout=_PATIENCE) as answer:  # noqa: S310 - ours
        return float(json.load(answer)["subscriptions"])


def _keys(port: int) -> int:
    with socket.create_connection(("127.0.0.1", port), _PATIENCE) as line:
        line.sendall(b"DBSIZE\r\n")
        return int(line.makefile("rb").readline().removeprefix(b":"))
