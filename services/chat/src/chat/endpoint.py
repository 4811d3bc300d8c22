"""``GET /ws``: who gets a WebSocket, and what the others are told.

A raw ASGI callable: frames cross no router and no middleware. A refusal that a page should be able
to read comes after the handshake, as a close code: browsers hide everything about a failed one.
"""

from datetime import timedelta
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chat.carried import CarriedConnection
from chat.closing import CloseCode
from chat.connection import Connection
from chat.handshake import Handshake, read_handshake
from chat.protocol import SUBPROTOCOL
from chat.replica import Replica
from chat.session import Session
from realtime.admission import Admission, Refusal, RefusedError, Slot
from realtime.buffer_sink import BufferSink
from realtime.health import Health
from realtime.problems import problem
from realtime.sink import Sink
from realtime.transport import protocol_of
from realtime.ws_protocol import StreamWebSocketProtocol


class Endpoint:
    """Accepts WebSockets and runs their connections.

    ``origins``: allow-list for pages, empty for the page of the same host. ``evict_after``: how
    long a client may leave everything unread.
    """

    def __init__(
        self,
        replica: Replica,
        admission: Admission,
        health: Health,
        *,
        origins: tuple[str, ...],
        evict_after: timedelta,
    ) -> None:
        self._replica = replica
        self._admission = admission
        self._health = health
        self._origins = origins
        self._evict_after = evict_after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection attempt to its end."""
        handshake = read_handshake(scope, origins=self._origins)
        if not handshake.speaks:
            detail = f"of the subprotocols, only {SUBPROTOCOL} is spoken here"
            await refuse(problem(400, "bad_subprotocol", detail), scope, receive, send)
            return
        if (await receive())["type"] != "websocket.connect":
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": handshake.subprotocol})
            await self._serve(handshake, scope, receive, send)
        except OSError:
            # Gone before a word was said; a connection that stood has written its line.
            return

    async def _serve(
        self, handshake: Handshake, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not handshake.origin_allowed:
            await send(_close(CloseCode.FORBIDDEN, "origin"))
            return
        try:
            slot = self._enter(handshake.ip)
        except RefusedError as error:
            drains = error.reason is Refusal.DRAINING
            await send(_close(CloseCode.DRAIN if drains else CloseCode.FULL, error.code))
            return
        protocol = protocol_of(scope, StreamWebSocketProtocol)
        if protocol is not None:
            self._carry(handshake, slot, protocol)
            return
        with slot:
            buffer = BufferSink()
            session = self._welcome(handshake, slot, buffer)
            connection = Connection(session, buffer, receive, send, evict_after=self._evict_after)
            await connection.run()

    def _carry(self, handshake: Handshake, slot: Slot, protocol: StreamWebSocketProtocol) -> None:
        """Let the protocol carry the connection on; the ASGI call may return."""
        sink = protocol.open_sink()
        session = self._welcome(handshake, slot, sink)
        CarriedConnection(session, sink, protocol, slot, evict_after=self._evict_after).begin()

    def _welcome(self, handshake: Handshake, slot: Slot, sink: Sink) -> Session:
        session = Session(
            self._replica,
            sink,
            name=handshake.name,
            session=handshake.session,
            ip=handshake.ip,
            limited=slot.limited,
        )
        session.welcome()
        return session

    def _enter(self, ip: str) -> Slot:
        if self._health.draining:
            raise self._admission.refuse(Refusal.DRAINING)
        if not self._health.started:
            raise self._admission.refuse(Refusal.STARTING)
        return self._admission.enter(ip)


async def refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an attempt with an HTTP response where the server can, else with a plain refusal."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close"})


def _close(code: CloseCode, reason: str) -> dict[str, Any]:
    return {"type": "websocket.close", "code": int(code), "reason": reason}
