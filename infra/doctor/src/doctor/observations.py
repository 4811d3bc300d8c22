"""Everything that was observed of an endpoint: what judgement goes by. Pure values."""

from dataclasses import dataclass, field

from doctor.conversation import Conversation
from doctor.knobs import Proxy
from doctor.line import Line
from doctor.recording import Recording


@dataclass(frozen=True, slots=True)
class Resumption:
    """A stream left at ``left`` and gone on with, while ``witness`` went on listening."""

    before: Recording
    witness: Recording
    after: Recording
    left: str


@dataclass(frozen=True, slots=True)
class StreamObserved:
    """An SSE endpoint. ``airwave``: it answered as a feed of Airwave does.

    ``opening`` asked for no compression, ``squeezed`` for gzip; ``foreign`` and ``null`` came from
    other pages; ``lively`` was listened to with the shortest heartbeat, ``quiet`` with the longest
    and a filter that matches nothing (of a feed of Airwave only).
    """

    line: Line
    local: bool
    tls: bool
    patience: float
    airwave: bool
    proxies: tuple[Proxy, ...]
    head_only: Recording
    opening: Recording
    squeezed: Recording
    foreign: Recording
    null: Recording
    crowd: tuple[Recording | None, ...] = ()
    resumption: Resumption | None = None
    lively: Recording | None = None
    quiet: Recording | None = None


@dataclass(frozen=True, slots=True)
class SocketObserved:
    """A WebSocket endpoint. ``plain`` is the answer to a GET without the upgrade."""

    line: Line
    local: bool
    tls: bool
    airwave: bool
    proxies: tuple[Proxy, ...]
    opening: Conversation
    plain: Recording
    foreign: Conversation | None = None
    null: Conversation | None = None
    strange: Conversation | None = None
    deflated: Conversation | None = None
    oversized: Conversation | None = None
    idle: Conversation | None = None
    crowd: tuple[Conversation | None, ...] = field(default=())
