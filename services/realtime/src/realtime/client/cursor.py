"""What a reader of a feed holds: from where to resume, and what it has seen already. Pure."""

from collections.abc import Sequence

from realtime.client.feed_events import FeedEvent, Gap, Heartbeat, Hello, Readings, Snapshot
from realtime.position import Position


def is_after(position: Position, held: Position | None) -> bool:
    """Whether a position brings something new; one of another epoch always does."""
    return held is None or position.epoch != held.epoch or position.offset > held.offset


class Cursor:
    """Takes every event of every connection, in order.

    ``position`` moves only over what was had whole: a loss is not behind the reader before its
    snapshot has come, so that a connection which breaks in between can't hide it.
    """

    def __init__(self, position: Position | None = None) -> None:
        self.position = position
        self.duplicates = 0
        """Records that came again, from another replica or a retry, and were dropped."""
        self._unexplained: Hello | None = None
        self._broken = False

    def take(self, event: FeedEvent) -> Sequence[FeedEvent]:
        """What of ``event`` is new, and a `Gap` before it where the server told none."""
        match event:
            case Hello():
                lost = self.position is not None and not event.resumed
                self._unexplained, self._broken = (event if lost else None), lost
            case Gap():
                self._unexplained, self._broken = None, True
            case Snapshot():
                return self._take_snapshot(event)
            case Readings():
                return self._take_readings(event)
            case Heartbeat(position=Position() as position) if not self._broken:
                self._advance(position)
            case _:
                pass
        return (event,)

    def _take_snapshot(self, event: Snapshot) -> Sequence[FeedEvent]:
        told, held = self._unexplained, self.position
        self._unexplained, self._broken = None, False
        self.position = event.position
        if told is None or held is None or event.position is None:
            return (event,)
        reason = told.reason or "fresh_start"
        to = event.position.offset
        return (Gap(first=held.offset + 1, to=to, reason=reason, position=event.position), event)

    def _take_readings(self, event: Readings) -> Sequence[FeedEvent]:
        if event.position is not None and not is_after(event.position, self.position):
            self.duplicates += len(event.records)
            return ()
        if event.position is not None and not self._broken:
            self._advance(event.position)
        return (event,)

    def _advance(self, position: Position) -> None:
        if is_after(position, self.position):
            self.position = position
