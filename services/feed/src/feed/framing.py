"""Readings as Server-Sent Events. Pure but for the snapshot, which the catalogue makes."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from feed.events import Busy, Drain, Expired, Expiring, GapTold, Heartbeat, Hello, Status
from feed.pace import Pace
from realtime.framing import Gap
from realtime.identity.watch import EndReason
from realtime.position import Position
from realtime.sse import encode_event

_encoder = msgspec.json.Encoder()


class Encode(Protocol):
    """How one event is written: ``data`` is JSON, ``id_`` a position."""

    def __call__(self, event: str, data: str, *, id_: str | None = None) -> bytes:
        """The event as a chunk for a sink."""
        ...


def frame_event(event: str, data: str, *, id_: str | None = None) -> bytes:
    """One event as the text of one WebSocket frame; its name and id come from us only."""
    at = "" if id_ is None else f'"id":"{id_}",'
    return f'{{"type":"{event}",{at}"data":{data}}}'.encode()


def _json(told: msgspec.Struct) -> str:
    """Compact JSON, as on every wire."""
    return _encoder.encode(told).decode()


def server_time() -> float:
    """Wall time in Unix seconds; informational only."""
    return round(time.time(), 3)


class ReadingsFraming:
    """Frames SenML records: all that one flush holds become one event.

    ``snapshot`` gives the latest of each sensor of the channel as a pack; ``pace`` conflates,
    ``encode`` says how events are written.
    """

    def __init__(
        self,
        snapshot: Callable[[], bytes],
        pace: Pace | None = None,
        encode: Encode = encode_event,
    ) -> None:
        self.encode = encode
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
        return [self.encode("readings", pack.decode(), id_=str(upto))]

    def gap(self, gap: Gap) -> Sequence[bytes]:
        """A ``gap`` event and the snapshot that lets the reader go on."""
        told = GapTold(first=gap.after.offset + 1, to=gap.upto.offset, reason=gap.reason)
        return [self.encode("gap", _json(told), id_=str(gap.upto)), self.snapshot(gap.upto)]

    def snapshot(self, upto: Position) -> bytes:
        """The latest of each sensor as of ``upto``; one object for all who ask at one position.

        Many join between two flushes of a storm, and the latest only change with a flush.
        """
        if upto != self._snapshot_at:
            pack = self._snapshot().decode()
            self._snapshot_chunk = self.encode("snapshot", pack, id_=str(upto))
            self._snapshot_at = upto
        return self._snapshot_chunk

    def heartbeat(self, upto: Position) -> Sequence[bytes]:
        """A sign of life that carries the id, so that quiet filters advance."""
        return [self.encode("heartbeat", _json(Heartbeat(server_time())), id_=str(upto))]


def encode_hello(hello: Hello, at: Position, encode: Encode = encode_event) -> bytes:
    """Tell where a stream begins."""
    return encode("hello", _json(hello), id_=str(at))


def encode_status(*, up: bool, encode: Encode = encode_event) -> bytes:
    """Tell whether the broker answers."""
    return encode("status", _json(Status("up" if up else "down")))


def encode_drain(reconnect_in_ms: int, encode: Encode = encode_event) -> bytes:
    """Tell that this replica leaves."""
    return encode("drain", _json(Drain(reconnect_in_ms)))


def encode_expiring(left: timedelta, encode: Encode = encode_event) -> bytes:
    """Tell that the token of this stream ends; a newer one needs a newer stream."""
    in_ms = int(left / timedelta(milliseconds=1))
    return encode("expiring", _json(Expiring(in_ms)))


def encode_expired(reason: EndReason, encode: Encode = encode_event) -> bytes:
    """Tell that the token of this stream has ended, and how."""
    return encode("expired", _json(Expired(reason)))


def encode_busy(reconnect_in_ms: int, reason: str, encode: Encode = encode_event) -> bytes:
    """Tell that there is no place now; a native EventSource would never come back from a 503."""
    return encode("busy", _json(Busy(reconnect_in_ms, reason)))
