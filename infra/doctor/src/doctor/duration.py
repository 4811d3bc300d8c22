"""Durations as people write them."""

import re
from datetime import timedelta
from typing import Final

from doctor.errors import BadDurationError

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")


def parse_duration(text: str) -> timedelta:
    """``45s``, ``5m``, ``1.5h``, ``300ms``; a bare number is seconds.

    Raises:
        BadDurationError: it is none of these.
    """
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise BadDurationError(text)
    return timedelta(seconds=float(form[1]) * _UNITS[form[2] or "s"])


def in_words(seconds: float) -> str:
    """A number of seconds, as exactly as a person cares: ``12 ms``, ``2.1 s``, ``75 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - digits
