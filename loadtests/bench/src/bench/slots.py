"""Templates with slots of fixed width, which the C programs fill in as they send."""

from typing import Final, NamedTuple

TIME_US: Final = "<intended--time>"
"""16 digits: when the message was due, Unix time in microseconds."""
TIME_S: Final = "<seconds-as-unix>"
"""The same in seconds, as 1795343351.242123."""
SEQUENCE: Final = "<sequence>"
"""10 digits: 1 for the publisher's first message."""
KEY: Final = "<k>"
"""3 digits: the sequence modulo the number of keys."""
LAST_OFFSET: Final = "<last-event-offset>"
"""19 digits: the offset that a subscriber comes back with."""

_KINDS: Final = {TIME_US: "us", TIME_S: "s", SEQUENCE: "seq", KEY: "key"}


class Slot(NamedTuple):
    """What stands at which byte of a template, in the publisher's words."""

    kind: str
    at: int


def find_slots(template: bytes) -> tuple[Slot, ...]:
    """Every slot of a message, in the order of their kinds."""
    found = []
    for text, kind in _KINDS.items():
        at = template.find(text.encode())
        while at >= 0:
            found.append(Slot(kind, at))
            at = template.find(text.encode(), at + 1)
    return tuple(found)


def stamped_text(size: int) -> str:
    """A text of ``size`` characters that begins with what subscribers read: ``@time:sequence:``.

    Raises:
        ValueError: there is no room for the stamp.
    """
    stamp = f"@{TIME_US}:{SEQUENCE}:"
    if size < len(stamp):
        message = f"a stamp has {len(stamp)} characters, not {size}"
        raise ValueError(message)
    # Letters that are nobody's marker and need no escape anywhere.
    padding = "the quick brown fox jumps over the lazy dog "
    return (stamp + padding * (size // len(padding) + 1))[: size - 1] + "."
