"""What is fuzzed: takes any bytes, and raises only where a promise is broken. Imports none of ours.

What is measured is instrumented while it is imported, so what the runner needs first stays apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

_SHOWN = 300


class BrokenPromiseError(AssertionError):
    """Something that must hold didn't; ``facts`` show for what."""

    def __init__(self, promise: str, facts: tuple[object, ...]) -> None:
        self.promise = promise
        self.facts = facts
        shown = ", ".join(repr(fact)[:_SHOWN] for fact in facts)
        super().__init__(f"{promise}: {shown}" if facts else promise)


def require(holds: object, promise: str, *facts: object) -> None:
    """Go on if it holds.

    Raises:
        BrokenPromiseError: it doesn't.
    """
    if not holds:
        raise BrokenPromiseError(promise, facts)


@dataclass(frozen=True, slots=True)
class Target:
    """One way in: what must hold for any bytes, and what the fuzzer begins with.

    ``take`` raises `BrokenPromiseError` where it doesn't hold; any other error is an undocumented
    one. ``seeds``: inputs to begin with, those of past bugs among them. ``words``: what is worth
    putting into an input. ``most_bytes``: the longest input.
    """

    name: str
    promise: str
    take: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[str, ...] = ()
    most_bytes: int = 2048
