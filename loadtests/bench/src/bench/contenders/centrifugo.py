"""Centrifugo: its WebSocket protocol in JSON, published to by its HTTP API."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import messages, wires
from bench.contenders.contender import Place, Wire
from bench.pinned import Command
from bench.running import Audience, Publication, Running
from infra.ports import LOOPBACK, free_port
from infra.servers import probes

_CONF: Final = {
    "token_hmac_secret_key": "only-for-this-run",
    "api_key": "only-for-this-run",
    "allow_anonymous_connect_without_token": True,
    "allow_subscribe_for_anonymous": True,
    "allow_subscribe_for_client": True,
    "client_channel_limit": 10,
    "log_level": "error",
}
_JOIN: Final = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"bench"}}'


@dataclass(frozen=True, slots=True)
class Centrifugo:
    """One process, in memory, one core."""

    name: str = "centrifugo"
    title: str = "Centrifugo, WebSocket"
    wire: Wire = Wire.WEBSOCKET

    def missing(self, installed: Path) -> str | None:
        """Without its program."""
        if not _program(installed).is_file():
            return "centrifugo is not installed (loadtests/bench/install-contenders)"
        return None

    def version(self, installed: Path) -> str:
        """As it was asked for when it was built."""
        return f"Centrifugo {_program(installed).with_suffix('.version').read_text().strip()}"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it."""
        port = free_port()
        conf = place.directory / "centrifugo.json"
        conf.write_text(json.dumps(_CONF), encoding="utf-8")
        command: tuple[str, ...] = (
            str(_program(place.installed)),
            "-c",
            str(conf),
            "-p",
            str(port),
        )
        command += ("-a", LOOPBACK)
        ready = probes.tcp(LOOPBACK, port)
        body = f'{{"channel":"bench","data":{messages.message()}}}'
        headers = {"X-API-Key": "only-for-this-run", "Content-Type": "application/json"}
        with Command(
            self.name, place.directory, command, core=place.cores.server, ready=ready
        ) as server:
            yield Running(
                leader=server.pid,
                audience=Audience(
                    port=port,
                    request=wires.upgrade("/connection/websocket"),
                    websocket=True,
                    join=wires.text_frame(_JOIN),
                    ready='"id":2,"subscribe"',
                ),
                publication=Publication(
                    port=port, message=wires.post("/api/publish", body, headers)
                ),
            )


def _program(installed: Path) -> Path:
    return installed / "bin" / "centrifugo"
