"""Node and its `ws`: the broadcast loop of the package's own manual."""

import json
import shutil
import subprocess
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

_PROGRAM: Final = Path(__file__).parents[1] / "apps" / "broadcast.cjs"


@dataclass(frozen=True, slots=True)
class NodeWs:
    """One process of Node; whoever publishes is a client too."""

    name: str = "node-ws"
    title: str = "Node ws, broadcast loop"
    wire: Wire = Wire.WEBSOCKET

    def missing(self, installed: Path) -> str | None:
        """Without node, or without the package."""
        if shutil.which("node") is None:
            return "node is not on PATH"
        if not _package(installed).is_file():
            return "ws is not installed (loadtests/bench/install-contenders)"
        return None

    def version(self, installed: Path) -> str:
        """Of both."""
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)  # noqa: S607 - the user's own
        package = json.loads(_package(installed).read_text(encoding="utf-8"))
        return f"node {node.stdout.strip()}, ws {package['version']}"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it."""
        port = free_port()
        with Command(
            self.name,
            place.directory,
            ("node", str(_PROGRAM), str(port)),
            core=place.cores.server,
            ready=probes.tcp(LOOPBACK, port),
            environment={"NODE_PATH": str(place.installed / "node" / "node_modules")},
        ) as server:
            yield Running(
                leader=server.pid,
                audience=Audience(
                    port=port, request=wires.upgrade("/"), websocket=True, ready="joined"
                ),
                publication=Publication(
                    port=port,
                    preamble=wires.upgrade("/publisher"),
                    answer="\r\n\r\n",
                    message=wires.text_frame(messages.message()),
                ),
            )


def _package(installed: Path) -> Path:
    return installed / "node" / "node_modules" / "ws" / "package.json"
