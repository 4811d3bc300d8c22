"""Subjects and the names that may become part of one.

Everything from outside passes `check_token` before it comes near a subject or a key: a ``*``, a
``>``, a ``.`` or a space in a room's name would otherwise address every room.
"""

import re
from datetime import timedelta
from functools import lru_cache
from typing import Final

from realtime.broker import StreamSpec
from realtime.errors import BadSensorNameError, BadTokenError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
SENSOR_TOKENS_MIN: Final = 2
SENSOR_TOKENS_MAX: Final = 6
_NAME_MAX: Final = SENSOR_TOKENS_MAX * 65 - 1
_NAMES_REMEMBERED: Final = 16_384

SENSORS: Final = StreamSpec(
    name="SENSORS",
    subjects=("sensors.>",),
    republish_prefix="live.",
    max_age=timedelta(hours=1),
    max_bytes=1024**3,
    duplicate_window=timedelta(minutes=2),
)
CHAT: Final = StreamSpec(
    name="CHAT",
    subjects=("rooms.*",),
    republish_prefix="live.",
    max_age=timedelta(days=30),
    max_bytes=None,
    duplicate_window=timedelta(minutes=10),
    erasable=True,
)


def is_token(text: str) -> bool:
    """Whether ``text`` may stand as one token of a subject."""
    return _TOKEN.fullmatch(text) is not None


def check_token(kind: str, text: str) -> str:
    """Give ``text`` back if it is a token; ``kind`` names it in the error.

    Raises:
        BadTokenError: it is not.
    """
    if not is_token(text):
        raise BadTokenError(kind, text)
    return text


def matches(pattern: str, name: str, *, separator: str) -> bool:
    """Whether ``name`` matches a NATS-like pattern: ``*`` is one token, ``>`` all that follow."""
    wanted, tokens = pattern.split(separator), name.split(separator)
    for index, token in enumerate(wanted):
        if token == ">":  # noqa: S105 - a wildcard
            return len(tokens) > index
        if index >= len(tokens) or token not in ("*", tokens[index]):
            return False
    return len(wanted) == len(tokens)


def is_sensor_name(text: str) -> bool:
    """Whether ``text`` is 2 to 6 tokens joined by ``/``."""
    return len(text) <= _NAME_MAX and _is_name(text)


@lru_cache(maxsize=_NAMES_REMEMBERED)
def _is_name(text: str) -> bool:
    """The same few thousand names come again with every reading."""
    tokens = text.split("/")
    return SENSOR_TOKENS_MIN <= len(tokens) <= SENSOR_TOKENS_MAX and all(map(is_token, tokens))


def sensor_subject(name: str) -> str:
    """Where readings of sensor ``name`` are published.

    Raises:
        BadSensorNameError: the name would not make a plain subject.
    """
    if not is_sensor_name(name):
        raise BadSensorNameError(name)
    return "sensors." + name.replace("/", ".")


def sensor_of_subject(subject: str) -> str:
    """Name the sensor that a record without a name on ``subject`` belongs to.

    Raises:
        BadSensorNameError: the subject carries something that is no sensor name (MQTT clients may
            publish to any topic below ``sensors/``).
    """
    name = subject.removeprefix("sensors.").replace(".", "/")
    if not is_sensor_name(name):
        raise BadSensorNameError(name)
    return name


def room_subject(room: str) -> str:
    """Where posts to ``room`` are published.

    Raises:
        BadTokenError: the room's name is not a token.
    """
    return "rooms." + check_token("room", room)


def room_of_subject(subject: str) -> str:
    """Name the room that ``subject`` carries."""
    return subject.removeprefix("rooms.")
