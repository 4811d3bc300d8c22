"""What an HTTP/1.1 server answers, piece by piece as it comes. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_BLANK: Final = b"\r\n\r\n"
_LINE: Final = b"\r\n"
_NO_BODY: Final = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Head:
    """A response's status and headers, names in lower case."""

    status: int
    headers: dict[str, str]


class End:
    """A response is over."""


END: Final = End()
Piece = Head | bytes | End


class HttpReader:
    """Reads responses one after the other; after 101 all is body."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left: int | None = None
        self._chunked = False
        self._in_body = False

    def feed(self, data: bytes) -> Iterator[Piece]:
        """What ``data`` completes."""
        self._buffer += data
        while True:
            piece = self._body() if self._in_body else self._head()
            if piece is None:
                return
            yield piece

    def _head(self) -> Piece | None:
        end = self._buffer.find(_BLANK)
        if end < 0:
            return None
        line, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + len(_BLANK)]
        pairs = (one.partition(":") for one in lines)
        head = Head(int(line.split()[1]), {k.lower(): v.strip() for k, _, v in pairs})
        self._chunked = head.headers.get("transfer-encoding") == "chunked"
        length = head.headers.get("content-length")
        self._left = None if length is None or self._chunked else int(length)
        if head.status in _NO_BODY:
            self._left, self._chunked = 0, False
        self._in_body = True
        return head

    def _body(self) -> Piece | None:
        if self._chunked:
            return self._chunk()
        if self._left == 0:
            return self._end()
        if not self._buffer:
            return None
        size = len(self._buffer) if self._left is None else min(self._left, len(self._buffer))
        if self._left is not None:
            self._left -= size
        return self._taken(size)

    def _chunk(self) -> Piece | None:
        at = self._buffer.find(_LINE)
        if at < 0:
            return None
        size = int(self._buffer[:at], 16)
        whole = at + 2 + size + 2
        if len(self._buffer) < whole:
            return None
        del self._buffer[: at + 2]
        piece = self._taken(size)
        del self._buffer[:2]
        return piece if size else self._end()

    def _taken(self, size: int) -> bytes:
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece

    def _end(self) -> End:
        self._in_body = False
        return END
