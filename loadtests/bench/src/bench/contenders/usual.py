"""The usual way in Python: sse-starlette, and Starlette's WebSocket, one queue per subscriber."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench import messages, wires
from bench.contenders.contender import Place, Wire
from bench.pinned import Command
from bench.running import Audience, Publication, Running
from infra.ports import LOOPBACK, free_port
from infra.servers import probes


@dataclass(frozen=True, slots=True)
class SseStarlette:
    """sse-starlette: an event object and a queue per subscriber."""

    name: str = "sse-starlette"
    title: str = "sse-starlette, event and queue per subscriber"
    wire: Wire = Wire.SSE

    def missing(self, installed: Path) -> str | None:  # noqa: ARG002 - the port's
        """Never: it is part of the environment."""
        return None

    def version(self, installed: Path) -> str:  # noqa: ARG002 - the port's
        """Its package's."""
        return f"sse-starlette {version('sse-starlette')}, uvicorn {version('uvicorn')}, uvloop"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it."""
        with _uvicorn(self.name, place, "bench.apps.usual_sse") as (server, port):
            yield Running(
                leader=server.pid,
                audience=Audience(
                    port=port, request=wires.event_stream("/readings"), ready="event: hello"
                ),
                publication=Publication(port=port, message=wires.post("/", messages.pack())),
            )


@dataclass(frozen=True, slots=True)
class StarletteWebSocket:
    """Starlette's WebSocket: a queue and a task per member, JSON made for each."""

    name: str = "starlette-ws"
    title: str = "Starlette WebSocket, queue and task per member"
    wire: Wire = Wire.WEBSOCKET

    def missing(self, installed: Path) -> str | None:  # noqa: ARG002 - the port's
        """Never: it is part of the environment."""
        return None

    def version(self, installed: Path) -> str:  # noqa: ARG002 - the port's
        """Its package's."""
        return f"starlette {version('starlette')}, websockets {version('websockets')}, uvloop"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it."""
        with _uvicorn(self.name, place, "bench.apps.usual_ws") as (server, port):
            yield Running(
                leader=server.pid,
                audience=Audience(
                    port=port, request=wires.upgrade("/ws"), websocket=True, ready='"joined"'
                ),
                publication=Publication(port=port, message=wires.post("/", messages.message())),
            )


@contextmanager
def _uvicorn(name: str, place: Place, app: str) -> Iterator[tuple[Command, int]]:
    port = free_port()
    command: tuple[str, ...] = (sys.executable, "-m", "uvicorn", f"{app}:app", "--port", str(port))
    command += ("--loop", "uvloop", "--no-access-log", "--log-level", "warning")
    command += ("--backlog", "4096", "--timeout-graceful-shutdown", "1")
    if "ws" in name:
        # As this chat has it: deflate off.
        command += ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
    ready = probes.tcp(LOOPBACK, port)
    with Command(name, place.directory, command, core=place.cores.server, ready=ready) as server:
        yield server, port
