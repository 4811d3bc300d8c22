"""How a WebSocket is refused: before the handshake by HTTP, after it by a close code."""

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from realtime.admission import Refusal, RefusedError
from realtime.closing import CloseCode


async def refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an attempt with an HTTP response where the server can, else with a plain refusal."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close"})


def turned_away(error: RefusedError) -> dict[str, Any]:
    """The close that says to come back later."""
    drains = error.reason is Refusal.DRAINING
    return close_event(CloseCode.DRAIN if drains else CloseCode.FULL, error.code)


def close_event(code: CloseCode, reason: str) -> dict[str, Any]:
    """A close with its code."""
    return {"type": "websocket.close", "code": int(code), "reason": reason}
