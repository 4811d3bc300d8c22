"""What is said to who is not let in, by HTTP and WebSocket; and the route that gives tickets."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from realtime.closing import CloseCode
from realtime.identity.errors import (
    ForbiddenError,
    IdentityError,
    IdentityUnavailableError,
    TokenRefusedError,
)
from realtime.identity.gate import Gate
from realtime.problems import problem
from realtime.ws_refusal import close_event


class TicketGiven(msgspec.Struct, frozen=True):
    """A ticket, good once within so many seconds as ``ticket=`` in a URL."""

    ticket: str
    expires_in: float


def denied(error: IdentityError) -> Response:
    """A problem document: 401 for who is unknown, 403 for what is not theirs, 503 for later."""
    if isinstance(error, TokenRefusedError):
        known = 'error="invalid_token"' if error.code == "bad_token" else 'realm="airwave"'
        headers = {"WWW-Authenticate": f"Bearer {known}"}
        return problem(401, error.code, str(error), headers=headers, reason=error.denial.value)
    if isinstance(error, IdentityUnavailableError):
        return problem(503, error.code, str(error), headers={"Retry-After": "1"})
    outside = error.name if isinstance(error, ForbiddenError) else None
    return problem(403, error.code, str(error), outside=outside)


def denied_event(error: IdentityError) -> dict[str, Any]:
    """The close of a WebSocket: one code for who is unknown, another for what is not theirs."""
    unknown = isinstance(error, TokenRefusedError)
    code = CloseCode.BAD_TOKEN if unknown else CloseCode.FORBIDDEN
    return close_event(code, error.denial.value)


async def on_denied(_: Request, error: Exception) -> Response:
    """Handle an `IdentityError` that a route raised."""
    assert isinstance(error, IdentityError)  # noqa: S101 - what the handler is registered for
    return denied(error)


async def answer_ticket(gate: Gate, request: Request) -> Response:
    """``POST /tickets``: a ticket for whoever shows a token or the cookie.

    Raises:
        IdentityError: they don't.
    """
    ticket = await gate.issue_ticket(request)
    if ticket is None or gate.tokens is None:
        return problem(404, "no_tickets", "everybody is a guest here: no ticket is needed")
    body = TicketGiven(ticket, gate.tokens.tickets.life)
    return JSONResponse(
        msgspec.to_builtins(body), status_code=201, headers={"Cache-Control": "no-store"}
    )
