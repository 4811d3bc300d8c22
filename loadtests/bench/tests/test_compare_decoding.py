"""From bytes to readings, whatever the pieces they come in."""

import gzip
import json
from collections.abc import Iterator

import pytest

from bench.compare.decoding import Arrived, last_position, readings_of
from bench.compare.http import END, Head, HttpReader
from bench.compare.ways import Way

PACKS = [[{"n": "a/b", "v": 1.0, "t": 5.5}], [{"n": "a/b", "v": 2.0, "t": 6.5}, {"n": "c", "t": 7}]]
HEARTBEAT = {"server_time": 8.5}
EXPECTED = [("a/b", 5.5), ("a/b", 6.5), ("c", 7)]


def events() -> bytes:
    told = [
        f"event: readings\nid: e3f9-{number}\ndata: {json.dumps(pack)}\n\n"
        for number, pack in enumerate(PACKS, 1)
    ]
    return "".join(
        [*told, f"event: heartbeat\nid: e3f9-3\ndata: {json.dumps(HEARTBEAT)}\n\n"]
    ).encode()


def frames() -> bytes:
    made = b""
    for number, pack in enumerate([*PACKS, HEARTBEAT], 1):
        frame = {"type": "x", "id": f"e3f9-{number}", "data": pack}
        text = json.dumps(frame, separators=(",", ":")).encode()
        head = bytes((0x81, len(text))) if len(text) < 126 else b"\x81\x7e" + len(text).to_bytes(2)
        made += b"\x89\x00" + head + text
    return made


def chunked(body: bytes) -> bytes:
    parts = [body[at : at + 50] for at in range(0, len(body), 50)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


def streamed(way: Way) -> bytes:
    if way is Way.WEBSOCKET:
        return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + frames()
    body = gzip.compress(events()) if way is Way.SSE_GZIP else events()
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body)


def answered() -> bytes:
    made = b""
    for pack in PACKS:
        body = json.dumps(pack).encode()
        made += b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: x\r\n\r\n" % len(body) + body
        made += b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"
    return made


def in_pieces(data: bytes, size: int) -> Iterator[Arrived]:
    for number, at in enumerate(range(0, len(data), size)):
        yield Arrived(float(number), data[at : at + size])


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
@pytest.mark.parametrize("way", list(Way))
def test_readings_are_found_in_pieces_of_any_size(way: Way, size: int) -> None:
    data = streamed(way) if way.stays else answered()
    found = list(readings_of(way, in_pieces(data, size)))
    assert [one[:2] for one in found] == EXPECTED
    assert [one.at for one in found] == sorted(one.at for one in found)


@pytest.mark.parametrize("size", [40, 100_000])
@pytest.mark.parametrize("way", [way for way in Way if way.stays])
def test_the_last_position_is_what_one_comes_back_with(way: Way, size: int) -> None:
    assert last_position(way, in_pieces(streamed(way), size)) == "e3f9-3"
    assert last_position(way, []) == ""


def test_an_answer_has_a_head_a_body_and_an_end() -> None:
    pieces = list(HttpReader().feed(answered()))
    heads = [piece for piece in pieces if isinstance(piece, Head)]
    assert [head.status for head in heads] == [200, 304, 200, 304]
    assert heads[0].headers["etag"] == "x"
    assert sum(piece is END for piece in pieces) == 4


@pytest.mark.parametrize("way", list(Way))
def test_a_request_brings_what_is_held(way: Way) -> None:
    assert b"e3f9-7" in way.request("e3f9-7")
    assert b"e3f9-7" not in way.request("")
    assert (b"wait=10" in way.request("")) == (way is Way.LONG_POLLING)


@pytest.mark.parametrize("way", [Way.SSE, Way.WEBSOCKET])
def test_an_event_that_was_cut_off_moves_no_position(way: Way) -> None:
    assert last_position(way, in_pieces(streamed(way)[:-12], 100_000)) == "e3f9-2"
