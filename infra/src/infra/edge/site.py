"""What an edge stands in front of, whichever proxy it is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Site:
    """Addresses are ``host:port``; several of a service are its replicas.

    The page's files are in ``dashboard`` for a proxy that serves files (nginx), and behind ``page``
    for those that don't. ``tls`` is a PEM file with the certificate's chain and its key: with it
    the edge speaks TLS, and HTTP/2 to whoever wants it. ``limit_loopback``: loopback's connections
    and requests count, too. ``resolver``: services are names that this DNS server is
    asked for again and again, so replicas come and go unnoticed (nginx only, 1.27.3 or newer).
    """

    listen: str
    feed: tuple[str, ...]
    chat: tuple[str, ...]
    dashboard: Path
    page: tuple[str, ...] = ("127.0.0.1:8104",)
    tls: Path | None = None
    limit_loopback: bool = False
    resolver: str | None = None

    @property
    def host(self) -> str:
        """Where the edge listens, without the port."""
        return self.listen.rpartition(":")[0]

    @property
    def port(self) -> str:
        """Where the edge listens, without the host."""
        return self.listen.rpartition(":")[2]
