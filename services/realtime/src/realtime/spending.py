"""What serving costs, summed up as plain integers by whoever causes it."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from time import thread_time_ns
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Spent:
    """Totals since the start: processor time of this thread, messages written, and their bytes.

    The kernel's time for taking the bytes is in ``cpu_ns``; its time for sending them later is not.
    """

    cpu_ns: int = 0
    messages: int = 0
    sent_bytes: int = 0

    def wrote(self, chunks: Sequence[bytes], *, receivers: int = 1) -> None:
        """Count chunks that each of so many were handed."""
        self.messages += len(chunks) * receivers
        self.sent_bytes += sum(map(len, chunks)) * receivers

    def since(self, began_ns: int) -> None:
        """Count the processor time since a `thread_time_ns`."""
        self.cpu_ns += thread_time_ns() - began_ns


class Charged(Awaitable[T]):
    """Awaits something, and charges what runs between its waits, and not the waits themselves."""

    def __init__(self, spent: Spent, work: Awaitable[T]) -> None:
        self._spent = spent
        self._work = work

    def __await__(self) -> Generator[Any, Any, T]:
        """As the work's own."""
        steps = self._work.__await__()
        go_on: Callable[[], Any] = partial(next, steps)
        while True:
            began = thread_time_ns()
            try:
                waits_for = go_on()
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                self._spent.since(began)
            try:
                yield waits_for
                go_on = partial(next, steps)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is the work's
                go_on = partial(steps.throw, error)
