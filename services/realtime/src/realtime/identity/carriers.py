"""What a request brings to say who it is from. Pure."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from starlette.requests import HTTPConnection

from realtime.identity.errors import Denial, TokenRefusedError

COOKIE: Final = "__Host-airwave"
"""The prefix makes browsers take it over HTTPS only, for this host only, for every path."""
TICKET_FIELD: Final = "ticket"


class Carrier(Enum):
    """How a credential came."""

    BEARER = auto()
    TICKET = auto()
    COOKIE = auto()


@dataclass(frozen=True, slots=True)
class Credential:
    """A token or a ticket, not yet verified. Never to be shown: its ``repr`` has no text."""

    carrier: Carrier
    text: str

    def __repr__(self) -> str:
        return f"Credential({self.carrier.name})"


def find_credential(connection: HTTPConnection) -> Credential | None:
    """The credential of a request: the header's, else the query's, else the cookie's.

    What was put there on purpose wins over what a browser sends by itself.

    Raises:
        TokenRefusedError: several of one kind, of which ours and the edge's reading may differ.
    """
    headers = connection.headers.getlist("authorization")
    bearers = [text[7:].strip() for text in headers if text[:7].lower() == "bearer "]
    tickets = connection.query_params.getlist(TICKET_FIELD)
    if len(bearers) > 1 or len(tickets) > 1:
        raise TokenRefusedError(Denial.MALFORMED)
    if bearers:
        return Credential(Carrier.BEARER, bearers[0])
    if tickets:
        return Credential(Carrier.TICKET, tickets[0])
    cookie = connection.cookies.get(COOKIE)
    return None if cookie is None else Credential(Carrier.COOKIE, cookie)
