"""Autobahn's group 6: what is UTF-8 and what is not, whole, in fragments, byte by byte."""

from collections.abc import Iterator, Sequence
from typing import Final

from systemtests.autobahn import GOODBYE, KOSME, Case, fragments, octets
from systemtests.raw_socket import Op, frame

BAD: Final = KOSME + b"\xed\xa0\x80" + b"edited"


def _boundaries(*points: int) -> Sequence[bytes]:
    return tuple(chr(point).encode() for point in points)


_NON_CHARACTERS: Final = tuple(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF))
VALID: Final = {
    "6.5": (KOSME[:2], KOSME[:4], KOSME[:6], KOSME[:8], KOSME),
    "6.7": _boundaries(0, 0x80, 0x800, 0x10000),
    "6.9": _boundaries(0x7F, 0x7FF, 0xFFFF, 0x10FFFF),
    "6.11": _boundaries(0xD7FF, 0xE000, 0xFFFD, 0x10FFFF),
    "6.22": _boundaries(*_NON_CHARACTERS),
    "6.23": _boundaries(*range(0xFFF9, 0xFFFE)),
}
INVALID: Final = {
    "6.6": (KOSME[:1], KOSME[:3], KOSME[:5], KOSME[:7], KOSME[:9]),
    "6.8": (b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"),
    "6.10": (b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"),
    "6.11.5": (b"\xf4\x90\x80\x80",),
    "6.12": tuple(bytes(range(0x80, 0x80 + n)) for n in (1, 2, 3, 4, 5, 6, 0x3E)),
    "6.13": tuple(
        b"".join(bytes((lead, 0x20)) for lead in leads)
        for leads in (range(0xC0, 0xE0), range(0xE0, 0xF0), range(0xF0, 0xF8), range(0xF8, 0xFC))
    ),
    "6.14": (b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf"),
    "6.15": (b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80",),
    "6.16": (b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"),
    "6.17": (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf"),
    "6.18": (b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf"),
    "6.19": (b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80"),
    "6.20": (b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xbf\xbf"),
    "6.21": (b"\xed\xa0\x80\xed\xb0\x80", b"\xed\xad\xbf\xed\xbf\xbf", b"\xed\xaf\xbf\xed\xbf\xbf"),
}


def _handling() -> Iterator[Case]:
    yield Case("6.1.1", (frame(Op.TEXT),), answers=(b"",))
    yield Case("6.1.2", fragments(Op.TEXT, b"", b"", b""), answers=(b"",))
    yield Case("6.1.3", fragments(Op.TEXT, b"", b"middle", b""), answers=(b"middle",))
    parts = (fragments(Op.TEXT, GOODBYE), fragments(Op.TEXT, GOODBYE[:14], GOODBYE[14:]))
    for number, sent in enumerate((*parts, fragments(Op.TEXT, *octets(GOODBYE))), 1):
        yield Case(f"6.2.{number}", sent, answers=(GOODBYE,))
    yield Case("6.2.4", fragments(Op.TEXT, *octets(KOSME)), answers=(KOSME,))
    yield Case("6.3.1", (frame(Op.TEXT, BAD),), 1007)
    yield Case("6.3.2", fragments(Op.TEXT, *octets(BAD)), 1007)
    # The suite would have it found in the middle of a message; ours is found at its end.
    late = (KOSME + b"\xf4", b"\x90", b"\x80\x80edited")
    yield Case("6.4.1", fragments(Op.TEXT, *late), 1007)
    yield Case("6.4.2", fragments(Op.TEXT, KOSME + b"\xf4\x90", b"\x80\x80", b"edited"), 1007)
    yield Case("6.4.3", octets(frame(Op.TEXT, b"".join(late))), 1007)


def _sequences() -> Iterator[Case]:
    for group, texts in VALID.items():
        for number, text in enumerate(texts, 1):
            yield Case(f"{group}.{number}", (frame(Op.TEXT, text),), answers=(text,))
            split = fragments(Op.TEXT, *octets(text))
            yield Case(f"{group}.{number} in fragments", split, answers=(text,))
    for group, texts in INVALID.items():
        for number, text in enumerate(texts, 1):
            yield Case(f"{group}.{number}", (frame(Op.TEXT, text),), 1007)
            yield Case(f"{group}.{number} in fragments", fragments(Op.TEXT, *octets(text)), 1007)


TEXTS: Final = (*_handling(), *_sequences())
