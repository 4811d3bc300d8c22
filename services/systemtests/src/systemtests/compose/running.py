"""The compose file's services as processes of this machine, for where there is no Compose.

Each is run with its entry point, environment and configuration from the file; only addresses and
folders are those of a test. What is not tried this way are the containers themselves.
"""

import os
import re
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from infra.ports import LOOPBACK, free_ports
from infra.repository import INFRA
from infra.rights import NATS_RIGHTS
from infra.servers import Server, binaries, probes
from infra.servers.program import Program, inherited
from systemtests.compose import document
from systemtests.compose.document import Document
from systemtests.compose.names import names

_STARTS: Final = timedelta(seconds=60)
"""Three that import at once may take so long."""
_SERVICES: Final = ("producer", "feed", "chat")
_ADMIN: Final = {"producer": 9103, "feed": 9101, "chat": 9102}
_HTTP: Final = {"feed": 8101, "chat": 8102}
_PROGRAMS: Final[Mapping[str, Callable[[], Path]]] = {
    "nats-server": binaries.nats_server,
    "valkey-server": binaries.valkey_server,
    "nginx": binaries.nginx_in_wheel,
    "python": lambda: Path(sys.executable),
}


class Places:
    """Where what the file names is on this machine: ports, and folders below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        wanted = (4222, 8222, 1883, 6379, 8080, *_ADMIN.values(), *_HTTP.values())
        self.port = dict(zip(wanted, free_ports(len(wanted)), strict=True))

    def here(self, text: str, name: str) -> str:
        """``text`` of service ``name`` for this machine."""
        text = re.sub(r"\b(nats|valkey|127\.0\.0\.1|0\.0\.0\.0):(\d+)", self._address, text)
        text = re.sub(r"(?<=\bfeed:|\bchat:)\d+", lambda at: str(self.port[int(at[0])]), text)
        return re.sub(r"(?<![\w/.])/(data|tmp|etc|usr/share/nginx)\b", self._folder(name), text)

    def _address(self, found: re.Match[str]) -> str:
        return f"{LOOPBACK}:{self.port[int(found[2])]}"

    def _folder(self, name: str) -> str:
        return rf"{self.directory / name}/\1"


class Composed(Server):
    """One service of the file."""

    def __init__(self, compose: Document, name: str, places: Places, ready: probes.Probe) -> None:
        super().__init__(name=name, directory=places.directory / name)
        self._service = compose["services"][name]
        self._places = places
        self._ready = ready

    @property
    def program(self) -> Program:
        """What is run."""
        words: list[str] = self._service.get("entrypoint") or ["python", "-m", self.name]
        program, *arguments = (str(word) for word in (*words, *self._service.get("command", ())))
        return Program(
            name=self.name,
            command=(
                str(_PROGRAMS[program]()),
                *(self._places.here(word, self.name) for word in arguments),
            ),
            environment={**inherited(), **self._environment()},
            ready=self._ready,
        )

    def _environment(self) -> dict[str, str]:
        given = {
            name: self._places.here(str(value), self.name)
            for name, value in self._service.get("environment", {}).items()
        }
        # The defaults of a container's own network are a test's free ports.
        if self.name in _SERVICES:
            prefix = self.name.upper()
            given[f"{prefix}_ADMIN_PORT"] = str(self._places.port[_ADMIN[self.name]])
            if self.name in _HTTP:
                given[f"{prefix}_PORT"] = str(self._places.port[_HTTP[self.name]])
                given[f"{prefix}_HOST"] = LOOPBACK
        return given


@dataclass(frozen=True, slots=True)
class Composition:
    """What runs."""

    url: str
    """Where a browser goes."""
    servers: Mapping[str, Composed]
    passwords: Mapping[str, str]
    places: Places


@asynccontextmanager
async def composition(directory: Path, *, page: Path) -> AsyncIterator[Composition]:
    """All of it, in the order of its dependencies, while the context lasts."""
    passwords = {name: f"p{secrets.token_hex(8)}" for name in document.variables()}
    compose, places = document.load(passwords), Places(directory)
    servers: dict[str, Composed] = {}
    running: set[str] = set()
    async with AsyncExitStack() as stack:
        known = await stack.enter_async_context(names(lambda: running))
        _lay(compose, places, page=page, resolver=f"{LOOPBACK}:{known}")
        for name, ready in _ready(places).items():
            servers[name] = Composed(compose, name, places, ready)
            servers[name].start_nowait()
            stack.callback(_end, servers[name])
            if name == "streams":
                assert servers[name].wait() == 0, servers[name].log_tail()
                continue
            # The services wait for each other in nothing, so they start side by side.
            if name not in _SERVICES:
                servers[name].wait_ready()
                running.add(name)
        for name in _SERVICES:
            servers[name].wait_ready(within=_STARTS)
            running.add(name)
        yield Composition(f"http://{LOOPBACK}:{places.port[8080]}", servers, passwords, places)


def _ready(places: Places) -> dict[str, probes.Probe]:
    """In the order of a start; the edge comes before those whom it leads to."""
    port = places.port
    return {
        "nats": probes.http_get(LOOPBACK, port[8222], "/healthz?js-server-only=true"),
        "valkey": probes.valkey_ping(LOOPBACK, port[6379]),
        "streams": lambda: None,
        "edge": probes.http_get(LOOPBACK, port[8080], "/"),
        **{name: probes.http_get(LOOPBACK, port[_ADMIN[name]], "/readyz") for name in _SERVICES},
    }


def _lay(compose: Document, places: Places, *, page: Path, resolver: str) -> None:
    """Put what the containers would be given where they look for it here."""
    edge = INFRA / "edge" / "rendered" / "compose"
    files = {
        ("nats", "etc/nats/nats.conf"): (INFRA / "compose/nats.conf").read_text(),
        ("nats", "etc/nats/rights.conf"): NATS_RIGHTS.read_text(),
        ("valkey", "etc/valkey/valkey.conf"): (INFRA / "compose/valkey.conf").read_text(),
        ("valkey", "etc/valkey/users.acl"): compose["configs"]["valkey_users"]["content"],
        **{("edge", f"etc/airwave-edge/{one.name}"): one.read_text() for one in edge.iterdir()},
    }
    ours = {
        "port 6379": f"port {places.port[6379]}",
        "listen 8080": f"listen {LOOPBACK}:{places.port[8080]}",
        "resolver 127.0.0.11": f"resolver {resolver}",
        # Whoever runs the tests may be root, and the page in a folder of root's.
        "daemon off;": f"{'user root;' if os.geteuid() == 0 else ''}daemon off;",
    }
    for (name, path), text in files.items():
        here = places.here(text, name)
        for theirs, mine in ours.items():
            here = here.replace(theirs, mine)
        place = places.directory / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(here, encoding="utf-8")
        for folder in ("data", "tmp/tmp"):
            (places.directory / name / folder).mkdir(parents=True, exist_ok=True)
    shutil.copytree(page, places.directory / "edge/usr/share/nginx/html")


def _end(server: Server) -> None:
    if server.running:
        server.stop()
