"""A broker in memory: the same contract as the real one, and faults at the test's word."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from realtime import subjects
from realtime.broker import Delivery, Stored, StreamSpec, StreamState
from realtime.errors import BrokerRefusedError, BrokerUnavailableError, StreamMissingError
from realtime.mailbox import Mailbox
from realtime.tracing import NO_HEADERS

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class _Stream:
    def __init__(self, spec: StreamSpec, created: int) -> None:
        self.spec = spec
        self.created = created
        self.incarnation = 1
        self.messages: list[Delivery] = []
        self.last = 0
        self.ids: dict[str, tuple[int, float]] = {}

    @property
    def state(self) -> StreamState:
        first = self.messages[0].offset if self.messages else self.last + 1
        return StreamState(
            name=self.spec.name,
            epoch=f"m{self.created:04d}i{self.incarnation}",
            incarnation=self.incarnation,
            first=first,
            last=self.last,
        )

    def takes(self, subject: str) -> bool:
        return any(matches(pattern, subject) for pattern in self.spec.subjects)


def matches(pattern: str, subject: str) -> bool:
    """Whether a NATS subject matches a pattern with ``*`` and ``>``."""
    return subjects.matches(pattern, subject, separator=".")


class MemoryBroker:
    """Streams in this process.

    Faults: `go_down` and `come_up`, ``lose_live`` (that many live deliveries vanish), ``lose_acks``
    (that many publishes are stored but not acknowledged), ``hide_reads`` (that many reads find
    nothing, as from a replica that lags), ``refuse`` (publishes are refused),
    `delete_stream`, `roll_back`, `purge`.
    """

    def __init__(self) -> None:
        self.connected = True
        self.lose_live = 0
        self.lose_acks = 0
        self.hide_reads = 0
        self.refuse: str | None = None
        self.published: list[tuple[str, bytes, str]] = []
        self._streams: dict[str, _Stream] = {}
        self._created = 0
        self._listeners: list[tuple[str, Callable[[Delivery], None]]] = []
        self._links: list[Callable[[bool], None]] = []
        self._mailboxes: list[tuple[str, Mailbox]] = []

    # ---------------------------------------------------------------- the port

    async def ensure_stream(self, spec: StreamSpec) -> StreamState:
        """Create the stream, or bring its settings in line."""
        await self._answer("ensure " + spec.name)
        if spec.name not in self._streams:
            self._created += 1
            self._streams[spec.name] = _Stream(spec, self._created)
        self._streams[spec.name].spec = spec
        return self._streams[spec.name].state

    async def stream_state(self, stream: str) -> StreamState:
        """Ask what the stream holds."""
        await self._answer("state of " + stream)
        return self._stream(stream).state

    async def start_incarnation(self, stream: str, *, seen: int) -> StreamState:
        """Give the stream a new epoch, unless somebody has since incarnation ``seen``."""
        await self._answer("update " + stream)
        found = self._stream(stream)
        if found.incarnation == seen:
            found.incarnation += 1
        return found.state

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Stored:
        """Store a message and say where."""
        await self._answer("publish to " + subject)
        if self.refuse is not None:
            raise BrokerRefusedError("publish to " + subject, self.refuse)
        stream = next((s for s in self._streams.values() if s.takes(subject)), None)
        if stream is None:
            raise BrokerRefusedError("publish to " + subject, "no stream takes this subject")
        stored = self._store(stream, subject, payload, {**headers, "Nats-Msg-Id": message_id})
        if self.lose_acks:
            self.lose_acks -= 1
            raise BrokerUnavailableError("publish to " + subject)
        return stored

    async def read(
        self, stream: str, *, after: int, limit: int, subject: str | None = None
    ) -> list[Delivery]:
        """Up to ``limit`` stored messages above ``after``, oldest first."""
        await self._answer("read " + stream)
        if self.hide_reads:
            self.hide_reads -= 1
            return []
        return [
            message
            for message in self._stream(stream).messages
            if message.offset > after and (subject is None or matches(subject, message.subject))
        ][:limit]

    async def read_since(self, stream: str, *, age: timedelta) -> int:
        """The offset after which everything that is younger than ``age`` is stored."""
        await self._answer("read " + stream)
        found = self._stream(stream)
        since = time.time() - age.total_seconds()
        young = [message.offset for message in found.messages if message.time >= since]
        return young[0] - 1 if young else found.last

    async def first_above(self, stream: str, *, after: int) -> int | None:
        """The lowest offset above ``after`` that is stored."""
        await self._answer("read " + stream)
        offsets = (message.offset for message in self._stream(stream).messages)
        return next((offset for offset in offsets if offset > after), None)

    async def erase(self, stream: str, *, offset: int) -> None:
        """Remove one message; the others keep their offsets."""
        await self._answer("erase from " + stream)
        if self.refuse is not None:
            raise BrokerRefusedError("erase from " + stream, self.refuse)
        self.delete_message(stream, offset)

    async def latest(self, stream: str, *, subject: str) -> list[Delivery]:
        """The newest message of each subject that matches, oldest first."""
        await self._answer("read " + stream)
        newest = {
            m.subject: m for m in self._stream(stream).messages if matches(subject, m.subject)
        }
        return sorted(newest.values(), key=lambda message: message.offset)

    @asynccontextmanager
    async def listen(
        self, spec: StreamSpec, on_delivery: Callable[[Delivery], None]
    ) -> AsyncIterator[None]:
        """Hand over each message soon after it is stored."""
        item = (spec.name, on_delivery)
        self._listeners.append(item)
        try:
            yield
        finally:
            self._listeners.remove(item)

    async def broadcast(self, subject: str, payload: bytes) -> None:
        """Say something to whoever hears it right now."""
        if self.connected:
            for pattern, box in self._mailboxes:
                if matches(pattern, subject):
                    box.put(subject, payload)

    @asynccontextmanager
    async def hear(
        self, pattern: str, on_message: Callable[[str, bytes], None]
    ) -> AsyncIterator[Mailbox]:
        """Hand over what is broadcast."""
        item = (pattern, Mailbox(on_message))
        self._mailboxes.append(item)
        try:
            yield item[1]
        finally:
            self._mailboxes.remove(item)
            item[1].close()

    def on_link(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back as the connection comes and goes; returns the undo."""
        self._links.append(callback)
        return lambda: self._links.remove(callback)

    async def aclose(self) -> None:
        """Nothing to give back."""

    # ---------------------------------------------------------------- faults

    def go_down(self) -> None:
        """Lose the connection."""
        self.connected = False
        for link in tuple(self._links):
            link(False)  # noqa: FBT003 - the port's callback has one argument

    def come_up(self) -> None:
        """Get the connection back; live deliveries of the meantime are lost."""
        self.connected = True
        for link in tuple(self._links):
            link(True)  # noqa: FBT003 - the port's callback has one argument

    def delete_stream(self, name: str) -> None:
        """Remove a stream with all it holds."""
        del self._streams[name]

    def roll_back(self, name: str, *, last: int) -> None:
        """Lose the tail, as a broker does that was restored from an older disk."""
        stream = self._streams[name]
        stream.messages = [m for m in stream.messages if m.offset <= last]
        stream.last = last

    def delete_message(self, name: str, offset: int) -> None:
        """Remove one message from the middle."""
        stream = self._streams[name]
        stream.messages = [m for m in stream.messages if m.offset != offset]

    def purge(self, name: str, *, upto: int) -> None:
        """Drop the oldest messages."""
        stream = self._streams[name]
        stream.messages = [m for m in stream.messages if m.offset > upto]

    # ---------------------------------------------------------------- inside

    async def _answer(self, action: str) -> None:
        await asyncio.sleep(0)
        if not self.connected:
            raise BrokerUnavailableError(action)

    def _stream(self, name: str) -> _Stream:
        if name not in self._streams:
            raise StreamMissingError(name)
        return self._streams[name]

    def _store(
        self, stream: _Stream, subject: str, payload: bytes, headers: Mapping[str, str]
    ) -> Stored:
        now, message_id = time.time(), headers["Nats-Msg-Id"]
        window = stream.spec.duplicate_window.total_seconds()
        known = stream.ids.get(message_id)
        if known is not None and now - known[1] < window:
            return Stored(known[0], duplicate=True)
        stream.last += 1
        delivery = Delivery(subject, payload, stream.last, now, headers)
        stream.messages.append(delivery)
        stream.ids[message_id] = (stream.last, now)
        self.published.append((subject, payload, message_id))
        self._hand_over(stream, delivery)
        return Stored(stream.last, duplicate=False)

    def _hand_over(self, stream: _Stream, delivery: Delivery) -> None:
        if self.lose_live:
            self.lose_live -= 1
            return
        loop = asyncio.get_running_loop()
        for name, on_delivery in self._listeners:
            if name == stream.spec.name:
                loop.call_soon(on_delivery, delivery)
