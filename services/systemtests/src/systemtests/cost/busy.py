"""A regression made on purpose: a sink that does more than it should for every write."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from realtime.sink import Sink, SinkListener

Write: TypeAlias = Callable[[bytes], None]


class BusySink:
    """Writes to another sink by a detour."""

    __slots__ = ("_sink", "write")

    def __init__(self, sink: Sink, detour: Callable[[Write], Write]) -> None:
        self._sink = sink
        self.write = detour(sink.write)

    @property
    def full(self) -> bool:
        """The other's."""
        return self._sink.full

    @property
    def closed(self) -> bool:
        """The other's."""
        return self._sink.closed

    @property
    def aborted(self) -> bool:
        """The other's."""
        return self._sink.aborted

    @property
    def buffered_bytes(self) -> int:
        """The other's."""
        return self._sink.buffered_bytes

    def close(self) -> None:
        """The other's."""
        self._sink.close()

    def abort(self) -> None:
        """The other's."""
        self._sink.abort()

    def listen(self, listener: SinkListener) -> Callable[[], None]:
        """The other's."""
        return self._sink.listen(listener)


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
