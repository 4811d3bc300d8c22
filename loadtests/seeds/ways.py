"""Ways to the feed: one on which an event is lost now and then, one on which all come late."""

import queue
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from urllib.parse import urlsplit

Passing = Callable[[socket.socket, bytes], None]
"""Passes on what came; nothing means that no more comes."""

_EVERY = 10
_CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")


class Thief:
    """Takes every so many-th ``readings`` chunk out of a chunked event stream."""

    def __init__(self) -> None:
        self._kept = b""
        self._streaming = False
        self._events = 0

    def pass_on(self, sink: socket.socket, part: bytes) -> None:
        """Pass on what is left of a part."""
        kept = self.take(part)
        if kept or not part:
            _at_once(sink, kept)

    def take(self, part: bytes) -> bytes:
        """What is passed on of what came."""
        if not self._streaming:
            head, found, rest = part.partition(b"\r\n\r\n")
            if not found or b"text/event-stream" not in head:
                return part
            self._streaming = True
            return head + found + self.take(rest)
        self._kept += part
        return b"".join(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while size := _CHUNK.match(self._kept):
            end = size.end() + int(size[1], 16) + 2
            if len(self._kept) < end:
                return
            chunk, self._kept = self._kept[:end], self._kept[end:]
            stealable = b"event: readings" in chunk
            self._events += stealable
            if not stealable or self._events % _EVERY:
                yield chunk


class Delay:
    """Lets everything wait for the same time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: queue.Queue[tuple[float, socket.socket, bytes]] = queue.Queue()
        threading.Thread(target=self._let_go, daemon=True).start()

    def pass_on(self, sink: socket.socket, part: bytes) -> None:
        """Pass a part on, later."""
        self._waiting.put((time.monotonic() + self._seconds, sink, part))

    def _let_go(self) -> None:
        part = b"something"
        while part:
            due, sink, part = self._waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            with suppress(OSError):
                _at_once(sink, part)


class _Carrying(socketserver.BaseRequestHandler):
    """One connection: what is asked goes through as it is, what is answered through a thief."""

    def handle(self) -> None:
        assert isinstance(self.server, _Way)  # noqa: S101 - it is made below and nowhere else
        with socket.create_connection(self.server.target) as there, suppress(OSError):
            self.server.open |= {self.request, there}
            asking = threading.Thread(
                target=_copy, args=(self.request, there, _at_once), daemon=True
            )
            asking.start()
            _copy(there, self.request, self.server.passing())
            self.server.open -= {self.request, there}


class _Way(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, target: tuple[str, int], passing: Callable[[], Passing]) -> None:
        super().__init__(("127.0.0.1", 0), _Carrying)
        self.target = target
        self.passing = passing
        self.open: set[socket.socket] = set()


def lossy(target: str) -> AbstractContextManager[str]:
    """The address (``host:port``) of a way to ``target`` (``http://host:port``), in threads."""
    return _way(target, lambda: Thief().pass_on)


def late(target: str, *, seconds: float) -> AbstractContextManager[str]:
    """The same; all that is answered comes so many seconds later, in order."""
    return _way(target, lambda: Delay(seconds).pass_on)


@contextmanager
def _way(target: str, passing: Callable[[], Passing]) -> Iterator[str]:
    parts = urlsplit(target)
    with _Way((parts.hostname or "", parts.port or 80), passing) as way:
        serving = threading.Thread(target=way.serve_forever, name="way")
        serving.start()
        try:
            yield "{}:{}".format(*way.server_address[:2])
        finally:
            way.shutdown()
            for line in tuple(way.open):
                _end(line)
            serving.join()


def _copy(source: socket.socket, sink: socket.socket, passing: Passing) -> None:
    with suppress(OSError):
        while part := source.recv(2**16):
            passing(sink, part)
        passing(sink, b"")
    _end(source)


def _at_once(sink: socket.socket, part: bytes) -> None:
    sink.sendall(part)
    if not part:
        _end(sink)


def _end(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
