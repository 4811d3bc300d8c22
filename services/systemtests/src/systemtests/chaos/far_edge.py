"""An edge that listens on an address other hosts can reach: the namespace's."""

from dataclasses import replace
from pathlib import Path

from infra.servers import EdgeServer, probes
from infra.servers.program import Program


class FarEdge(EdgeServer):
    """The edge of `make up` on ``host`` instead of loopback."""

    def __init__(
        self, directory: Path, *, host: str, feed: tuple[str, ...], chat: tuple[str, ...]
    ) -> None:
        super().__init__(directory, feed=feed, chat=chat, name="far-edge")
        self._host = host
        self.site = replace(self.site, listen=f"{host}:{self.port}")

    @property
    def url(self) -> str:
        """What a client on that network opens."""
        return f"http://{self._host}:{self.port}"

    @property
    def program(self) -> Program:
        """What is run."""
        return replace(super().program, ready=probes.tcp(self._host, self.port))
