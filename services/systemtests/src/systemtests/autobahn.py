"""The case groups of the Autobahn TestSuite, told again from its documented cases, for /echo.

Its own client is Python 2.7. A case sends its segments one after the other and then, unless it is
shown out, says goodbye with 1000. Where we differ from the suite, the case says how; ours is the
answer that stands here. The numbers are the suite's (9.*, limits: by our 64 KiB).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from systemtests.raw_socket import NO_CODE, Op, close_frame, frame

LIMIT_BYTES: Final = 64 * 1024
KOSME: Final = "κόσμε".encode()
GOODBYE: Final = "Hello-µ@ßöäüàá-UTF-8!!".encode()


@dataclass(frozen=True, slots=True)
class Case:
    """``segments`` are written one by one; ``code`` is of the close that has to come back.

    ``answers`` are the echoes and pongs before it, in their order; None: whatever the server had
    read when it saw the mistake.
    """

    number: str
    segments: tuple[bytes, ...]
    code: int = 1000
    answers: tuple[bytes, ...] | None = ()

    @property
    def closes(self) -> bool:
        """Whether its client begins with a close."""
        return self.segments[0][:1] == close_frame(1000)[:1]


def octets(data: bytes) -> tuple[bytes, ...]:
    """Each byte a segment of its own."""
    return tuple(data[at : at + 1] for at in range(len(data)))


def chops(data: bytes, size: int) -> tuple[bytes, ...]:
    """Pieces of so many bytes."""
    return tuple(data[at : at + size] for at in range(0, len(data), size))


def fragments(opcode: int, *parts: bytes) -> tuple[bytes, ...]:
    """One message, a frame for each part."""
    last = len(parts) - 1
    return tuple(
        frame(Op.CONT if number else opcode, part, fin=number == last)
        for number, part in enumerate(parts)
    )


def _framing() -> Iterator[Case]:
    for group, opcode, fill in (("1.1", Op.TEXT, b"*"), ("1.2", Op.BINARY, b"\xfe")):
        for number, size in enumerate((0, 125, 126, 127, 128, 65535, 65536), 1):
            data = fill * size
            yield Case(f"{group}.{number}", (frame(opcode, data),), answers=(data,))
        data = fill * 65536
        yield Case(f"{group}.8", chops(frame(opcode, data), 997), answers=(data,))


def _pings() -> Iterator[Case]:
    binary = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
    for number, data in enumerate((b"", b"Hello, world!", binary, b"\xfe" * 125), 1):
        yield Case(f"2.{number}", (frame(Op.PING, data),), answers=(data,))
    yield Case("2.5", (frame(Op.PING, b"\xfe" * 126),), 1002)
    full = b"\xfe" * 125
    yield Case("2.6", octets(frame(Op.PING, full)), answers=(full,))
    yield Case("2.7", (frame(Op.PONG),))
    yield Case("2.8", (frame(Op.PONG, b"unsolicited"),))
    yield Case("2.9", (frame(Op.PONG, b"unsolicited"), frame(Op.PING, b"p")), answers=(b"p",))
    ten = tuple(b"payload-%d" % number for number in range(10))
    pings = tuple(frame(Op.PING, payload) for payload in ten)
    yield Case("2.10", pings, answers=ten)
    yield Case("2.11", octets(b"".join(pings)), answers=ten)


def _reserved() -> Iterator[Case]:
    good, ping = frame(Op.TEXT, b"a"), frame(Op.PING)
    yield Case("3.1", (frame(Op.TEXT, b"a", rsv=1),), 1002)
    # What came before in one segment may go unanswered: the suite calls that non-strict.
    for number, cut in (("3.2", None), ("3.3", 8), ("3.4", 1)):
        sent = good + frame(Op.TEXT, b"a", rsv=2) + ping
        yield Case(number, chops(sent, cut or len(sent)), 1002, None)
    yield Case("3.5", (frame(Op.BINARY, b"\x00\xff", rsv=5),), 1002)
    yield Case("3.6", (frame(Op.PING, b"a", rsv=6),), 1002)
    yield Case("3.7", (frame(Op.CLOSE, b"\x03\xe8", rsv=7),), 1002)


def _opcodes() -> Iterator[Case]:
    for group, opcodes in (("4.1", range(3, 8)), ("4.2", range(11, 16))):
        for number, opcode in enumerate(opcodes, 1):
            alone = (frame(opcode, b"payload" if number % 2 == 0 else b""),)
            after = (frame(Op.TEXT, b"a"), *alone, frame(Op.PING))
            bad = alone if number < 3 else after
            yield Case(f"{group}.{number}", bad, 1002, () if number < 3 else None)


def _fragmentation() -> Iterator[Case]:
    yield Case("5.1", fragments(Op.PING, b"a", b"b"), 1002)
    yield Case("5.2", fragments(Op.PONG, b"a", b"b"), 1002)
    two, ping = fragments(Op.TEXT, b"a", b"b"), frame(Op.PING, b"p")
    for number, sent in ((3, two), (4, (b"".join(two),)), (5, octets(b"".join(two)))):
        yield Case(f"5.{number}", sent, answers=(b"ab",))
    within = (two[0], ping, two[1])
    for number, sent in ((6, within), (7, (b"".join(within),)), (8, octets(b"".join(within)))):
        yield Case(f"5.{number}", sent, answers=(b"p", b"ab"))
    for first, fin in ((9, True), (12, False)):
        sent = (frame(Op.CONT, b"x", fin=fin), frame(Op.TEXT, b"a"))
        whole = b"".join(sent)
        for number, cut in enumerate((sent, (whole,), octets(whole)), first):
            yield Case(f"5.{number}", cut, 1002)
    yield Case("5.15", (*two, frame(Op.CONT, b"c", fin=False), frame(Op.TEXT, b"d")), 1002, None)
    for number, fin in ((16, False), (17, True)):
        pair = (frame(Op.CONT, b"c", fin=fin), frame(Op.TEXT, b"d"), frame(Op.CONT, b"e"))
        yield Case(f"5.{number}", pair * 2, 1002)
    yield Case("5.18", (two[0], frame(Op.TEXT, b"b")), 1002)
    five = fragments(Op.TEXT, b"1", b"2", b"3", b"4", b"5")
    pinged = (*five[:2], frame(Op.PING, b"p"), *five[2:4], frame(Op.PING, b"q"), five[4])
    yield Case("5.19", pinged, answers=(b"p", b"q", b"12345"))
    yield Case("5.20", (b"".join(pinged),), answers=(b"p", b"q", b"12345"))


def _closes() -> Iterator[Case]:
    text = frame(Op.TEXT, b"a")
    yield Case("7.1.1", (text,), answers=(b"a",))
    # In one write: what comes once the server has closed is met by a reset, which takes its answer.
    yield Case("7.1.2", (close_frame(1000) + close_frame(1000),))
    yield Case("7.1.3", (close_frame(1000) + frame(Op.PING),))
    yield Case("7.1.4", (close_frame(1000) + text,))
    # The suite wants 1000; our library says what it thinks of the message without an end.
    yield Case("7.1.5", (frame(Op.TEXT, b"a", fin=False), close_frame(1000), text), 1002)
    yield Case("7.3.1", (frame(Op.CLOSE),), NO_CODE)
    yield Case("7.3.2", (frame(Op.CLOSE, b"a"),), 1002)
    yield Case("7.3.3", (close_frame(1000),))
    yield Case("7.3.4", (close_frame(1000, b"Hello World!"),))
    yield Case("7.3.5", (close_frame(1000, b"*" * 123),))
    yield Case("7.3.6", (close_frame(1000, b"*" * 124),), 1002)
    bad = KOSME + b"\xed\xa0\x80edited"
    yield Case("7.5.1", (close_frame(1000, bad),), 1007)
    good = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for number, code in enumerate(good, 1):
        yield Case(f"7.7.{number}", (close_frame(code),), code)
    none = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
    for number, code in enumerate(none, 1):
        yield Case(f"7.9.{number}", (close_frame(code),), 1002)
    for number, code in enumerate((5000, 65535), 1):
        yield Case(f"7.13.{number}", (close_frame(code),), 1002)


def _limits() -> Iterator[Case]:
    full = b"*" * LIMIT_BYTES
    for group, opcode in (("9.1", Op.TEXT), ("9.2", Op.BINARY)):
        yield Case(f"{group}.1", (frame(opcode, full),), answers=(full,))
        yield Case(f"{group}.2", (frame(opcode, says_length=4 * LIMIT_BYTES),), 1009)
    for group, opcode in (("9.3", Op.TEXT), ("9.4", Op.BINARY)):
        for number, size in enumerate((64, 256, 1024, 4096, 16384, 65536), 1):
            yield Case(f"{group}.{number}", fragments(opcode, *chops(full, size)), answers=(full,))
        over = fragments(opcode, full, b"*")
        yield Case(f"{group}.9", over, 1009)
    for group, opcode in (("9.5", Op.TEXT), ("9.6", Op.BINARY)):
        for number, size in enumerate((64, 128, 256, 512, 1024, 2048), 1):
            yield Case(f"{group}.{number}", chops(frame(opcode, full), size), answers=(full,))
    for group, opcode in (("9.7", Op.TEXT), ("9.8", Op.BINARY)):
        for number, size in enumerate((0, 16, 64, 256, 1024, 4096), 1):
            said = (b"*" * size,) * 100
            yield Case(f"{group}.{number}", tuple(frame(opcode, one) for one in said), answers=said)
    yield Case("10.1.1", fragments(Op.TEXT, *chops(full, 1300)), answers=(full,))


def _all() -> Iterator[Case]:
    for group in (_framing, _pings, _reserved, _opcodes, _fragmentation, _closes, _limits):
        yield from group()


FRAMES: Final = tuple(_all())
