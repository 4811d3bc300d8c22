"""Which pages may act here: an exact allow-list of origins, or the page of the same host. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_PORT_MAX: Final = 65_535
# A host as RFC 3986 has it (section 3.2.2), in small letters; names of other scripts come encoded.
_PLACE: Final = re.compile(
    r"([a-z0-9._~%!$&'()*+,;=-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.ASCII
)


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
    """An origin is a scheme, a host and a port and nothing more; "http://host@evil" is none.

    Asked letter by letter: a reader of URLs forgives tabs, line ends, and an empty query.
    """
    scheme, _, place = origin.lower().partition("://")
    default = _DEFAULT_PORTS.get(scheme)
    if default is None:
        return False
    given, here = _place(place, default), _place(host.lower(), default)
    return given is not None and given == here


def _place(text: str, default: int) -> tuple[str, int] | None:
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    port = default if found[2] is None else int(found[2])
    return (found[1], port) if port <= _PORT_MAX else None
