"""Which pages may act here: an exact allow-list of origins, or the page of the same host. Pure."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def origin_allowed(headers: Headers, origins: Sequence[str]) -> bool:
    """Whether a page of this ``Origin`` may open a WebSocket here.

    Browsers always send one; a client that is none (no header) carries nobody's cookies.
    """
    given = headers.getlist("origin")
    return not given or _is_one_of(given, headers, origins)


def cookie_allowed(headers: Headers, origins: Sequence[str]) -> bool:
    """Whether a request that shows the cookie comes from a page that may act with it.

    A browser leaves ``Origin`` out of a page's own GET requests, and says ``Sec-Fetch-Site:
    same-origin`` instead, which no page can set. Neither of the two is no page of ours.
    """
    given = headers.getlist("origin")
    if not given:
        return headers.getlist("sec-fetch-site") == ["same-origin"]
    return _is_one_of(given, headers, origins)


def _is_one_of(given: Sequence[str], headers: Headers, origins: Sequence[str]) -> bool:
    if len(given) > 1:
        return False
    if origins:
        return given[0] in origins
    return _same_host(given[0], headers.get("host", ""))


def _same_host(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        here = urlsplit(f"//{host}")
        here_port = here.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return False
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return False
    # An origin is a scheme, a host and a port and nothing more; "http://host@evil" is none.
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or "@" in here.netloc:
        return False
    return (parts.hostname, port) == (here.hostname, here_port)
