"""What a peer may do to a WebSocket, and what RFC 6455 says to it: a table.

Each case names its section. A case is sent as it stands; one that ends with no close of its own is
closed with 1000 by the suite, which has to be echoed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from systemtests.raw_socket import NO_CODE, Op, close_frame, frame

FRAME_BYTES: Final = 64 * 1024
KOSME: Final = "κόσμε".encode()


@dataclass(frozen=True, slots=True)
class Case:
    """``echoes`` are the messages that /echo says back, ``pongs`` what everybody answers."""

    name: str
    section: str
    sends: bytes
    code: int = 1000
    echoes: tuple[bytes, ...] = ()
    pongs: tuple[bytes, ...] = ()

    @property
    def id(self) -> str:
        """For pytest."""
        return f"{self.section} {self.name}"


def _pieces(data: bytes, size: int = 1) -> bytes:
    """A text in fragments."""
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    last = len(parts) - 1
    return b"".join(
        frame(Op.CONT if number else Op.TEXT, part, fin=number == last)
        for number, part in enumerate(parts)
    )


def _closes() -> Iterator[Case]:
    yield Case("a close without a code", "5.5.1", frame(Op.CLOSE), NO_CODE)
    yield Case("a close with half a code", "5.5.1", frame(Op.CLOSE, b"\x03"), 1002)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1011, 3000, 3999, 4000, 4999):
        yield Case(f"a close with {code}", "7.4", close_frame(code), code)
    for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535):
        yield Case(f"a close with {code}, which is no code", "7.4", close_frame(code), 1002)
    yield Case("a reason of 123 bytes", "5.5", close_frame(1000, b"x" * 123))
    yield Case("a reason of 124 bytes", "5.5", close_frame(1000, b"x" * 124), 1002)
    yield Case("a reason that is no UTF-8", "5.5.1", close_frame(1000, b"\xff"), 1007)
    yield Case("a text after the close", "5.5.1", close_frame(1000) + frame(Op.TEXT, b"late"))
    yield Case("two closes", "5.5.1", close_frame(1000) + close_frame(1001))
    yield Case("a close in two fragments", "5.5", frame(Op.CLOSE, b"\x03", fin=False), 1002)
    # A close may stand there; our library answers it as it answers the message without its end.
    unfinished = frame(Op.TEXT, b"a", fin=False) + close_frame(1000)
    yield Case("a close inside a message", "5.4", unfinished, 1002)


def _pings() -> Iterator[Case]:
    for size in (0, 1, 125):
        payload = b"\xfe" * size
        yield Case(f"a ping of {size}", "5.5.2", frame(Op.PING, payload), pongs=(payload,))
    yield Case("a ping of 126", "5.5", frame(Op.PING, b"x" * 126), 1002)
    yield Case("a ping in fragments", "5.5", frame(Op.PING, b"x", fin=False), 1002)
    yield Case("a pong that nobody asked for", "5.5.3", frame(Op.PONG, b"x"))
    many = tuple(b"%d" % number for number in range(5_000))
    pings = b"".join(frame(Op.PING, payload) for payload in many)
    yield Case("5,000 pings", "5.5.2", pings, pongs=many)


def _fragments() -> Iterator[Case]:
    yield Case("characters cut into fragments", "5.4", _pieces(KOSME), echoes=(KOSME,))
    start, end = frame(Op.TEXT, b"a", fin=False), frame(Op.CONT, b"b")
    ping = frame(Op.PING, b"p")
    yield Case("a ping inside", "5.4", start + ping + end, echoes=(b"ab",), pongs=(b"p",))
    empty = frame(Op.CONT, fin=False)
    yield Case("empty ones between", "5.4", start + empty * 3 + end, echoes=(b"ab",))
    nothing = frame(Op.TEXT, fin=False) + frame(Op.CONT)
    yield Case("nothing in two fragments", "5.4", nothing, echoes=(b"",))
    tiny = b"x" * 5_000
    yield Case("5,000 of one byte", "5.4", _pieces(tiny), echoes=(tiny,))
    yield Case("100,000 empty ones", "5.4", start + empty * 100_000 + end, echoes=(b"ab",))
    yield Case("a continuation of nothing", "5.4", end, 1002)
    yield Case("another message inside", "5.4", start + frame(Op.TEXT, b"b"), 1002)
    whole = frame(Op.TEXT, b"a")
    yield Case("a continuation of what was whole", "5.4", whole + end, 1002)


def _bits() -> Iterator[Case]:
    for rsv in range(1, 8):
        yield Case(f"reserved bits {rsv:03b}", "5.2", frame(Op.TEXT, b"x", rsv=rsv), 1002)
    yield Case("reserved bits of a ping", "5.2", frame(Op.PING, b"x", rsv=4), 1002)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield Case(f"opcode {opcode}", "5.2", frame(opcode, b"x"), 1002)
    for opcode in (Op.TEXT, Op.BINARY, Op.PING, Op.CLOSE):
        sent = frame(opcode, b"\x03\xe8", masked=False)
        yield Case(f"{opcode.name.lower()} that is not masked", "5.1", sent, 1002)


def _texts() -> Iterator[Case]:
    bad = {
        "no start byte": b"\xff\xfe",
        "a surrogate": b"\xed\xa0\x80",
        "an overlong slash": b"\xc0\xaf",
        "beyond U+10FFFF": b"\xf4\x90\x80\x80",
        "a character cut off": b"ok\xce",
    }
    for name, text in bad.items():
        yield Case(f"text with {name}", "8.1", frame(Op.TEXT, text), 1007)
        last = frame(Op.TEXT, KOSME, fin=False) + frame(Op.CONT, text)
        yield Case(f"{name} in the last fragment only", "8.1", last, 1007)
        blob = frame(Op.BINARY, text)
        yield Case(f"the same bytes as data: {name}", "5.6", blob, echoes=(text,))
    together = frame(Op.TEXT, b"\xff") + close_frame(1000)
    yield Case("bad text and the close in one segment", "8.1", together, 1000)
    for text in (b"", KOSME, "\ufffe\x00🎈".encode()):
        yield Case(f"text {text!r}", "5.6", frame(Op.TEXT, text), echoes=(text,))


def _sizes() -> Iterator[Case]:
    full = b"x" * FRAME_BYTES
    yield Case("64 KiB", "10.4", frame(Op.TEXT, full), echoes=(full,))
    yield Case("64 KiB in fragments", "10.4", _pieces(full, 1_000), echoes=(full,))
    yield Case("64 KiB and one", "10.4", frame(Op.TEXT, full + b"x"), 1009)
    yield Case("64 KiB and one, in fragments", "10.4", _pieces(full + b"x", 1_000), 1009)
    for length in (FRAME_BYTES + 1, 1 << 40, (1 << 63) - 1, 1 << 63):
        lie = frame(Op.BINARY, says_length=length)
        yield Case(f"the promise of {length} bytes", "10.4", lie, 1009)


CASES: Final = (*_closes(), *_pings(), *_fragments(), *_bits(), *_texts(), *_sizes())
