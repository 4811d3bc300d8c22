"""``GET /ws``: who gets a WebSocket, and what the others are told.

A raw ASGI callable: frames cross no router and no middleware. A refusal that a page should be able
to read comes after the handshake, as a close code: browsers hide everything about a failed one.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import structlog
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from chat.handshake import Handshake, read_handshake
from chat.protocol import SUBPROTOCOL
from chat.replica import Replica
from chat.session import Session
from realtime.admission import Admission, Refusal, RefusedError, Slot
from realtime.buffer_sink import BufferSink
from realtime.identity.answers import denied_event
from realtime.identity.errors import (
    IdentityError,
    IdentityUnavailableError,
    OriginRefusedError,
)
from realtime.identity.who import Identity
from realtime.problems import problem
from realtime.sink import Sink
from realtime.telemetry import Sampler
from realtime.transport import protocol_of
from realtime.ws_carried import CarriedConnection
from realtime.ws_connection import Connection
from realtime.ws_protocol import StreamWebSocketProtocol
from realtime.ws_refusal import refuse, turned_away

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Client:
    """Who was let in."""

    handshake: Handshake
    slot: Slot
    identity: Identity


class Endpoint:
    """Accepts WebSockets and runs their connections.

    ``origins``: allow-list for pages, empty for the page of the same host. ``evict_after``: how
    long a client may leave everything unread.
    """

    def __init__(
        self,
        replica: Replica,
        admission: Admission,
        *,
        origins: tuple[str, ...],
        evict_after: timedelta,
    ) -> None:
        self._replica = replica
        self._admission = admission
        self._origins = origins
        self._evict_after = evict_after
        self._sampler = Sampler()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection attempt to its end."""
        handshake = read_handshake(scope, origins=self._origins)
        if not handshake.speaks:
            detail = f"of the subprotocols, only {SUBPROTOCOL} is spoken here"
            await refuse(problem(400, "bad_subprotocol", detail), scope, receive, send)
            return
        if (await receive())["type"] != "websocket.connect":
            return
        if handshake.elsewhere and (reason := self._admission.obstacle()) is not None:
            error = self._admission.refuse(reason)
            await refuse(problem(503, error.code, str(error)), scope, receive, send)
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
            error = self._replica.gate.note(OriginRefusedError())
            await send(denied_event(error))
            return
        try:
            slot = self._admission.enter(handshake.ip)
        except RefusedError as error:
            self._say_refused(handshake, error)
            await send(turned_away(error))
            return
        with ExitStack() as stack:
            stack.enter_context(slot)
            try:
                identity = await self._identify(scope, slot)
            except RefusedError as error:
                self._say_refused(handshake, error)
                await send(turned_away(error))
                return
            except IdentityError as error:
                await send(denied_event(error))
                return
            protocol = protocol_of(scope, StreamWebSocketProtocol)
            if protocol is None:
                await self._serve_portably(Client(handshake, slot, identity), receive, send)
                return
            self._carry(Client(handshake, slot, identity), protocol)
            # From here on it is the connection's to give back.
            stack.pop_all()

    async def _serve_portably(self, client: Client, receive: Receive, send: Send) -> None:
        """Serve a connection by any ASGI server, to its end."""
        buffer = BufferSink()
        session = self._welcome(client, buffer)
        await Connection(session, buffer, receive, send, evict_after=self._evict_after).run()

    def _carry(self, client: Client, protocol: StreamWebSocketProtocol) -> None:
        """Let the protocol carry the connection on; the ASGI call may return."""
        sink = protocol.open_sink()
        session = self._welcome(client, sink)
        connection = CarriedConnection(
            session, sink, protocol, client.slot, evict_after=self._evict_after
        )
        connection.begin()

    def _welcome(self, client: Client, sink: Sink) -> Session:
        session = Session(
            self._replica,
            sink,
            name=client.handshake.name,
            session=client.handshake.session,
            ip=client.handshake.ip,
            limited=client.slot.limited,
            identity=client.identity,
        )
        session.request_id = client.handshake.request_id
        session.welcome()
        return session

    async def _identify(self, scope: Scope, slot: Slot) -> Identity:
        try:
            identity = await self._replica.gate.identify(HTTPConnection(scope))
        except IdentityUnavailableError as error:
            raise self._admission.refuse(Refusal.IDENTITY) from error
        slot.claim(identity.user)
        return identity

    def _say_refused(self, handshake: Handshake, error: RefusedError) -> None:
        held_back = self._sampler.admit(error.code)
        if held_back is not None:
            log.info(
                "connection_refused",
                reason=error.code,
                ip=handshake.ip,
                request_id=handshake.request_id or None,
                held_back=held_back,
            )
