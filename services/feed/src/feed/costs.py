"""What each transport has cost this replica: ``GET /costs``, for comparing them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from realtime.gzip import Deflater
from realtime.spending import Spent

_NS: Final = 1e9


class Transport(StrEnum):
    """How readings leave the feed."""

    SSE = "sse"
    WEBSOCKET = "websocket"
    POLLING = "polling"


class TransportCost(msgspec.Struct, frozen=True):
    """What one transport has cost since the start.

    ``cpu_seconds``: processor time of beginning connections, of framing, compressing and handing
    bytes to the kernel, and for polling of answering requests. Not in it: reading a request's
    bytes, which polling does most of, and what the kernel does on its own later. ``bytes``: handed
    to the kernel after compression, without the few bytes of framing around a message (chunked
    coding, a WebSocket frame's head); for polling whole answers, without the requests.
    ``messages``: events, frames, answers. ``connections``: open now; polling has none.
    """

    cpu_seconds: float
    bytes: int
    messages: int
    connections: int


class CostsTold(msgspec.Struct, frozen=True):
    """What this replica has spent since ``since``, which tells replicas apart too (Unix seconds).

    ``cpu_seconds``: of the whole process. What no transport is charged with is shared by all: the
    broker's messages, checking and encoding readings once, the event loop.
    """

    since: float
    server_time: float
    cpu_seconds: float
    transports: Mapping[Transport, TransportCost]


def _by_transport() -> dict[Transport, Spent]:
    return {transport: Spent() for transport in Transport}


@dataclass(frozen=True, slots=True)
class Costs:
    """What has been spent, by transport."""

    spent: Mapping[Transport, Spent] = field(default_factory=_by_transport)
    since: float = field(default_factory=time.time)

    def tell(self, connections: Mapping[Transport, int], deflater: Deflater | None) -> CostsTold:
        """Everything up to now; ``deflater`` knows what compression saved."""
        saved = 0 if deflater is None else deflater.saved
        return CostsTold(
            since=round(self.since, 6),
            server_time=round(time.time(), 3),
            cpu_seconds=time.process_time(),
            transports={
                transport: TransportCost(
                    cpu_seconds=spent.cpu_ns / _NS,
                    bytes=spent.sent_bytes - (saved if transport is Transport.SSE else 0),
                    messages=spent.messages,
                    connections=connections.get(transport, 0),
                )
                for transport, spent in self.spent.items()
            },
        )
