"""The endpoint that is examined, as its address says. Pure."""

from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from doctor.errors import BadUrlError

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the endpoint is; ``websocket`` says which of the two kinds its scheme claims."""

    url: str
    tls: bool
    websocket: bool
    host: str
    port: int
    path: str
    query: str

    @property
    def authority(self) -> str:
        """The value of ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The origin of a page from the same host."""
        return f"http{'s' if self.tls else ''}://{self.authority}"

    @property
    def resource(self) -> str:
        """Path and query, as the request line has them."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def local(self) -> bool:
        """Whether it is on this machine."""
        return self.host in _LOOPBACK

    def asking(self, **fields: str) -> Self:
        """The same endpoint with these query fields, replacing those of the same name."""
        kept = [
            (name, value)
            for name, value in parse_qsl(self.query, keep_blank_values=True)
            if name not in fields
        ]
        return replace(self, query=urlencode([*kept, *fields.items()], safe="*/>"))


def parse_target(url: str, *, websocket: bool | None = None) -> Target:
    """The target that ``url`` names; ``websocket`` overrules what its scheme says.

    Raises:
        BadUrlError: not an absolute http, https, ws or wss address.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadUrlError(url, str(error)) from error
    if parts.scheme not in _PORTS:
        raise BadUrlError(url, "it has to begin with http://, https://, ws:// or wss://")
    if not parts.hostname:
        raise BadUrlError(url, "it names no host")
    if not f"{parts.path}{parts.query}".isascii() or any(mark.isspace() for mark in url.strip()):
        raise BadUrlError(url, "percent-encode what is no ASCII, and white space")
    kind = parts.scheme.startswith("ws") if websocket is None else websocket
    return Target(
        url=url.strip(),
        tls=parts.scheme in ("https", "wss"),
        websocket=kind,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        path=parts.path or "/",
        query=parts.query,
    )
