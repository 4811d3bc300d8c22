"""The Valkey servers and Sentinels of the component valkey-sentinel, as processes.

Their configuration is what the pods' init containers write: the rendered scripts, run by this
machine's ``sh``. Only ``valkey-cli`` is a stand-in (`manifests.trying.cli`), because the package
with the server has none; it asks the real Sentinels.
"""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.passwords import password
from infra.ports import LOOPBACK, free_ports
from infra.servers import Server, binaries, probes
from infra.servers.program import Program, inherited
from manifests.objects import Object, named, pod
from manifests.secrets import PASSWORDS
from manifests.trying import pods

COUNT: Final = 3
NAME: Final = "airwave"
_SECRET: Final = "valkey-passwords"  # noqa: S105 - its name
_CLI: Final = f'#!/bin/sh\nexec {sys.executable} -I {Path(__file__).with_name("cli.py")} "$@"\n'


class Rendered(Server):
    """One pod of ``workload``; ``places`` says where each pod's address is on this machine."""

    def __init__(
        self,
        objects: Sequence[Object],
        workload: str,
        ordinal: int,
        directory: Path,
        *,
        places: Mapping[str, str],
        passwords: Mapping[str, str],
    ) -> None:
        super().__init__(name=f"{workload}-{ordinal}", directory=directory)
        self._files = pods.files(objects, workload)
        spec = pod(named(objects, "StatefulSet", workload))
        (self._first,), (self._container,) = spec["initContainers"], spec["containers"]
        self._places = dict(places)
        self._passwords = {_SECRET: passwords}
        given = pods.environment(self._first, self.name, self._passwords)
        self.port = int(self._here(given["SELF"]).rpartition(":")[2])

    def _here(self, text: str) -> str:
        return pods.here(text, self.directory, self._places)

    @property
    def program(self) -> Program:
        """What is run."""
        _, *arguments = (self._here(word) for word in self._container["command"])
        return Program(
            name=self.name,
            command=(str(binaries.valkey_server()), *arguments),
            environment=inherited(),
            addresses=f"{LOOPBACK}:{self.port}",
            prepare=self._initialise,
            ready=probes.valkey_ping(LOOPBACK, self.port),
        )

    def _initialise(self) -> None:
        """Run the init container: a pod that is made anew begins with it."""
        mounted = self.directory / "etc"
        mounted.mkdir(exist_ok=True)
        for name, text in self._files.items():
            mine = text.replace("port 6379", f"port {self.port}").replace("bind * -::*", "bind *")
            (mounted / name).write_text(self._here(mine), encoding="utf-8")
        cli = self.directory / "valkey-cli"
        cli.write_text(_CLI, encoding="utf-8")
        cli.chmod(cli.stat().st_mode | stat.S_IXUSR)
        given = pods.environment(self._first, self.name, self._passwords)
        folder = {"/etc/valkey": str(mounted)}
        command = [
            pods.here(word, self.directory, {**self._places, **folder})
            for word in self._first["command"]
        ]
        subprocess.run(  # noqa: S603 - our own script
            command,
            env={
                "PATH": os.pathsep.join((str(self.directory), os.environ["PATH"])),
                **{
                    name: pods.here(value, self.directory, {**self._places, **folder})
                    for name, value in given.items()
                },
            },
            check=True,
            timeout=60,
            stdout=subprocess.DEVNULL,
        )


@dataclass(frozen=True, slots=True)
class Store:
    """Three servers, three Sentinels, and the passwords of those who use them."""

    servers: list[Rendered]
    sentinels: list[Rendered]
    places: Mapping[str, str]
    passwords: Mapping[str, str]

    def address(self, url: str) -> str:
        """A pod's ``CHAT_REDIS_URL`` as it is on this machine."""
        for theirs, ours in self.places.items():
            url = url.replace(theirs.removesuffix(":26379"), ours)
        return url


@contextmanager
def store(objects: Sequence[Object], directory: Path) -> Iterator[Store]:
    """All six while the context lasts."""
    spare = free_ports(2 * COUNT)
    places = {
        f"{workload}-{number}.{service}:{port}": f"{LOOPBACK}:{spare[COUNT * kind + number]}"
        for kind, (workload, service, port) in enumerate(
            (
                ("valkey-sentinel", "valkey-sentinel", 26379),
                ("valkey", "valkey-headless", 6379),
            )
        )
        for number in range(COUNT)
    }
    passwords = {user: password() for user in PASSWORDS[_SECRET]}

    def one(workload: str, number: int) -> Rendered:
        return Rendered(
            objects,
            workload,
            number,
            directory / f"{workload}-{number}",
            places=places,
            passwords=passwords,
        )

    servers = [one("valkey", number) for number in range(COUNT)]
    sentinels = [one("valkey-sentinel", number) for number in range(COUNT)]
    with ExitStack() as stack:
        for server in (*servers, *sentinels):
            server.start()
            stack.callback(_end, server)
        yield Store(servers, sentinels, places, passwords)


def _end(server: Rendered) -> None:
    if server.running:
        server.kill()
