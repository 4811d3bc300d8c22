"""Serving an ASGI app so that a stop is a departure, not a cut.

uvicorn by itself closes every WebSocket at SIGTERM, tells streams nothing and waits for them for
ever. Here the connections leave first, by `Departures`, and uvicorn's own shutdown follows.
"""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn
import uvloop
from sse_starlette.sse import AppStatus

from realtime.collector import TracingMissingError
from realtime.http_protocol import ClientHttpProtocol, StreamHttpProtocol
from realtime.lifecycle import Departures
from realtime.ws_protocol import StreamWebSocketProtocol

BACKLOG: Final = 4_096
"""Linux caps the queue of connections not yet accepted at net.core.somaxconn, 4,096 by default."""
USER_TIMEOUT_MS: Final = 30_000
"""A peer that acknowledges nothing for so long is gone (TCP_USER_TIMEOUT, RFC 5482)."""
SEND_BUFFER_BYTES: Final = 128 * 1024
"""Kernel memory for one slow peer; without it a peer that never reads holds 2.8 MB."""
COLLECT_AFTER: Final = 10_000
"""Containers made and not freed before the youngest are looked through; Python's own is 700."""
GRACE: Final = timedelta(seconds=1)
"""After the departures: how long responses may take to end before they are cancelled."""

# Its import replaces uvicorn's signal handler and would end streams by itself.
AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class PortTakenError(OSError):
    """The address to listen on is in use, or not ours."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host = host
        self.port = port
        super().__init__(f"cannot listen on {host}:{port}: {reason}")


def open_listener(host: str, port: int) -> socket.socket:
    """Bind a listening socket whose accepted connections have bounded buffers and dead peers end.

    Raises:
        PortTakenError: in use, or not permitted.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(
        # With the protocol named, asyncio too sets TCP_NODELAY on what it accepts.
        family,
        socket.SOCK_STREAM,
        socket.IPPROTO_TCP,
    )
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTakenError(host, port, error.strerror or str(error)) from error
    listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
    return listener


class Server(uvicorn.Server):
    """uvicorn, but signals belong to whoever runs it and a shutdown begins with the departures."""

    def __init__(self, config: uvicorn.Config, departures: Departures | None = None) -> None:
        super().__init__(config)
        self._departures = departures

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: two servers run in one process, and clean-up follows both."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let everybody leave, then stop as uvicorn does."""
        if self._departures is not None:
            await self._departures.drain()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Begin to shut down."""
        self.should_exit = True


def make_server(
    app: Any,
    *,
    departures: Departures | None = None,
    trusted_proxies: str = "127.0.0.1",
    direct: bool = True,
) -> Server:
    """A server for ``app`` with the settings that streams need.

    ``direct`` lets streams write to their transports; without it they take the portable way.
    """
    # Whoever has departures has clients; probes and metrics are answered to the last.
    protocol = StreamHttpProtocol if departures is None else ClientHttpProtocol
    config = uvicorn.Config(
        app,
        # One line at the end of each connection is ours to write; this one would carry queries.
        access_log=False,
        log_config=None,
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=True,
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=int(GRACE.total_seconds()),
        http=protocol if direct else "httptools",
        ws=StreamWebSocketProtocol if direct else "websockets-sansio",
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        backlog=BACKLOG,
    )
    return Server(config, departures)


async def serve_until_stopped(
    main: Server,
    listener: socket.socket,
    *,
    admin: Server,
    admin_listener: socket.socket,
    background: list[Callable[[], Coroutine[Any, Any, None]]],
    departures: Departures,
) -> None:
    """Run two servers and the background tasks until SIGTERM or SIGINT; a second one hurries.

    The admin server ends last, so that probes are answered during the drain. A background task that
    ends takes the process with it: a service whose relay is dead only looks alive.
    """
    loop = asyncio.get_running_loop()

    def on_signal(_: int, __: FrameType | None) -> None:
        if main.should_exit:
            main.force_exit = True
            departures.hurry()
        main.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number, None)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_for_ever(part)) for part in background]
        tasks.append(group.create_task(admin.serve(sockets=[admin_listener])))
        await main.serve(sockets=[listener])
        admin.stop()
        for task in tasks[:-1]:
            task.cancel()


class BackgroundEndedError(RuntimeError):
    """A task that should run as long as the process has returned."""


async def _for_ever(part: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await part()
    raise BackgroundEndedError(getattr(part, "__qualname__", repr(part)))


def run(main: Coroutine[Any, Any, None]) -> int:
    """Run a service to its end on uvloop; returns the exit status."""
    raise_file_limit()
    spare_the_collector()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)
    except (PortTakenError, TracingMissingError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that a person should read
        return 1
    except BaseExceptionGroup as group:
        log.exception("died", error=str(group))
        return 1
    return 0


def spare_the_collector() -> None:
    """Let collections of garbage pass over what lives as long as the process.

    Modules, types and code are 88,000 objects: looking at all of them took 51 ms (2026-11-23), and
    a storm of connections makes it happen several times. Connections die by their counts of
    references, so it is enough to look for cycles seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def raise_file_limit() -> None:
    """Use all descriptors that we may: containers begin at 1,024 and Python doesn't raise it."""
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses "unlimited"
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
