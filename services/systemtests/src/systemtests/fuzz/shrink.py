"""Makes an input that breaks something shorter, as long as it breaks the same."""

from collections.abc import Callable
from typing import Final

from systemtests.fuzz.bounds import bounded
from systemtests.fuzz.target import BrokenPromiseError, Target

_TRIES: Final = 5_000


def broken_by(target: Target, data: bytes) -> str:
    """What an input breaks, in words that don't depend on it; nothing if all holds."""
    try:
        bounded(target, data)
    except BrokenPromiseError as error:
        return error.promise
    except Exception as error:  # noqa: BLE001 - any error is a finding
        return type(error).__name__
    return ""


def shrunk(data: bytes, breaks: Callable[[bytes], bool]) -> bytes:
    """A shorter input that still ``breaks``: pieces are cut out, halving, until none can be."""
    size, tries = len(data) // 2, 0
    while size:
        start, shorter = 0, False
        while start < len(data) and tries < _TRIES:
            tries += 1
            cut = data[:start] + data[start + size :]
            if breaks(cut):
                data, shorter = cut, True
            else:
                start += size
        size = min(size, len(data)) if shorter and size == 1 else size // 2
        if tries >= _TRIES:
            break
    return data
