"""The port to the broker: what feed, chat and producer need of a log that others keep.

The core knows this file only. `realtime.nats` is the adapter to NATS JetStream and
`realtime.testing.MemoryBroker` the one without a server; both pass one contract suite.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from realtime.mailbox import Mailbox
from realtime.tracing import NO_HEADERS


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """How a stream is to be: created if absent, updated if it differs."""

    name: str
    subjects: tuple[str, ...]
    republish_prefix: str
    """What the broker puts before the subject when it publishes again what it has stored."""
    max_age: timedelta
    max_bytes: int | None
    duplicate_window: timedelta
    erasable: bool = False
    """Whether single messages are erased on purpose: a hole that the stream's leader confirms is
    then no loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """What a stream holds at one moment: offsets ``first`` to ``last``, none if first > last.

    ``epoch`` names this incarnation of the stream; ``incarnation`` is the counter within it that
    `Broker.start_incarnation` raises.
    """

    name: str
    epoch: str
    incarnation: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored message as the broker hands it over.

    ``time`` is when the broker stored it, in Unix seconds. ``headers`` are the publisher's and the
    broker's; what stands in them is for people, and decides nothing.
    """

    subject: str
    payload: bytes
    offset: int
    time: float
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """The broker's word that a message is in the stream."""

    offset: int
    duplicate: bool


class Broker(Protocol):
    """Streams that are published to, listened to live, and read again.

    Every method that asks the server raises `BrokerUnavailableError` when no answer came in time,
    `BrokerRefusedError` when the answer was no, and `StreamMissingError` when there is no stream.
    """

    @property
    def connected(self) -> bool:
        """Whether a connection stands right now, as far as is known."""
        ...

    async def ensure_stream(self, spec: StreamSpec) -> StreamState:
        """Create the stream, or bring its settings in line; safe when replicas race."""
        ...

    async def stream_state(self, stream: str) -> StreamState:
        """Ask what the stream holds."""
        ...

    async def start_incarnation(self, stream: str, *, seen: int) -> StreamState:
        """Give the stream a new epoch, unless somebody has since incarnation ``seen``.

        Called by a replica that saw the stream's tail rolled back. Replicas that race agree on one
        new epoch.
        """
        ...

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Stored:
        """Store a message and say where; the same id within the duplicate window is stored once.

        ``headers`` go along, with those of the try that was stored.
        """
        ...

    async def read(
        self, stream: str, *, after: int, limit: int, subject: str | None = None
    ) -> list[Delivery]:
        """Up to ``limit`` stored messages with offsets above ``after``, oldest first.

        Fewer than ``limit`` means that there are no more for now (or that the broker cut the answer
        short by size: ask again until it is empty). ``subject`` may hold wildcards.
        """
        ...

    async def read_since(self, stream: str, *, age: timedelta) -> int:
        """The offset after which everything that is younger than ``age`` is stored."""
        ...

    async def first_above(self, stream: str, *, after: int) -> int | None:
        """The lowest offset above ``after`` that is stored, None if there is none.

        Asked of the stream's leader: unlike `read`, it never answers from a copy that lags.
        """
        ...

    async def erase(self, stream: str, *, offset: int) -> None:
        """Overwrite one message and remove it; the others keep their offsets.

        One that is not there (any more) is no error.
        """
        ...

    async def latest(self, stream: str, *, subject: str) -> list[Delivery]:
        """The newest message of each subject that matches, oldest first."""
        ...

    def listen(
        self, spec: StreamSpec, on_delivery: Callable[[Delivery], None]
    ) -> AbstractAsyncContextManager[None]:
        """Hand over each message soon after it is stored, while the context lasts.

        Deliveries may be lost (disconnects, overflow) but never silently: offsets show it.
        ``on_delivery`` runs on the event loop, must return at once and may not raise.
        """
        ...

    async def broadcast(self, subject: str, payload: bytes) -> None:
        """Say something to whoever hears it right now; it is stored nowhere.

        It may be lost, and is when no connection stands: raises nothing, and never waits for a
        broker that is away. What has to arrive is published instead.
        """
        ...

    def hear(
        self, pattern: str, on_message: Callable[[str, bytes], None]
    ) -> AbstractAsyncContextManager[Mailbox]:
        """Hand over subject and payload of what is broadcast, while the context lasts.

        Everybody who hears gets everything, the sender included. A hearer that falls behind loses
        the oldest; the mailbox counts them. ``on_message`` runs on the event loop and must return
        at once; one that raises is logged.
        """
        ...

    def on_link(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back with True or False as the connection comes and goes; returns the undo."""
        ...

    async def aclose(self) -> None:
        """Give the connection back; nothing published so far is lost."""
        ...
