"""Waiting for a condition under a deadline, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

DEADLINE_SECONDS: Final = 30.0
"""Far above what any condition takes, so that a slow machine fails nothing."""
_POLL_SECONDS: Final = 0.005


async def wait_until(
    condition: Callable[[], object] | Callable[[], Awaitable[object]],
    *,
    what: str = "the condition",
    within: float = DEADLINE_SECONDS,
) -> None:
    """Return as soon as ``condition`` (plain or async) is true.

    Raises:
        AssertionError: it was not within the deadline (seconds); ``what`` names it.
    """
    until = time.monotonic() + within
    while True:
        result = condition()
        if isinstance(result, Awaitable):
            result = await result
        if result:
            return
        if time.monotonic() > until:
            message = f"{what} did not come true within {within} s"
            raise AssertionError(message)
        await asyncio.sleep(_POLL_SECONDS)
