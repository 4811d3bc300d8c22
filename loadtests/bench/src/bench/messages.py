"""What is published: the same stamped text in the form that each contender takes.

One event of this feed has some 235 bytes on the wire, and so has one message of this chat; the
others are given the same bytes where they carry them as they are.
"""

from typing import Final

from bench.slots import KEY, SEQUENCE, TIME_S, stamped_text

SENSOR: Final = "bench-1/load"
ROOM: Final = "bench"
_READING_TEXT: Final = 141
_MESSAGE_TEXT: Final = 105
PACKED: Final = 10
SENSORS: Final = 100


def reading() -> str:
    """A SenML record that carries the stamp, as our feed encodes it."""
    return f'{{"n":"{SENSOR}","vs":"{stamped_text(_READING_TEXT)}","t":{TIME_S}}}'


def pack() -> str:
    """A pack of one record."""
    return f"[{reading()}]"


def large_pack() -> str:
    """A pack of ten records: some 2 KB, which fill the buffers of those who never read."""
    return f"[{','.join([reading()] * PACKED)}]"


def number() -> str:
    """A pack of one number of one of a hundred sensors, as the simulated sensors publish it."""
    return f'[{{"n":"bench-1/s{KEY}","u":"Cel","v":21.4,"t":{TIME_S}}}]'


def event() -> str:
    """The SSE block that our feed makes of `pack`."""
    return f"event: readings\nid: e3f9c2-184467\ndata: {pack()}\n\n"


def entry() -> str:
    """A post as it stands in the stream CHAT."""
    text = stamped_text(_MESSAGE_TEXT)
    return f'{{"type":"post","cid":"{SEQUENCE}","user":"ada","text":"{text}","time":{TIME_S}}}'


def message() -> str:
    """The frame that our chat makes of `entry`."""
    return (
        f'{{"type":"message","room":"{ROOM}","position":"e3f9c2-184467","cid":"{SEQUENCE}",'
        f'"user":"ada","text":"{stamped_text(_MESSAGE_TEXT)}","time":{TIME_S}}}'
    )
