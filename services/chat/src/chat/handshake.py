"""What a client says when it connects, checked. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from chat.protocol import SUBPROTOCOL
from realtime.identity.origin import origin_allowed
from realtime.problems import prefers
from realtime.request_id import request_id

_FIELDS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Handshake:
    """A connection attempt: where from, under which name, by which subprotocol.

    ``subprotocol`` is None where the client offered none; ``speaks`` says whether it offered one
    that we speak, or none. ``elsewhere``: it comes by an edge that will ask another replica if it
    hears 503.
    """

    ip: str
    request_id: str
    name: str
    session: str
    subprotocol: str | None
    speaks: bool
    origin_allowed: bool
    elsewhere: bool


def read_handshake(scope: Scope, *, origins: Sequence[str]) -> Handshake:
    """Read an ASGI WebSocket scope.

    ``origins`` is the exact allow-list; an empty one allows the page of the same host and port.
    """
    headers = Headers(scope=scope)
    query = _query(scope["query_string"])
    offered = scope.get("subprotocols") or []
    client = scope.get("client")
    return Handshake(
        ip=client[0] if client else "",
        request_id=request_id(headers),
        name=query.get("name", ""),
        session=query.get("session", ""),
        subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None,
        speaks=not offered or SUBPROTOCOL in offered,
        origin_allowed=origin_allowed(headers, origins),
        elsewhere=prefers(headers.get("prefer", ""), "elsewhere"),
    )


def _query(query_string: bytes) -> dict[str, str]:
    """The first value of each field; what can't be read was not said."""
    text = query_string.decode("ascii", "replace")
    try:
        fields = parse_qsl(text, max_num_fields=_FIELDS_MAX, errors="replace")
    except ValueError:
        return {}
    return dict(reversed(fields))
