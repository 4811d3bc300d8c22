"""Whether a filtered stream brought every reading of its sensors, once and in order.

Offsets count what all sensors say, so a filter hides losses from whoever counts offsets. A client
of the unfiltered stream sees everything: it is the witness that the others are compared with.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping

from crowd.feed import GapTold, Heartbeat, Hello, Readings, Snapshot, Told
from crowd.finding import Finding, Kind
from crowd.position import Position

_KEPT_SECONDS = 900.0
_PRUNE_AT = 4096


class Witness:
    """The times of every reading that anybody with an unfiltered stream saw, by sensor."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    def note(self, readings: Readings) -> None:
        """Note what an unfiltered stream brought."""
        for name, time in zip(readings.names, readings.times, strict=True):
            times = self._times.setdefault(name, [])
            if not times or times[-1] < time:
                times.append(time)
            elif times[bisect_right(times, time) - 1] != time:
                insort(times, time)
            if len(times) > _PRUNE_AT and times[0] < time - _KEPT_SECONDS:
                del times[: bisect_right(times, time - _KEPT_SECONDS)]

    def between(self, name: str, after: float, upto: float) -> int:
        """How many readings of a sensor are known after one time and up to another."""
        times = self._times.get(name, [])
        return bisect_right(times, upto) - bisect_right(times, after)


class Filtered:
    """Follows one client of a filtered stream over all its connections.

    ``asked_for`` says whether a sensor is part of what it asked for. A ``paced`` stream
    (``max_hz``) leaves readings out on purpose: only their order counts.
    """

    def __init__(self, witness: Witness, *, asked_for: Callable[[str], bool], paced: bool) -> None:
        self.position: Position | None = None
        self.readings = 0
        self._witness = witness
        self._asked_for = asked_for
        self._paced = paced
        self._last: dict[str, float] = {}
        self._span: dict[str, tuple[float, int]] = {}
        # A snapshot may be ahead of its id: what follows then repeats what it showed.
        self._shown: dict[str, float] = {}
        self._greeted = False

    def connected(self) -> None:
        """A new connection, opened with `position`, begins."""
        self._greeted = False

    def take(self, told: Told) -> list[Finding]:
        """Take what the stream says next; gives what is wrong with it."""
        return list(self._findings(told))

    def reconcile(self) -> list[Finding]:
        """Compare with the witness, sensor by sensor; what follows is compared next time."""
        found = []
        for name, (after, seen) in self._span.items():
            missing = self._witness.between(name, after, self._last[name]) - seen
            if missing > 0:
                detail = f"of {name} after {after:.3f}, up to {self._last[name]:.3f}"
                found.append(Finding(Kind.LOST, missing, detail))
        self._span = {name: (time, 0) for name, time in self._last.items()}
        return [] if self._paced else found

    def _findings(self, told: Told) -> Iterator[Finding]:
        if not self._greeted and isinstance(told, Readings | Snapshot | Heartbeat | GapTold):
            yield Finding(Kind.UNTOLD, 0, f"first came {type(told).__name__}, not hello")
        self._greeted = True
        match told:
            case Hello():
                yield from self._hello(told)
            case Readings():
                yield from self._advance(told.position)
                yield from self._readings(told)
            case Snapshot():
                yield from self._advance(told.position)
                self._begin_at(dict(zip(told.names, told.times, strict=True)))
            case Heartbeat():
                yield from self._advance(told.position)
            case GapTold():
                yield from self._gap(told)
            case _:
                pass

    def _hello(self, hello: Hello) -> Iterator[Finding]:
        if hello.resumed and self.position is None:
            yield Finding(Kind.UNTOLD, 0, f"resumed at {hello.position} from nowhere")
        if not hello.resumed:
            if self.position is not None:
                yield Finding(Kind.GAP, 0, f"begun afresh at {hello.position}, not {self.position}")
            self.position = None
            self._begin_at({})
        yield from self._advance(hello.position)

    def _gap(self, gap: GapTold) -> Iterator[Finding]:
        yield Finding(Kind.GAP, gap.last - gap.first + 1, f"{gap.first}-{gap.last}: {gap.reason}")
        yield from self.reconcile()
        self.position = gap.position
        self._begin_at({})

    def _begin_at(self, latest: Mapping[str, float]) -> None:
        self._last, self._shown = dict(latest), dict(latest)
        self._span = {name: (time, 0) for name, time in latest.items()}

    def _advance(self, position: Position) -> Iterator[Finding]:
        known, self.position = self.position, position
        if known is None:
            return
        if known.epoch != position.epoch:
            yield Finding(Kind.UNTOLD, 0, f"new epoch: {position} after {known}")
        elif position.offset < known.offset:
            yield Finding(Kind.ORDER, known.offset - position.offset, f"{position} after {known}")

    def _readings(self, readings: Readings) -> Iterator[Finding]:
        for name, time in zip(readings.names, readings.times, strict=True):
            self.readings += 1
            if not self._asked_for(name):
                yield Finding(Kind.UNTOLD, 1, f"{name} was not asked for")
            last = self._last.get(name)
            if last is not None and time <= last:
                if time <= self._shown.get(name, 0.0):
                    continue
                kind = Kind.DUPLICATE if time == last else Kind.ORDER
                yield Finding(kind, 1, f"{name} of {time:.3f} after {last:.3f}")
                continue
            after, seen = self._span.get(name, (time, -1))
            self._span[name] = (after, seen + 1)
            self._last[name] = time
