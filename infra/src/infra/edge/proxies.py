"""The edges that are not nginx: how each is configured, started, checked and told to reload."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.edge import caddy, envoy, haproxy, traefik
from infra.edge.site import Site
from infra.edge.timeouts import Timeouts

Command = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """``reload`` is the signal after which it reads its files again; None: it watches them.

    ``check`` gives a command that reads the files of a folder and fails if it can't take them;
    None where the proxy has no such command. ``listens_first``: it answers before it knows its
    routes, and says 404 to everything.
    """

    name: str
    files: Callable[[Timeouts, Site], Mapping[str, str]]
    command: Callable[[Path, Path, Timeouts], Command]
    check: Callable[[Path, Path], Command] | None
    reload: signal.Signals | None
    listens_first: bool = False


def environment(program: Path, folder: Path) -> dict[str, str]:
    """What a proxy needs beside what every program gets: a home, and its own libraries."""
    libraries = program.parent / "lib"
    own = {"LD_LIBRARY_PATH": str(libraries)} if libraries.is_dir() else {}
    return {"HOME": str(folder), **own}


PROXIES: Final = {
    proxy.name: proxy
    for proxy in (
        Proxy(
            name="haproxy",
            files=haproxy.files,
            command=lambda program, folder, _: haproxy.command(program, folder),
            check=haproxy.check_command,
            reload=signal.SIGUSR2,
        ),
        Proxy(
            name="traefik",
            files=traefik.files,
            command=lambda program, folder, _: traefik.command(program, folder),
            check=None,
            reload=None,
            listens_first=True,
        ),
        Proxy(
            name="caddy",
            files=caddy.files,
            command=lambda program, folder, _: caddy.command(program, folder),
            check=caddy.check_command,
            reload=signal.SIGUSR1,
        ),
        Proxy(
            name="envoy",
            files=envoy.files,
            command=envoy.command,
            check=envoy.check_command,
            reload=None,
        ),
    )
}
