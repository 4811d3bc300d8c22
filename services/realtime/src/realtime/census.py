"""How many connections each replica of a service has, as the replicas tell each other.

Whoever may publish on the subject may say anything: what is not exactly what we say is counted and
dropped, and no more replicas are remembered than there can be.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec

REPLICAS_MAX: Final = 1_000
"""Replicas remembered at a time; no fleet of ours has as many."""
PAYLOAD_BYTES: Final = 512
_CONNECTIONS_MAX: Final = 10_000_000


class State(StrEnum):
    """How a replica is, as far as the others' clients are concerned."""

    CALM = "calm"
    STORM = "storm"
    """More come at once than moves explain."""
    BUSY = "busy"
    """Its loop is late: it has more than it can carry."""
    DRAINING = "draining"


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one replica has."""

    replica: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
    connections: Annotated[int, msgspec.Meta(ge=0, le=_CONNECTIONS_MAX)]
    state: State


_decoder = msgspec.json.Decoder(Share)
encode_share: Final = msgspec.json.Encoder().encode


class Census:
    """The shares of all replicas; one that is older than ``fresh`` is not counted any more."""

    def __init__(self, *, fresh: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._fresh = fresh.total_seconds()
        self._clock = clock
        self._heard: dict[str, tuple[float, Share]] = {}
        self.unreadable = 0

    def hear(self, payload: bytes) -> None:
        """Take one replica's word."""
        try:
            share = _decoder.decode(payload) if len(payload) <= PAYLOAD_BYTES else None
        except (ValueError, RecursionError):
            share = None
        if share is None or (len(self._heard) >= REPLICAS_MAX and share.replica not in self._heard):
            self.unreadable += 1
            return
        self._heard[share.replica] = (self._clock(), share)

    def shares(self) -> dict[str, Share]:
        """Each replica's newest share that is still fresh, by replica; old ones are forgotten."""
        oldest = self._clock() - self._fresh
        self._heard = {name: item for name, item in self._heard.items() if item[0] >= oldest}
        return {name: share for name, (_, share) in self._heard.items()}
