"""Server-Sent Events: what we write is what any parser of the standard reads."""

import json
from typing import Final

from httpx_sse._decoders import SSEDecoder, SSELineDecoder

from doctor.events import EventReader
from feed.framing import frame_event
from realtime.sse import encode_event, encode_retry
from systemtests.fuzz.sse_reference import Event, parse_stream
from systemtests.fuzz.target import Target, require

_NAMES: Final = ("hello", "snapshot", "readings", "gap", "heartbeat", "status", "drain", "busy")


def take_text(data: bytes) -> None:
    """Write any text as an event's data (JSON, as ours always is), and read it four ways."""
    text = data.decode("utf-8", "replace")
    name, id_ = _NAMES[len(data) % len(_NAMES)], f"e3f9c2-{len(data)}"
    value = json.dumps([text], ensure_ascii=False, separators=(",", ":"))
    chunk = encode_retry(len(data)) + encode_event(name, value, id_=id_)
    said = [Event(name, value, id_)]
    require(chunk.endswith(b"\n\n") and b"\r" not in chunk, "line feeds only, and a blank line")
    require(chunk.count(b"\n\n") == 1, "nothing ends a block but its end", chunk)
    require(parse_stream(chunk) == said, "the standard reads what was said", chunk)
    require(_by_doctor(chunk, piece=1 + len(data) % 7) == said, "so does the doctor", chunk)
    require(_by_httpx_sse(chunk) == said, "so does httpx-sse", chunk)
    frame = json.loads(frame_event(name, value, id_=id_))
    require(frame == {"type": name, "id": id_, "data": [text]}, "a frame says the same", frame)


def take_stream(data: bytes) -> None:
    """Any bytes, cut anywhere: the doctor reads what the standard reads. The first byte cuts."""
    piece = 1 + (data[0] if data else 0) % 16
    # With an end that leaves nothing open: half a letter, or a line feed that may still come.
    stream = data[1:] + b"\n: end\n"
    expected, found = parse_stream(stream), _by_doctor(stream, piece=piece)
    require(found == expected, "the doctor reads what the standard reads", found, expected)


def _by_doctor(stream: bytes, *, piece: int) -> list[Event]:
    reader = EventReader()
    for start in range(0, len(stream), piece):
        reader.feed(stream[start : start + piece], 0.0)
    return [Event(event.name, event.data, event.id) for event in reader.events]


def _by_httpx_sse(stream: bytes) -> list[Event]:
    lines, events = SSELineDecoder(), SSEDecoder()
    read = [*lines.decode(stream.decode()), *lines.flush()]
    found = [event for line in read if (event := events.decode(line)) is not None]
    return [Event(event.event, event.data, event.id) for event in found]


TARGETS: Final = (
    Target(
        "sse",
        "parse(encode(x)) == x, by the standard, the doctor's reader and httpx-sse",
        take_text,
        (
            b"",
            b"a\nb",
            b"a\r\n\r\nevent: forged\r\ndata: x\r\n\r\n",
            "\u2028\u2029\u0085\ufeff".encode(),
            b"\0\x01\x1f\x7f",
            b"\xff\xfe",
            b'"\\',
        ),
        ("\\n\\n", "\\r", "data:", "event:", "id:", "\u2028", "\ufeff"),
        256,
    ),
    Target(
        "sse-stream",
        "the doctor reads any stream, cut anywhere, as the standard does",
        take_stream,
        (
            b"\0data: a\n\n",
            b"\x01event: a\rdata: b\r\rid: 1\r\ndata\r\n\r\n",
            b"\x02\xef\xbb\xbfdata: a\n\ndata\n\n: comment\nretry: 5\nretry: 5x\n\n",
            b"\x03id: a\0b\ndata:  two\n\nid\ndata: c\n\n",
            b"\x04data: cut off\n",
            b"\x05data: \xe2\x82\n\n",
        ),
        ("data:", "data: ", "event: ", "id: ", "retry: ", ": ", "\r\n", "\r", "\n\n", "\ufeff"),
    ),
)
