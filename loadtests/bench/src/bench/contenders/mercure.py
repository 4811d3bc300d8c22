"""Mercure: a hub for Server-Sent Events in Go, published to by HTTP."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench import messages, wires
from bench.contenders.contender import Place, Wire
from bench.pinned import Command
from bench.running import Audience, Publication, Running
from bench.slots import SEQUENCE, TIME_S, TIME_US
from infra.ports import LOOPBACK, free_port
from infra.servers import probes

_KEY: Final = "a key of at least 32 bytes, only for this run"


@dataclass(frozen=True, slots=True)
class Mercure:
    """One process, in memory, one core."""

    name: str = "mercure"
    title: str = "Mercure"
    wire: Wire = Wire.SSE

    def missing(self, installed: Path) -> str | None:
        """Without its program."""
        if not _program(installed).is_file():
            return "mercure is not installed (loadtests/bench/install-contenders)"
        return None

    def version(self, installed: Path) -> str:
        """As it was asked for when it was built."""
        return f"Mercure {_program(installed).with_suffix('.version').read_text().strip()}"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it."""
        port = free_port()
        command: tuple[str, ...] = (str(_program(place.installed)), "--addr", f"{LOOPBACK}:{port}")
        command += ("--jwt-key", _KEY, "--allow-anonymous", "--transport-url", "local://local")
        command += ("--write-timeout", "0s", "--dispatch-timeout", "0s")
        ready = probes.tcp(LOOPBACK, port)
        with Command(
            self.name, place.directory, command, core=place.cores.server, ready=ready
        ) as server:
            yield Running(
                leader=server.pid,
                audience=Audience(
                    port=port,
                    request=wires.event_stream("/.well-known/mercure?topic=bench"),
                    ready=":\n",
                ),
                publication=Publication(
                    port=port,
                    message=wires.post("/.well-known/mercure", _form(), _headers()),
                ),
            )


def _form() -> str:
    # The publisher fills the slots in as they stand: they must survive the quoting.
    return f"topic=bench&data={quote(messages.pack(), safe='<>' + TIME_US + TIME_S + SEQUENCE)}"


def _headers() -> dict[str, str]:
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Bearer {_token()}",
    }


def _token() -> str:
    """A JSON Web Token (RFC 7519) that allows to publish everything."""
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"mercure":{"publish":["*"]}}')
    signed = ".".join(_b64(part) for part in parts)
    return f"{signed}.{_b64(hmac.digest(_KEY.encode(), signed.encode(), hashlib.sha256))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _program(installed: Path) -> Path:
    return installed / "bin" / "mercure"
