"""``python -m systemtests.leaks.inspected PORT SERVICE [LEAK …]``: a service to be looked into.

A thread answers each connection to the port with one JSON line of what the process holds. With
names of leaks the service has these leaks: what watches for leaks must find them.
"""

import asyncio
import gc
import json
import os
import runpy
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final


def holdings() -> dict[str, int]:
    """What this process holds, after the collector has run."""
    gc.collect()
    objects = gc.get_objects()
    tasks = sum(isinstance(one, asyncio.Task) and not one.done() for one in objects)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "tasks": tasks,
        "fds": len(list(Path("/proc/self/fd").iterdir())) - _pooled(objects),
        "rss": pages * os.sysconf("SC_PAGE_SIZE"),
    }


def _pooled(objects: list[Any]) -> int:
    """Connections to the store: a pool keeps as many as were ever in use at one moment."""
    module = sys.modules.get("redis.asyncio.connection")
    if module is None:
        return 0
    kind = module.AbstractConnection
    return sum(isinstance(one, kind) and one.is_connected for one in objects)


def answer(port: int) -> None:
    """Tell whoever asks, for as long as the process lives."""
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(json.dumps(holdings()).encode())


_kept: Final[list[Any]] = []


def _at_every_connection(leak: Callable[[Any], None]) -> None:
    """Have ``leak`` called with each accepted connection's transport."""
    from realtime.transport import SinkForwarding  # noqa: PLC0415 - only where it is to leak

    patched: Any = SinkForwarding
    made = patched.connection_made

    def connection_made(self: Any, transport: Any) -> None:
        leak(transport)
        made(self, transport)

    patched.connection_made = connection_made


def leak_fd(transport: Any) -> None:
    """A descriptor of each connection stays open."""
    _kept.append(os.dup(transport.get_extra_info("socket").fileno()))


def leak_task(_: Any) -> None:
    """A task of each connection waits for ever."""
    _kept.append(asyncio.get_running_loop().create_task(asyncio.Event().wait()))


def leak_bytes(_: Any) -> None:
    """Each connection leaves 32 KiB."""
    _kept.append(os.urandom(32 * 1024))


def leak_slots() -> None:
    """Admission never gets a place back."""
    from realtime.admission import Admission  # noqa: PLC0415 - as above

    patched: Any = Admission
    patched.leave = lambda *_: None


def leak_subscriptions() -> None:
    """Each connection leaves a subscription with the broker."""
    from realtime.nats import NatsBroker  # noqa: PLC0415 - as above

    patched: Any = NatsBroker
    made = patched.__init__

    def init(self: Any, **options: Any) -> None:
        made(self, **options)

        def subscribe(_: Any) -> None:
            asked = self._client.subscribe(f"leak.{len(_kept)}")
            _kept.append(asyncio.get_running_loop().create_task(asked))

        _at_every_connection(subscribe)

    patched.__init__ = init


LEAKS: Final[Mapping[str, Callable[[], None]]] = {
    "fds": lambda: _at_every_connection(leak_fd),
    "tasks": lambda: _at_every_connection(leak_task),
    "rss": lambda: _at_every_connection(leak_bytes),
    "slots": leak_slots,
    "subscriptions": leak_subscriptions,
}


def main() -> None:
    """Run the service."""
    port, service, *leak = sys.argv[1:]
    for name in leak:
        LEAKS[name]()
    threading.Thread(target=answer, args=(int(port),), daemon=True).start()
    sys.argv = [service]
    runpy.run_module(service, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
