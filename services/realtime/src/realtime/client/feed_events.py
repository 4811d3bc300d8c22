"""What a stream of readings says, as types. Pure."""

from typing import Final, TypeAlias

import msgspec

from realtime.client.errors import BadEventError
from realtime.position import Position, parse_position


class Record(msgspec.Struct, frozen=True):
    """One reading (RFC 8428): of what, its unit, one of number, text and truth, Unix seconds."""

    n: str
    u: str | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    t: float = 0.0


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """``position``: up to where this event brings its reader, if it says so."""

    position: Position | None = None


class Hello(_Event, frozen=True):
    """A connection has begun; ``resumed``: exactly where the client was. ``heartbeat``: seconds."""

    epoch: str
    resumed: bool
    heartbeat: float
    server_time: float
    reason: str = ""


class Snapshot(_Event, frozen=True):
    """The latest reading of each sensor asked for."""

    records: tuple[Record, ...]


class Readings(_Event, frozen=True):
    """Readings in the order of the log."""

    records: tuple[Record, ...]


class Gap(_Event, frozen=True):
    """A loss: the offsets ``first`` to ``to`` will not come. A `Snapshot` follows."""

    first: int = msgspec.field(name="from")
    to: int
    reason: str


class Heartbeat(_Event, frozen=True):
    """Nothing else was to be said."""

    server_time: float


class Status(_Event, frozen=True):
    """The feed's own source: ``up`` or ``down``."""

    upstream: str


class Drain(_Event, frozen=True):
    """This replica leaves; the client comes back by itself, to any other."""

    reconnect_in_ms: float


class Busy(_Event, frozen=True):
    """No place now; the client comes back by itself."""

    reconnect_in_ms: float
    reason: str


class Expiring(_Event, frozen=True):
    """The token ends in so many milliseconds."""

    in_ms: float


class Expired(_Event, frozen=True):
    """The token has ended; with another one from its provider the client comes back by itself."""

    reason: str


FeedEvent: TypeAlias = (
    Hello | Snapshot | Readings | Gap | Heartbeat | Status | Drain | Busy | Expiring | Expired
)

_PACKS: Final[dict[str, type[Snapshot | Readings]]] = {"snapshot": Snapshot, "readings": Readings}
_TOLD: Final[dict[str, msgspec.json.Decoder[FeedEvent]]] = {
    kind.__name__.lower(): msgspec.json.Decoder(kind)
    for kind in (Hello, Gap, Heartbeat, Status, Drain, Busy, Expiring, Expired)
}
_pack = msgspec.json.Decoder(tuple[Record, ...])


def decode_event(name: str, data: str, id_: str) -> FeedEvent | None:
    """Read one SSE event; None for a name that a later version may have brought.

    Raises:
        BadEventError: a name we know with data that it can't have.
    """
    position = parse_position(id_)
    try:
        if name in _PACKS:
            return _PACKS[name](records=_pack.decode(data), position=position)
        if name in _TOLD:
            event = _TOLD[name].decode(data)
            msgspec.structs.force_setattr(event, "position", position)
            return event
    except (ValueError, RecursionError) as error:
        raise BadEventError(name, str(error)) from error
    return None
