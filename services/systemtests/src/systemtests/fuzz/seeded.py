"""Bugs made on purpose, one of each kind, behind bytes that no chance finds: the fuzzer must.

Each lies behind a prefix of five bytes that are compared one after the other, so that only who sees
which branches an input takes comes nearer with each. By chance it is one input of a million
million.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from realtime.position import Position, parse_position
from realtime.sse import encode_event
from realtime.subjects import is_token
from systemtests.fuzz.bounds import CPU_SECONDS, GROWTH_BYTES
from systemtests.fuzz.sse_reference import Event, parse_stream
from systemtests.fuzz.target import Target, require

PREFIX: Final = b"fuzz!"


def behind(data: bytes) -> bool:
    """Whether an input begins with the prefix, asked byte by byte."""
    return (
        len(data) >= len(PREFIX)
        and data[0] == PREFIX[0]
        and data[1] == PREFIX[1]
        and data[2] == PREFIX[2]
        and data[3] == PREFIX[3]
        and data[4] == PREFIX[4]
    )


def undocumented_error(data: bytes) -> None:
    """A parser that says "no position" by an error that nobody catches."""
    if behind(data):
        raise KeyError(data)
    parse_position(data.decode("utf-8", "replace"))


def broken_round_trip(data: bytes) -> None:
    """An encoder that forgets a line end."""
    text = data.decode("latin-1").translate({10: "", 13: ""}) or "-"
    chunk = encode_event("readings", text, id_="e3f9c2-1")
    if behind(data):
        chunk = chunk.removesuffix(b"\n")
    said = [Event("readings", text, "e3f9c2-1")]
    require(parse_stream(chunk) == said, "parse(encode(x)) == x", chunk)


def disagreement(data: bytes) -> None:
    """Two readings of one rule, of which one has an exception."""
    text = data.decode("latin-1")
    letters = all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in text)
    other = 1 <= len(text) <= 64 and letters
    require(is_token(text) == (other or behind(data)), "two implementations agree", text)


def too_slow(data: bytes) -> None:
    """A parser whose time has no bound."""
    until = time.thread_time() + 1.2 * CPU_SECONDS if behind(data) else 0.0
    while time.thread_time() < until:
        parse_position("e3f9c2-1")


def too_large(data: bytes) -> None:
    """A parser whose memory has no bound."""
    if behind(data):
        data = data[:1] * (2 * GROWTH_BYTES)
    Position("e3f9c2", len(data))


def _seeded(take: Callable[[bytes], None]) -> Target:
    name = take.__name__.replace("_", "-")
    return Target(f"seeded-{name}", str(take.__doc__), take, (b"e3f9c2-1", b""), most_bytes=16)


TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for target in map(
        _seeded, (undocumented_error, broken_round_trip, disagreement, too_slow, too_large)
    )
}
