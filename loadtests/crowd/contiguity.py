"""Whether a client of the unfiltered stream saw every reading once.

Our producer publishes one record per message, so between two ids there are as many records as their
offsets differ by, whatever was replayed or flushed together, and over any number of connections.
"""

from collections.abc import Iterator
from typing import assert_never

from crowd.feed import Farewell, GapTold, Heartbeat, Hello, Readings, Snapshot, Status, Told
from crowd.finding import Finding, Kind
from crowd.position import Position


class Contiguity:
    """Follows one client over all its connections.

    ``position`` is what the client comes back with; None before it ever heard of one.
    """

    def __init__(self) -> None:
        self.position: Position | None = None
        self.readings = 0
        self._greeted = False
        self._before_restart: Position | None = None

    def connected(self) -> None:
        """A new connection, opened with `position`, begins."""
        self._greeted = False
        self._before_restart = None

    def take(self, told: Told) -> list[Finding]:
        """Take what the stream says next; gives what is wrong with it."""
        return list(self._findings(told))

    def _findings(self, told: Told) -> Iterator[Finding]:
        if not self._greeted and not isinstance(told, Hello | Farewell):
            yield Finding(Kind.UNTOLD, 0, f"first came {type(told).__name__}, not hello")
        self._greeted = True
        match told:
            case Hello():
                yield from self._hello(told)
            case Readings():
                self.readings += len(told.times)
                yield from self._advance(told.position, len(told.times))
            case Snapshot() | Heartbeat():
                yield from self._advance(told.position, 0)
            case GapTold():
                yield from self._gap(told)
            case Status() | Farewell():
                pass
            case _:
                assert_never(told)

    def _hello(self, hello: Hello) -> Iterator[Finding]:
        if hello.resumed:
            if self.position is None:
                yield Finding(Kind.UNTOLD, 0, f"resumed at {hello.position} from nowhere")
            yield from self._advance(hello.position, 0)
            return
        if self.position is not None:
            yield Finding(Kind.GAP, 0, f"begun afresh at {hello.position}, not {self.position}")
        self._before_restart, self.position = self.position, hello.position

    def _gap(self, gap: GapTold) -> Iterator[Finding]:
        known = self._before_restart or self.position
        self._before_restart = None
        if known is not None and known.epoch == gap.position.epoch:
            unaccounted = gap.first - known.offset - 1
            if unaccounted > 0:
                yield Finding(Kind.LOST, unaccounted, f"between {known} and {gap.first}")
            elif unaccounted < 0:
                yield Finding(Kind.ORDER, -unaccounted, f"gap from {gap.first} after {known}")
        yield Finding(Kind.GAP, gap.last - gap.first + 1, f"{gap.first}-{gap.last}: {gap.reason}")
        self.position = gap.position

    def _advance(self, position: Position, records: int) -> Iterator[Finding]:
        known, self.position = self.position, position
        if known is None:
            return
        span = f"{records} records between {known} and {position}"
        if known.epoch != position.epoch:
            yield Finding(Kind.UNTOLD, records, f"new epoch: {span}")
            return
        difference = position.offset - known.offset
        if difference < 0:
            yield Finding(Kind.ORDER, -difference, span)
        elif records < difference:
            yield Finding(Kind.LOST, difference - records, span)
        elif records > difference:
            yield Finding(Kind.DUPLICATE, records - difference, span)
