"""What a close code of the chat says about coming back. Pure."""

from enum import Enum, auto
from typing import Final

DONE: Final = 1000
TOO_LARGE: Final = 1009
ABNORMAL: Final = 1006
"""No close frame at all (RFC 6455, section 7.4.1)."""
_FOR_GOOD: Final = range(4500, 5000)
_BY_TOKEN: Final = frozenset({4500, 4511})


class Return(Enum):
    """Whether and how a client comes back."""

    BACK_OFF = auto()
    """After what the server asked for (``drain``), else after a backoff."""
    NEW_TOKEN = auto()
    """With another token, or not at all."""
    NEVER = auto()


def after_close(code: int) -> Return:
    """How to come back after a connection that ended with ``code``."""
    if code in _BY_TOKEN:
        return Return.NEW_TOKEN
    if code == DONE or code in _FOR_GOOD:
        return Return.NEVER
    return Return.BACK_OFF
