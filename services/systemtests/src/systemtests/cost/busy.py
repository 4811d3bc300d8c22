"""A regression made on purpose: a sink that does more than it should for every write."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from realtime.sink import Sink, WrappedSink

Write: TypeAlias = Callable[[bytes], None]


class BusySink(WrappedSink):
    """Writes to another sink by a detour."""

    __slots__ = ("write_shared",)

    def __init__(self, sink: Sink, detour: Callable[[Write], Write]) -> None:
        super().__init__(sink)
        self.write_shared = detour(sink.write_shared)  # type: ignore[assignment]


def _through_a_function(write: Write) -> Write:
    def busy(chunk: bytes) -> None:
        write(chunk)

    return busy


SEEDS: Final[Mapping[str, Callable[[Write], Write]]] = {
    "light": lambda write: write,
    "heavy": _through_a_function,
}
"""A method where it is slower to find, and one call more: 6 % and 22 % of a delivery's
instructions."""
