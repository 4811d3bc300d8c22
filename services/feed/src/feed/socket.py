"""``GET /ws/readings``: the stream of readings over WebSocket, for comparing transports.

The same channels, filters, positions and words as over Server-Sent Events. A refusal that a page
should be able to read comes after the handshake, as a close code.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from feed.costs import Transport
from feed.fanout import Fanout
from feed.framing import frame_event
from feed.guard import Guard, address_of
from feed.query import BadQueryError, ReadingsQuery, parse_readings_query
from feed.settings import FeedSettings
from feed.stream import Stream
from realtime.admission import RefusedError, Slot
from realtime.buffer_sink import BufferSink
from realtime.closing import (
    DRAINED,
    EXPIRED,
    REVOKED,
    STRUCK_OUT,
    TOO_SLOW,
    CloseCode,
    EndedBy,
    Ending,
)
from realtime.identity.answers import denied_event
from realtime.identity.errors import IdentityError, OriginRefusedError
from realtime.identity.origin import origin_allowed
from realtime.identity.watch import EndReason
from realtime.problems import prefers, problem
from realtime.request_id import request_id
from realtime.sink import Sink
from realtime.spending import Charged, Spent
from realtime.transport import protocol_of
from realtime.ws_carried import CarriedConnection
from realtime.ws_connection import Connection
from realtime.ws_protocol import StreamWebSocketProtocol
from realtime.ws_refusal import refuse, turned_away

_ENDINGS: Final[Mapping[str, Ending]] = {
    "drain": DRAINED,
    EndReason.EXPIRED.value: EXPIRED,
    EndReason.REVOKED.value: REVOKED,
    STRUCK_OUT.by.value: STRUCK_OUT,
    TOO_SLOW.by.value: TOO_SLOW,
}


class Listening:
    """A stream as a conversation in which only the server speaks."""

    def __init__(self, stream: Stream, sink: Sink, spent: Spent) -> None:
        self._stream = stream
        self._sink = sink
        self._spent = spent

    async def open(self) -> None:
        """Write what comes first, then follow the channel."""
        # By a task of the connection's own, so nobody else charges it.
        await Charged(self._spent, self._stream.open(self._sink))

    @property
    def ending(self) -> Ending | None:
        """Why the stream is over, once it decided so itself."""
        by = self._stream.ended_by
        if by == EndedBy.CLIENT:
            return None
        return _ENDINGS.get(by) or Ending(EndedBy.BUSY, CloseCode.FULL, by)

    async def take(self, text: str | None) -> None:  # noqa: ARG002 - whatever it is
        """End: there is nothing that a client could say here."""
        self._stream.ended_by = STRUCK_OUT.by.value
        self._sink.close()

    def evict(self) -> None:
        """End: the client leaves everything unread."""
        self._sink.abort()

    def ended(self, ending: Ending, *, client_code: int | None) -> None:  # noqa: ARG002 - the stream's line says it
        """Give everything back."""
        self._stream.ended()


class ReadingsSocket:
    """Accepts WebSockets and lets their streams begin."""

    def __init__(self, fanout: Fanout, guard: Guard, settings: FeedSettings) -> None:
        self._fanout = fanout
        self._guard = guard
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection attempt to its end."""
        connection = HTTPConnection(scope)
        try:
            query = parse_readings_query(
                connection.query_params, connection.headers, heartbeat=self._settings.heartbeat
            )
        except BadQueryError as error:
            await refuse(self._fanout.bad_queries.refuse(error), scope, receive, send)
            return
        if (await receive())["type"] != "websocket.connect":
            return
        asks_elsewhere = prefers(connection.headers.get("prefer", ""), "elsewhere")
        if asks_elsewhere and (refused := self._guard.refuse_elsewhere()) is not None:
            answer = problem(503, refused.code, str(refused))
            await refuse(answer, scope, receive, send)
            return
        try:
            await send({"type": "websocket.accept"})
            await self._serve(connection, query, receive, send)
        except OSError:
            # Gone before a word was said; a stream that stood has written its line.
            return

    async def _serve(
        self, connection: HTTPConnection, query: ReadingsQuery, receive: Receive, send: Send
    ) -> None:
        try:
            if not origin_allowed(connection.headers, self._settings.origins):
                raise self._guard.gate.note(OriginRefusedError())
            slot = self._guard.enter(connection)
            identity, query = await self._guard.admit(connection, query, slot)
        except RefusedError as error:
            self._guard.say_refused(connection, error)
            await send(turned_away(error))
            return
        except IdentityError as error:
            await send(denied_event(error))
            return
        stream = Stream(
            self._fanout,
            query,
            slot,
            ip=address_of(connection),
            identity=identity,
            request_id=request_id(connection.headers),
            encode=frame_event,
            transport=Transport.WEBSOCKET,
        )
        with ExitStack() as stack:
            stack.enter_context(slot)
            await self._carry(stream, slot, connection.scope, receive, send)
            # The stream gives it back at its end.
            stack.pop_all()

    async def _carry(
        self, stream: Stream, slot: Slot, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the protocol carry the connection on, or serve it by any ASGI server."""
        evict_after = self._settings.evict_after
        spent = self._fanout.costs.spent[Transport.WEBSOCKET]
        protocol = protocol_of(scope, StreamWebSocketProtocol)
        if protocol is None:
            buffer = BufferSink()
            listening = Listening(stream, buffer, spent)
            portable = Connection(listening, buffer, receive, send, evict_after=evict_after)
            await portable.run(listening.open)
            return
        sink = protocol.open_sink()
        listening = Listening(stream, sink, spent)
        CarriedConnection(listening, sink, protocol, slot, evict_after=evict_after).begin(
            listening.open
        )
