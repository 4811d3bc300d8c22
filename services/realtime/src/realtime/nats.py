"""The broker port on NATS JetStream."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import nats.errors
import nats.js.errors
import structlog
from nats.aio.msg import Msg
from nats.js.api import StreamInfo

from realtime.broker import Delivery, Stored, StreamSpec, StreamState
from realtime.errors import BrokerRefusedError, StreamMissingError
from realtime.mailbox import Mailbox
from realtime.nats_delivery import delivery_of, is_stored
from realtime.nats_link import NatsLink
from realtime.nats_stream import INCARNATION, config_of, differs, incarnation_of, state_of
from realtime.subjects import check_token
from realtime.tracing import NO_HEADERS

ANSWER_SECONDS: Final = 2.0
"""How long one request may take; a healthy broker answers in milliseconds."""
LIVE_PENDING_MESSAGES: Final = 65_536
LIVE_PENDING_BYTES: Final = 64 * 1024 * 1024
"""What the driver holds of live deliveries before it drops them; a drop is a hole, and filled."""
BROADCAST_PENDING_BYTES: Final = 1024 * 1024
"""What waits in the driver for a broker that doesn't read; more broadcasts are lost."""
_NO_MESSAGE: Final = 10037
_NO_SEQUENCE: Final = 10043
_PAST_THE_END: Final = "stream store EOF"
_END_OF_BATCH: Final = {"204", "404", "408", "413"}

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class NatsBroker:
    """Streams in JetStream, heard live by republish and read again by batched direct get.

    Made by `connect`. Without a connection every question fails at once with
    `BrokerUnavailableError`: the driver would keep a publish and send it when nobody waits for it
    any more.

    ``keeps_streams``: False where somebody else makes the streams (`realtime.streams`); this one
    then asks for their state only, and has no right to more. ``replicas``: how many servers hold
    each stream; None leaves that as it is.
    """

    def __init__(self, *, keeps_streams: bool = True, replicas: int | None = None) -> None:
        self._keeps_streams = keeps_streams
        self._replicas = replicas
        self._link = NatsLink()
        self._ask = self._link.ask
        self._client = self._link.client
        self._js = self._client.jetstream(timeout=ANSWER_SECONDS)

    async def connect(self, url: str, *, name: str) -> None:
        """Connect, trying for as long as it takes; the driver reconnects by itself afterwards."""
        await self._link.connect(url, name=name)

    @property
    def connected(self) -> bool:
        """Whether a connection stands right now, as far as is known."""
        return self._link.connected

    def on_link(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back as the connection comes and goes; returns the undo."""
        return self._link.on_link(callback)

    # ---------------------------------------------------------------- streams

    async def ensure_stream(self, spec: StreamSpec) -> StreamState:
        """Create the stream, or bring its settings in line; safe when replicas race."""
        if not self._keeps_streams:
            return await self.stream_state(spec.name)
        wanted = config_of(spec, self._replicas)
        try:
            info = await self._stream_info(spec.name)
        except StreamMissingError:
            info = await self._ask("create " + spec.name, lambda: self._js.add_stream(wanted))
        if differs(info.config, wanted):
            wanted.metadata = info.config.metadata
            # One that does not say how many would make it one.
            wanted.num_replicas = wanted.num_replicas or info.config.num_replicas
            info = await self._ask("update " + spec.name, lambda: self._js.update_stream(wanted))
        return state_of(info)

    async def stream_state(self, stream: str) -> StreamState:
        """Ask what the stream holds."""
        return state_of(await self._stream_info(stream))

    async def start_incarnation(self, stream: str, *, seen: int) -> StreamState:
        """Give the stream a new epoch, unless somebody has since incarnation ``seen``."""
        info = await self._stream_info(stream)
        if incarnation_of(info) != seen:
            return state_of(info)
        config = info.config
        # All replicas that saw the same rollback write the same number: racing is harmless.
        config.metadata = {**(config.metadata or {}), INCARNATION: str(seen + 1)}
        info = await self._ask("update " + stream, lambda: self._js.update_stream(config))
        return state_of(info)

    async def _stream_info(self, stream: str) -> StreamInfo:
        return await self._ask(
            "state of " + stream, lambda: self._js.stream_info(stream), stream=stream
        )

    # ---------------------------------------------------------------- messages

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Stored:
        """Store a message and say where; the same id within the duplicate window is stored once."""
        sent = {**headers, "Nats-Msg-Id": message_id}
        ack = await self._ask(
            "publish to " + subject, lambda: self._js.publish(subject, payload, headers=sent)
        )
        return Stored(ack.seq, bool(ack.duplicate))

    async def read(
        self, stream: str, *, after: int, limit: int, subject: str | None = None
    ) -> list[Delivery]:
        """Up to ``limit`` stored messages with offsets above ``after``, oldest first."""
        request: dict[str, Any] = {"seq": after + 1, "batch": limit}
        if subject is not None:
            request["next_by_subj"] = subject
        return await self._get(stream, request)

    async def read_since(self, stream: str, *, age: timedelta) -> int:
        """The offset after which everything that is younger than ``age`` is stored."""
        since = datetime.now(UTC) - age
        request = {"start_time": since.isoformat().replace("+00:00", "Z"), "batch": 1}
        found = await self._get(stream, request)
        if found:
            return found[0].offset - 1
        return (await self.stream_state(stream)).last

    async def first_above(self, stream: str, *, after: int) -> int | None:
        """The lowest offset above ``after`` that is stored, as the stream's leader says."""

        async def ask() -> int | None:
            try:
                found = await self._js.get_msg(stream, after + 1, subject=">", next=True)
            except nats.js.errors.NotFoundError as error:
                if error.err_code != _NO_MESSAGE:
                    raise
                return None
            return found.seq

        return await self._ask(f"read {stream}", ask, stream=stream)

    async def erase(self, stream: str, *, offset: int) -> None:
        """Overwrite one message and remove it; the others keep their offsets."""

        async def ask() -> None:
            try:
                await self._js.delete_msg(stream, offset)
            except nats.js.errors.APIError as error:
                if error.err_code != _NO_SEQUENCE and error.description != _PAST_THE_END:
                    raise

        await self._ask(f"erase from {stream}", ask, stream=stream)

    async def latest(self, stream: str, *, subject: str) -> list[Delivery]:
        """The newest message of each subject that matches, oldest first."""
        return await self._get(stream, {"multi_last": [subject]})

    async def _get(self, stream: str, request: dict[str, Any]) -> list[Delivery]:
        """One batched direct get: many messages for one request, and no consumer to look after.

        The server ends a batch with an empty message that carries a status (ADR-31).
        """
        found: list[Delivery] = []
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def collect(message: Msg) -> None:
            headers = message.headers or {}
            # Not by the status alone: a publisher may have set a header of that name.
            if is_stored(headers):
                found.append(delivery_of(message))
            elif not ended.done():
                ended.set_result(headers.get("Status", "none"))

        action = f"read {stream}"
        inbox = self._client.new_inbox()
        subscription = await self._ask(action, lambda: self._client.subscribe(inbox, cb=collect))
        try:
            payload = json.dumps(request).encode()
            subject = f"$JS.API.DIRECT.GET.{stream}"
            await self._ask(action, lambda: self._client.publish(subject, payload, reply=inbox))
            status = await self._ask(action, lambda: asyncio.wait_for(ended, ANSWER_SECONDS))
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
        if status == "503":
            raise StreamMissingError(stream)
        if status not in _END_OF_BATCH:
            raise BrokerRefusedError(action, f"status {status}")
        return found

    @contextlib.asynccontextmanager
    async def listen(
        self, spec: StreamSpec, on_delivery: Callable[[Delivery], None]
    ) -> AsyncIterator[None]:
        """Hand over what the stream republishes, while the context lasts."""

        async def hand_over(message: Msg) -> None:
            # A callback that raises ends the driver's reader for this subscription.
            try:
                on_delivery(delivery_of(message))
            except Exception:
                log.exception("delivery_failed", subject=message.subject)

        await self._link.first.wait()
        subscriptions = [
            await self._client.subscribe(
                spec.republish_prefix + subject,
                cb=hand_over,
                pending_msgs_limit=LIVE_PENDING_MESSAGES,
                pending_bytes_limit=LIVE_PENDING_BYTES,
            )
            for subject in spec.subjects
        ]
        try:
            yield
        finally:
            for subscription in subscriptions:
                with contextlib.suppress(nats.errors.Error):
                    await subscription.unsubscribe()

    # ---------------------------------------------------------------- ephemeral

    async def broadcast(self, subject: str, payload: bytes) -> None:
        """Say something to whoever hears it right now; lost without a connection."""
        client = self._client
        # Without a connection the driver would keep it and say it when it is long untrue.
        if not client.is_connected or client.pending_data_size > BROADCAST_PENDING_BYTES:
            return
        with contextlib.suppress(nats.errors.Error, OSError):
            await client.publish(subject, payload)

    @contextlib.asynccontextmanager
    async def hear(
        self, pattern: str, on_message: Callable[[str, bytes], None]
    ) -> AsyncIterator[Mailbox]:
        """Hand over what is broadcast, while the context lasts; begins with the connection."""
        box = Mailbox(on_message)

        async def keep(message: Msg) -> None:
            box.put(message.subject, message.data)

        await self._link.first.wait()
        # The driver drops the newest when it overflows; the mailbox, emptied in turns, the oldest.
        subscription = await self._client.subscribe(
            pattern, cb=keep, pending_bytes_limit=LIVE_PENDING_BYTES
        )
        try:
            yield box
        finally:
            box.close()
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def aclose(self) -> None:
        """Send what is buffered and close the connection."""
        await self._link.aclose()


@contextlib.asynccontextmanager
async def connect(
    url: str, *, name: str, keeps_streams: bool = True, replicas: int | None = None
) -> AsyncIterator[NatsBroker]:
    """Keep a connection to the broker at ``url``, for as long as the context lasts.

    Enters at once: a service may start before its broker, and says so until it is there. ``name``
    shows in the broker's monitoring, and answers come to ``_INBOX.<name>``; the rest is of
    `NatsBroker`.

    Raises:
        BadTokenError: ``name`` can't stand in a subject.
    """
    # With a space in it no answer would ever come, so each request would time out; with a dot,
    # answers would come to where another name's user may hear them.
    check_token("client name", name)
    broker = NatsBroker(keeps_streams=keeps_streams, replicas=replicas)
    connecting = asyncio.create_task(broker.connect(url, name=name))
    try:
        yield broker
    finally:
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await broker.aclose()
