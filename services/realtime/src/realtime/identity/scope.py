"""What a token allows: sensor patterns, and rooms with a role in each. Pure.

The claim is OAuth's: words with spaces between them. Ours are ``sensors:<pattern>`` and
``rooms:<room>`` or ``rooms:<room>:<role>``, where the room ``*`` stands for every one. Words of
other services are not ours to judge and allow nothing here (decision 0012).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from realtime.identity.errors import Denial, TokenRefusedError
from realtime.subjects import SENSOR_TOKENS_MAX, is_token, matches

EVERY_ROOM: Final = "*"
EVERY_SENSOR: Final = ">"


class Role(IntEnum):
    """What somebody is in a room; each may do what those before it may."""

    READER = 1
    MEMBER = 2
    MODERATOR = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """What is allowed: sensors by NATS-like patterns on ``/`` tokens, and a role in each room.

    ``text`` is what it was read from, and can be read again.
    """

    sensors: frozenset[str]
    rooms: Mapping[str, Role]
    text: str

    def may_see(self, sensor: str) -> bool:
        """Whether readings of a sensor may be shown."""
        return any(matches(pattern, sensor, separator="/") for pattern in self.sensors)

    def covers(self, pattern: str) -> bool:
        """Whether everything that a pattern can match may be shown, by one pattern of ours."""
        return any(covers(wide, pattern) for wide in self.sensors)

    def role_in(self, room: str) -> Role | None:
        """The highest role in a room; None is no place there."""
        roles = [self.rooms[name] for name in (room, EVERY_ROOM) if name in self.rooms]
        return max(roles, default=None)


def parse_scope(text: str) -> Scope:
    """Read a scope claim.

    Raises:
        TokenRefusedError: a word that begins like one of ours and is none: rather no entrance than
            one that its issuer did not mean.
    """
    sensors: set[str] = set()
    rooms: dict[str, Role] = {}
    for word in text.split():
        kind, colon, rest = word.partition(":")
        if colon and kind == "sensors":
            sensors.add(_sensor_pattern(rest))
        elif colon and kind == "rooms":
            room, role = _room(rest)
            rooms[room] = max(role, rooms.get(room, role))
    return Scope(frozenset(sensors), rooms, text)


def _sensor_pattern(text: str) -> str:
    tokens = text.split("/")
    named = tokens[:-1] if tokens[-1] == EVERY_SENSOR else tokens
    if len(tokens) > SENSOR_TOKENS_MAX or not all(t == "*" or is_token(t) for t in named):
        raise TokenRefusedError(Denial.SCOPE)
    return text


def _room(text: str) -> tuple[str, Role]:
    room, _, role = text.partition(":")
    try:
        found = Role[role.upper()] if role else Role.MEMBER
    except KeyError:
        raise TokenRefusedError(Denial.SCOPE) from None
    if not (room == EVERY_ROOM or is_token(room)) or (role and not role.islower()):
        raise TokenRefusedError(Denial.SCOPE)
    return room, found


def covers(wide: str, narrow: str) -> bool:
    """Whether every name that ``narrow`` matches is matched by ``wide``."""
    allowed, asked = wide.split("/"), narrow.split("/")
    for index, token in enumerate(allowed):
        if token == EVERY_SENSOR:
            return len(asked) > index
        if index >= len(asked) or asked[index] == EVERY_SENSOR:
            return False
        if token not in ("*", asked[index]):
            return False
    return len(allowed) == len(asked)
