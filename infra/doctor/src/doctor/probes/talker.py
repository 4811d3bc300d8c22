"""One WebSocket connection, frame by frame with the moment each came."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final

from websockets.client import ClientProtocol
from websockets.datastructures import HeadersLike
from websockets.exceptions import InvalidHandshake
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol
from websockets.uri import WebSocketURI

from doctor.conversation import Conversation, Said
from doctor.probes.dial import connect
from doctor.probes.ear import Ear
from doctor.probes.listener import hang_up
from doctor.recording import End, Head
from doctor.target import Target
from doctor.trust import Trust

_TEXT_KEPT: Final = 2_048
_KINDS: Final = {
    Opcode.TEXT: "text",
    Opcode.BINARY: "binary",
    Opcode.CONT: "text",
    Opcode.PING: "ping",
    Opcode.PONG: "pong",
    Opcode.CLOSE: "close",
}


class Talker(Ear):
    """What a connection has got so far; pings are answered, as the standard wants."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        protocol: ClientProtocol,
        headers: HeadersLike,
    ) -> None:
        super().__init__(streams[0])
        self._writer = streams[1]
        self._protocol = protocol
        self.said: list[Said] = []
        self.head: Head | None = None
        self.sent_bytes = 0
        self._pinged_at: float | None = None
        self._quiet_before_ping = 0.0
        self._ponged_at: float | None = None
        request = protocol.connect()
        request.headers.update(headers)
        protocol.send_request(request)
        self._flush()

    @property
    def open(self) -> bool:
        """Whether frames may be sent."""
        return self._protocol.state is State.OPEN and self.end is None

    @property
    def ponged(self) -> bool:
        """Whether our ping was answered."""
        return self._ponged_at is not None

    def ping(self) -> None:
        """Ask whether the server is there."""
        self._quiet_before_ping = self.now - (self.said[-1].at if self.said else 0.0)
        self._pinged_at = self.now
        self._protocol.send_ping(b"doctor")
        self._flush()

    def send(self, text: bytes) -> None:
        """Send one text frame."""
        self.sent_bytes = len(text)
        self._protocol.send_text(text)
        self._flush()

    def conversation(self) -> Conversation:
        """What there is; a connection that has not ended counts as closed by us now."""
        closed: Close | None = self._protocol.close_rcvd
        upgraded = self.head is not None and self._protocol.state is not State.CONNECTING
        upgraded = upgraded and self._protocol.handshake_exc is None
        return Conversation(
            head=self.head,
            upgraded=upgraded,
            why_not=str(self._protocol.handshake_exc or ""),
            subprotocol=str(self._protocol.subprotocol or ""),
            extensions=self.head.get("sec-websocket-extensions") if self.head else "",
            said=tuple(self.said),
            end=self.end or End.OURS,
            lasted=self.lasted if self.end else self.now,
            code=closed.code if closed else None,
            reason=closed.reason if closed else "",
            pinged=self._pinged_at is not None,
            answered_in=(self._ponged_at or 0.0) - (self._pinged_at or 0.0)
            if self._ponged_at is not None
            else None,
            sent_bytes=self.sent_bytes,
            quiet_before_ping=self._quiet_before_ping,
        )

    def leave(self) -> None:
        """Say goodbye, where somebody is there to hear it."""
        if self.open:
            self._protocol.send_close(1000)
            self._flush()

    def _take(self, piece: bytes) -> None:
        if piece:
            self._protocol.receive_data(piece)
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self.head = _head(event)
            elif isinstance(event, Frame):
                self._hear(event)
        self._flush()
        if not piece:
            self._ended(End.FINISHED if self._protocol.close_rcvd else End.CUT)
        elif isinstance(self._protocol.handshake_exc, InvalidHandshake):
            self._ended(End.FINISHED)

    def _hear(self, frame: Frame) -> None:
        text = bytes(frame.data[:_TEXT_KEPT]).decode("utf-8", "replace")
        self.said.append(Said(self.now, _KINDS[frame.opcode], text))
        if frame.opcode is Opcode.PONG and bytes(frame.data) == b"doctor":
            self._ponged_at = self.now

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and not self._writer.is_closing():
                self._writer.write(data)


def _head(response: Response) -> Head:
    headers = tuple((name.lower(), value) for name, value in response.headers.raw_items())
    return Head("1.1", response.status_code, headers)


@contextlib.asynccontextmanager
async def talking(
    target: Target,
    trust: Trust,
    *,
    origin: str | None,
    subprotocols: Sequence[str] = (),
    deflate: bool = False,
    headers: HeadersLike = (),
) -> AsyncIterator[Talker]:
    """Send one handshake; the connection is closed when the context is left.

    Raises:
        DoctorError: no connection.
    """
    streams = await connect(target, trust)
    protocol = ClientProtocol(
        WebSocketURI(target.tls, target.host, target.port, target.path, target.query),
        origin=Origin(origin) if origin is not None else None,
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        extensions=[ClientPerMessageDeflateFactory()] if deflate else None,
        max_size=None,
    )
    try:
        talker = Talker(streams, protocol, headers)
        yield talker
        talker.leave()
    finally:
        await hang_up(streams[1])
