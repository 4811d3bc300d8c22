"""Readings as Server-Sent Events. Pure but for the snapshot, which the catalogue makes."""

import json
import time
from collections.abc import Callable, Sequence

from feed.pace import Pace
from realtime.framing import Gap
from realtime.position import Position
from realtime.sse import encode_event


def encode_json(value: object) -> str:
    """Compact JSON, as on every wire."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def server_time() -> float:
    """Wall time in Unix seconds; informational only."""
    return round(time.time(), 3)


class ReadingsFraming:
    """Frames SenML records: all that one flush holds become one event.

    ``snapshot`` gives the latest of each sensor of the channel as a pack; ``pace`` conflates.
    """

    def __init__(self, snapshot: Callable[[], bytes], pace: Pace | None = None) -> None:
        self._snapshot = snapshot
        self._pace = pace
        self._snapshot_at: Position | None = None
        self._snapshot_chunk = b""

    def reduce(self, payloads: Sequence[bytes]) -> Sequence[bytes]:
        """All records, or what stands for them."""
        return payloads if self._pace is None else self._pace.reduce(payloads)

    def frame(self, payloads: Sequence[bytes], upto: Position) -> Sequence[bytes]:
        """One ``readings`` event whose id is the last offset included."""
        pack = b"[" + b",".join(payloads) + b"]"
        return [encode_event("readings", pack.decode(), id_=str(upto))]

    def gap(self, gap: Gap) -> Sequence[bytes]:
        """A ``gap`` event and the snapshot that lets the reader go on."""
        data = {"from": gap.after.offset + 1, "to": gap.upto.offset, "reason": gap.reason.value}
        return [encode_event("gap", encode_json(data), id_=str(gap.upto)), self.snapshot(gap.upto)]

    def snapshot(self, upto: Position) -> bytes:
        """The latest of each sensor as of ``upto``; one object for all who ask at one position.

        Many join between two flushes of a storm, and the latest only change with a flush.
        """
        if upto != self._snapshot_at:
            pack = self._snapshot().decode()
            self._snapshot_chunk = encode_event("snapshot", pack, id_=str(upto))
            self._snapshot_at = upto
        return self._snapshot_chunk

    def heartbeat(self, upto: Position) -> Sequence[bytes]:
        """A sign of life that carries the id, so that quiet filters advance."""
        data = encode_json({"server_time": server_time()})
        return [encode_event("heartbeat", data, id_=str(upto))]


def encode_status(*, up: bool) -> bytes:
    """Tell whether the broker answers."""
    return encode_event("status", encode_json({"upstream": "up" if up else "down"}))


def encode_drain(reconnect_in_ms: int) -> bytes:
    """Tell that this replica leaves."""
    return encode_event("drain", encode_json({"reconnect_in_ms": reconnect_in_ms}))


def encode_busy(reconnect_in_ms: int, reason: str) -> bytes:
    """Tell that there is no place now; a native EventSource would never come back from a 503."""
    return encode_event("busy", encode_json({"reconnect_in_ms": reconnect_in_ms, "reason": reason}))
