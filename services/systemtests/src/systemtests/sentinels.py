"""A primary with replicas, and the Sentinels that watch them: real processes on free ports."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from infra.ports import LOOPBACK, free_port
from infra.servers import Server, ValkeyServer, binaries, probes
from infra.servers.program import Program, inherited

NAME = "airwave"
"""What the Sentinels call the servers that they watch."""
DOWN_AFTER = timedelta(seconds=1)
"""In the cluster it is 3 s; here the test waits for it."""


class WatchedValkey(ValkeyServer):
    """One server of several; ``primary`` is the port of the one that it copies at first."""

    def __init__(self, directory: Path, *, primary: int | None = None) -> None:
        super().__init__(directory)
        self.primary = primary

    def _write_conf(self, conf: Path) -> None:
        if conf.exists():  # the Sentinels rewrite it: it knows its part by itself now
            return
        super()._write_conf(conf)
        lines = ["min-replicas-to-write 1", "min-replicas-max-lag 10", "repl-diskless-sync-delay 0"]
        if self.primary is not None:
            lines.append(f"replicaof {LOOPBACK} {self.primary}")
        with conf.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    @property
    def is_primary(self) -> bool:
        """Whether it says so itself."""
        return "master" in ask(self.port, "ROLE")


class SentinelServer(Server):
    """One that watches; ``primary`` is the port of the first primary."""

    def __init__(self, directory: Path, *, primary: int) -> None:
        super().__init__(name="sentinel", directory=directory)
        self.port = free_port()
        self.primary = primary

    @property
    def program(self) -> Program:
        """What is run."""
        conf = self.directory / "sentinel.conf"
        return Program(
            name=self.name,
            command=(str(binaries.valkey_server()), str(conf), "--sentinel"),
            environment=inherited(),
            addresses=f"{LOOPBACK}:{self.port}",
            prepare=lambda: self._write_conf(conf),
            ready=probes.valkey_ping(LOOPBACK, self.port),
        )

    def _write_conf(self, conf: Path) -> None:
        if conf.exists():  # it keeps what it knows there
            return
        milliseconds = DOWN_AFTER // timedelta(milliseconds=1)
        conf.write_text(
            f"bind {LOOPBACK}\n"
            f"port {self.port}\n"
            f'dir "{self.directory}"\n'
            f"sentinel monitor {NAME} {LOOPBACK} {self.primary} 2\n"
            f"sentinel down-after-milliseconds {NAME} {milliseconds}\n"
            f"sentinel failover-timeout {NAME} 5000\n",
            encoding="utf-8",
        )


def ask(port: int, *command: str) -> list[str]:
    """The lines of the answer to one command."""
    with socket.create_connection((LOOPBACK, port), 5) as connection:
        connection.sendall(f"{' '.join(command)}\r\n".encode())
        said = connection.recv(65_536)
    return said.decode().split("\r\n")


@dataclass(frozen=True, slots=True)
class Watched:
    """Three servers and their three Sentinels."""

    servers: list[WatchedValkey]
    sentinels: list[SentinelServer]

    @property
    def url(self) -> str:
        """What chat is given."""
        places = ",".join(f"{LOOPBACK}:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{places}/{NAME}"

    def primaries(self) -> list[WatchedValkey]:
        """Those that run and say that they are it."""
        return [server for server in self.servers if server.running and server.is_primary]


@contextmanager
def watched(directory: Path) -> Iterator[Watched]:
    """Three servers, the first one primary, with their Sentinels, while the context lasts."""
    with ExitStack() as stack:
        first = stack.enter_context(WatchedValkey(directory / "valkey-0"))
        servers = [first]
        for number in (1, 2):
            server = WatchedValkey(directory / f"valkey-{number}", primary=first.port)
            servers.append(stack.enter_context(server))
        sentinels = [
            stack.enter_context(
                SentinelServer(directory / f"sentinel-{number}", primary=first.port)
            )
            for number in range(3)
        ]
        found = Watched(servers, sentinels)
        _wait_until_they_know_each_other(found)
        yield found
        for server in servers:
            if not server.running:
                server.start()


def _wait_until_they_know_each_other(found: Watched) -> None:
    until = time.monotonic() + 30
    for sentinel in found.sentinels:
        while True:
            said = ask(sentinel.port, "INFO", "sentinel")
            if any(
                "status=ok,address=" in line and "slaves=2,sentinels=3" in line for line in said
            ):
                break
            if time.monotonic() > until:
                raise TimeoutError(said)
            time.sleep(0.05)
