"""Valkey (or Redis): append-only file, no eviction."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from infra.certificates import AUTHORITY, CHAIN, KEY
from infra.passwords import write_private
from infra.ports import LOOPBACK, free_port
from infra.repository import INFRA
from infra.rights import VALKEY_RIGHTS, filled
from infra.servers import binaries, probes
from infra.servers.program import Program, inherited
from infra.servers.server import Server
from infra.template import quoted, render

_TEMPLATE = INFRA / "valkey" / "valkey.conf.template"


class ValkeyServer(Server):
    """A Redis-speaking server whose data lives in ``directory`` and survives `restart`.

    A port that is not given is a free one, chosen once: a restart keeps it. ``passwords`` by user:
    each may then do what `infra.rights` says; without them, everybody may do everything. ``tls``: a
    folder of `infra.certificates`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        passwords: Mapping[str, str] | None = None,
        tls: Path | None = None,
        name: str = "valkey",
    ) -> None:
        super().__init__(name=name, directory=directory)
        self.port = port or free_port()
        self._passwords = passwords
        self._tls = tls

    @property
    def url(self) -> str:
        """For Redis clients, without a user."""
        return f"{self._scheme}://{LOOPBACK}:{self.port}"

    def url_of(self, user: str) -> str:
        """For Redis clients, as ``user``."""
        if self._passwords is None:
            return self.url
        return f"{self._scheme}://{user}:{self._passwords[user]}@{LOOPBACK}:{self.port}"

    @property
    def program(self) -> Program:
        """What is run."""
        conf = self.directory / "valkey.conf"
        return Program(
            name=self.name,
            command=(str(binaries.valkey_server(tls=self._tls is not None)), str(conf)),
            environment=inherited(),
            addresses=f"{LOOPBACK}:{self.port}",
            prepare=partial(self._write_conf, conf),
            ready=probes.valkey_ping(LOOPBACK, self.port, tls=self._tls is not None),
        )

    @property
    def _scheme(self) -> str:
        return "redis" if self._tls is None else "rediss"

    def _write_conf(self, conf: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        values = {
            "host": LOOPBACK,
            "port": str(self.port) if self._tls is None else "0",
            "tls": "" if self._tls is None else _tls(self._tls, self.port),
            "dir": quoted(str(self.directory)),
            "rights": "" if self._passwords is None else "\n" + self._rights(self._passwords),
        }
        write_private(conf, render(_TEMPLATE, values))

    def _rights(self, passwords: Mapping[str, str]) -> str:
        return filled(VALKEY_RIGHTS, passwords)


def _tls(folder: Path, port: int) -> str:
    files = {"cert": CHAIN, "key": KEY, "ca-cert": AUTHORITY}
    lines = [f"tls-{what}-file {quoted(str(folder / name))}" for what, name in files.items()]
    # A client shows its password and no certificate.
    return "\n".join([f"tls-port {port}", *lines, "tls-auth-clients no", ""])
