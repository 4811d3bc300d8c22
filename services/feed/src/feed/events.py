"""What the events of the stream say, told apart by the event's name. Pure.

``snapshot`` and ``readings`` have no type of their own here: their data are SenML packs
(`realtime.contracts`).
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from realtime.admission import Refusal
from realtime.framing import GapReason
from realtime.identity.watch import EndReason

UPSTREAM_DOWN: Final = "upstream_down"
"""The broker didn't answer when a stream was to be begun; the edge says it of the feed."""


class NotResumed(StrEnum):
    """Why a stream does not go on where the client was."""

    BAD_POSITION = "bad_position"
    """What was offered is no position, or lies ahead of all that there is."""
    EPOCH = "epoch"
    """The stream was recreated or rolled back."""
    TOO_FAR = "too_far"
    """It is older than what may be replayed."""


class Hello(msgspec.Struct, frozen=True):
    """The first event: where the stream begins.

    ``resumed``: what follows the offered position comes, without a snapshot; otherwise ``reason``
    says why not, if a position was offered. ``heartbeat``: longest silence in seconds.
    ``server_time``: Unix seconds, informational only.
    """

    epoch: Annotated[str, Meta(extra_json_schema={"pattern": "^[a-z0-9]{4,16}$"})]
    resumed: bool
    heartbeat: float
    server_time: float
    reason: NotResumed | UnsetType = UNSET


class GapTold(msgspec.Struct, frozen=True):
    """A loss: nothing from offset ``from`` up to ``to``, both included, will come.

    A snapshot follows.
    """

    first: int = msgspec.field(name="from")
    to: int
    reason: GapReason


class Heartbeat(msgspec.Struct, frozen=True):
    """A sign of life after a silence; its id is a position, so quiet filters advance."""

    server_time: float


class Status(msgspec.Struct, frozen=True):
    """The broker is lost, or back: without it no reading comes."""

    upstream: Literal["up", "down"]


class Drain(msgspec.Struct, frozen=True):
    """This replica leaves: the stream ends, come back after so many milliseconds."""

    reconnect_in_ms: int


class Busy(msgspec.Struct, frozen=True):
    """There is no place now: the stream ends, come back after so many milliseconds."""

    reconnect_in_ms: int
    reason: Annotated[str, Meta(extra_json_schema={"enum": [*Refusal, UPSTREAM_DOWN]})]


class Expiring(msgspec.Struct, frozen=True):
    """The token of this stream ends in so many milliseconds; a newer one needs a newer stream."""

    in_ms: int


class Expired(msgspec.Struct, frozen=True):
    """The token of this stream has ended, and with it the stream."""

    reason: EndReason
