"""One HTTP/1.1 request, and everything that comes back with the moment it came."""

import asyncio
import contextlib
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

import h11

from doctor.events import EventReader
from doctor.probes.dial import connect
from doctor.probes.ear import Ear
from doctor.recording import End, Head, Piece, Recording
from doctor.target import Target
from doctor.trust import Trust

_AGENT: Final = "airwave-doctor/1"
_BODY_KEPT: Final = 4_096
_PIECES_KEPT: Final = 100_000  # bounds a flood; a watch of minutes at a thousand a second


class Listener(Ear):
    """What a request has got so far; `listen` waits for more, `recording` says what there is."""

    def __init__(self, reader: asyncio.StreamReader, method: str) -> None:
        super().__init__(reader)
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=65_536)
        self._method = method
        self._inflate: Callable[[bytes], bytes] = bytes
        self.events = EventReader()
        self.head: Head | None = None
        self._head_at: float | None = None
        self._pieces: list[Piece] = []
        self._body = b""

    def request(self, target: Target, headers: Mapping[str, str]) -> bytes:
        """The request's bytes; the clock starts."""
        lines = {
            "Host": target.authority,
            "User-Agent": _AGENT,
            "Accept": "text/event-stream",
            **headers,
        }
        asked = h11.Request(
            method=self._method, target=target.resource.encode(), headers=list(lines.items())
        )
        self._began = time.monotonic()
        return (self._connection.send(asked) or b"") + (
            self._connection.send(h11.EndOfMessage()) or b""
        )

    def recording(self) -> Recording:
        """What there is; a connection that has not ended counts as closed by us now."""
        return Recording(
            head=self.head,
            head_at=self._head_at,
            pieces=tuple(self._pieces),
            events=tuple(self.events.events),
            retry_ms=self.events.retry_ms,
            comments=self.events.comments,
            end=self.end or End.OURS,
            lasted=self.lasted if self.end else self.now,
            body=self._body,
        )

    def _full(self) -> bool:
        return len(self._pieces) > _PIECES_KEPT

    def _take(self, piece: bytes) -> None:
        at = self.now
        self._connection.receive_data(piece)
        size = 0
        try:
            while (event := self._connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Response):
                    self._take_head(event, at)
                elif isinstance(event, h11.Data):
                    size += len(event.data)
                    self._take_body(bytes(event.data), at)
                elif isinstance(event, h11.EndOfMessage):
                    self._ended(End.FINISHED if self._framed() else End.CLOSED)
                    break
                elif isinstance(event, h11.ConnectionClosed):
                    self._ended(End.CUT)
                    break
        except h11.RemoteProtocolError:
            self._ended(End.CUT)
        if size:
            self._pieces.append(Piece(at, size))

    def _take_head(self, response: h11.Response, at: float) -> None:
        headers = tuple(
            (name.decode(), value.decode("latin-1")) for name, value in response.headers
        )
        version = response.http_version.decode()
        self.head, self._head_at = Head(version, response.status_code, headers), at
        if self.head.get("content-encoding").lower() in ("gzip", "deflate"):
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress

    def _take_body(self, data: bytes, at: float) -> None:
        with contextlib.suppress(zlib.error):
            plain = self._inflate(data)
            self._body = (self._body + plain)[:_BODY_KEPT]
            self.events.feed(plain, at)

    def _framed(self) -> bool:
        """Whether the end of the answer can be told from a cut."""
        head = self.head
        return self._method == "HEAD" or (
            head is not None
            and ("chunked" in head.get("transfer-encoding") or bool(head.all("content-length")))
        )


@contextlib.asynccontextmanager
async def listening(
    target: Target, trust: Trust, headers: Mapping[str, str] | None = None, *, method: str = "GET"
) -> AsyncIterator[Listener]:
    """Send one request; the connection is closed when the context is left.

    Raises:
        DoctorError: no connection.
    """
    reader, writer = await connect(target, trust)
    try:
        listener = Listener(reader, method)
        writer.write(listener.request(target, headers or {}))
        yield listener
    finally:
        await hang_up(writer)


async def ask(
    target: Target,
    trust: Trust,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    within: float,
    until: Callable[[Listener], bool] = lambda _: False,
) -> Recording:
    """What one request gets ``within`` so many seconds, or ``until`` something is true."""
    async with listening(target, trust, headers, method=method) as listener:
        await listener.listen(within, until=until)
        return listener.recording()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close without waiting for a peer that has its own opinion about it."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 1)
