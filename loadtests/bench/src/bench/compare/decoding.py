"""From the bytes that a client got, and when, to the readings in them. Pure.

Done after a run and not in it: a client that parses is late for its neighbour's bytes.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from bench.compare.http import End, HttpReader
from bench.compare.ways import Way

_GZIP: Final = 16 + zlib.MAX_WBITS
_DATA: Final = b"data: "
_SHORT: Final = 126
_TEXT: Final = 1
_HEAD: Final = 2
# Both "id: e3f9c2-17" and "id":"e3f9c2-17".
_POSITION: Final = re.compile(rb'\bid(?:: |":")([a-z0-9]{4,16}-[0-9]{1,19})')


class Arrived(NamedTuple):
    """Something that came at once, at Unix time ``at``."""

    at: float
    data: bytes


class Reading(NamedTuple):
    """One reading as a client saw it: of what, its own time and when it was here."""

    sensor: str
    time: float
    at: float


def readings_of(way: Way, arrived: Iterable[Arrived]) -> Iterator[Reading]:
    """Every reading of one connection, replayed and repeated ones too."""
    for at, text in _texts(way, arrived):
        for record in _records(json.loads(text)):
            yield Reading(record["n"], record["t"], at)


def last_position(way: Way, arrived: Iterable[Arrived]) -> str:
    """The position that a stream's client would come back with; nothing before the first.

    Of what came whole: an id whose data was cut off is none.
    """
    texts = _bodies(way, arrived) if way is Way.WEBSOCKET else _blocks(_bodies(way, arrived))
    found = [match[1] for _, text in texts if (match := _POSITION.search(text))]
    return found[-1].decode() if found else ""


def _records(told: Any) -> list[dict[str, Any]]:
    if isinstance(told, dict):
        told = told.get("data")
    return [one for one in told if "n" in one] if isinstance(told, list) else []


def _texts(way: Way, arrived: Iterable[Arrived]) -> Iterator[Arrived]:
    """Each JSON text, as soon as it was whole."""
    if way is Way.WEBSOCKET:
        yield from _bodies(way, arrived)
    elif way.stays:
        yield from _events(_bodies(way, arrived))
    else:
        yield from (one for one in _answers(arrived) if one.data)


def _bodies(way: Way, arrived: Iterable[Arrived]) -> Iterator[Arrived]:
    if way is Way.WEBSOCKET:
        yield from _frames(_pieces(arrived))
    elif way is Way.SSE_GZIP:
        inflate = zlib.decompressobj(_GZIP)
        yield from (Arrived(at, inflate.decompress(data)) for at, data in _pieces(arrived))
    else:
        yield from _pieces(arrived)


def _pieces(arrived: Iterable[Arrived]) -> Iterator[Arrived]:
    reader = HttpReader()
    for at, data in arrived:
        for piece in reader.feed(data):
            if isinstance(piece, bytes) and piece:
                yield Arrived(at, piece)


def _answers(arrived: Iterable[Arrived]) -> Iterator[Arrived]:
    """Each answer's whole body, when its last byte was there."""
    reader, body = HttpReader(), b""
    for at, data in arrived:
        for piece in reader.feed(data):
            if isinstance(piece, bytes):
                body += piece
            elif isinstance(piece, End):
                yield Arrived(at, body)
                body = b""


def _events(bodies: Iterable[Arrived]) -> Iterator[Arrived]:
    """The data of each event."""
    for at, block in _blocks(bodies):
        for line in block.split(b"\n"):
            if line.startswith(_DATA):
                yield Arrived(at, line[len(_DATA) :])


def _blocks(bodies: Iterable[Arrived]) -> Iterator[Arrived]:
    left = b""
    for at, piece in bodies:
        *blocks, left = (left + piece).split(b"\n\n")
        yield from (Arrived(at, block) for block in blocks)


def _frames(bodies: Iterable[Arrived]) -> Iterator[Arrived]:
    """The text of each frame (RFC 6455, section 5.2); a server's are not masked."""
    left = b""
    for at, piece in bodies:
        left += piece
        while (frame := _frame(left)) is not None:
            opcode, payload, size = frame
            left = left[size:]
            if opcode == _TEXT:
                yield Arrived(at, payload)


def _frame(data: bytes) -> tuple[int, bytes, int] | None:
    if len(data) < _HEAD:
        return None
    size, start = data[1] & 0x7F, 2
    if size >= _SHORT:
        start = 4 if size == _SHORT else 10
        if len(data) < start:
            return None
        size = int.from_bytes(data[2:start], "big")
    end = start + size
    return (data[0] & 0x0F, data[start:end], end) if len(data) >= end else None
