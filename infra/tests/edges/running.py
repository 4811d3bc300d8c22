"""Every proxy on one machine, before the same services, in seconds instead of minutes."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from infra.edge.site import Site
from infra.edge.timeouts import Timeouts, load
from infra.servers import EdgeServer
from infra.servers.proxy import ProxyServer

KINDS = ("nginx", "haproxy", "traefik", "caddy", "envoy")
IDLE = 2
"""Seconds: five beats."""
Replacements = dict[str, dict[str, str]]
"""File, what is replaced in it, by what."""


def hurried(**seconds: int) -> Timeouts:
    """The timeouts of the file, in seconds instead of minutes, and ``edge_shutdown``."""
    timeouts = load()
    scaled = {
        "idle": IDLE,
        "send": IDLE,
        "client_header": 1,
        "client_body": 1,
        "client_keepalive": 2,
        "connect": 1,
        "response": 1,
        "upstream_keepalive": 1,
        **seconds,
    }
    shutdown = timedelta(seconds=scaled.pop("edge_shutdown", 30))
    edge = {name: timedelta(seconds=number) for name, number in scaled.items()}
    return dataclasses.replace(
        timeouts,
        edge=dataclasses.replace(timeouts.edge, **edge),
        drain=dataclasses.replace(timeouts.drain, edge_shutdown=shutdown),
    )


class OurNginx(EdgeServer):
    """The edge of `make up`, whose files a test may change."""

    replacements: Replacements = {}  # noqa: RUF012 - replaced as a whole, never changed

    def _write(self) -> None:
        super()._write()
        for name, changes in self.replacements.items():
            path = self.directory / name
            path.write_text(replaced(name, path.read_text(), changes))


def proxy(
    folder: Path,
    kind: str,
    *,
    feed: str,
    chat: str,
    timeouts: Timeouts,
    tls: Path | None = None,
    replacements: Replacements | None = None,
) -> OurNginx | ProxyServer:
    """The proxy ``kind``, not started, its configuration good but for the ``replacements``."""
    changes = replacements or {}
    site = Site(
        listen="", feed=(feed,), chat=(chat,), page=(chat,), dashboard=folder.parent, tls=tls
    )
    if kind == "nginx":
        edge = OurNginx(folder, feed=(feed,), chat=(chat,), dashboard=folder, timeouts=timeouts)
        edge.site = dataclasses.replace(edge.site, tls=tls)
        edge.replacements = changes
        return edge
    return ProxyServer(
        folder,
        kind,
        site=lambda listen: dataclasses.replace(site, listen=listen),
        timeouts=timeouts,
        change=lambda files: {
            name: replaced(name, text, changes.get(name, {})) for name, text in files.items()
        },
    )


def replaced(name: str, text: str, changes: dict[str, str]) -> str:
    """``text`` with every change made, each of which finds its place."""
    for old, new in changes.items():
        assert old in text, f"{name} has no {old!r} any more"
        text = text.replace(old, new)
    return text


@contextlib.asynccontextmanager
async def started(edge: OurNginx | ProxyServer) -> AsyncIterator[None]:
    """``edge``, running; started and stopped on threads, for what it carries needs the loop."""
    await asyncio.to_thread(edge.start)
    try:
        yield
    finally:
        await asyncio.to_thread(edge.stop)
