"""Readings, live, for as long as one wants them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import KW_ONLY, dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx2
import msgspec

from realtime.client.credentials import Credentials, Provider
from realtime.client.cursor import Cursor
from realtime.client.errors import BadEventError, FeedRefusedError
from realtime.client.feed_events import (
    Busy,
    Drain,
    Expired,
    FeedEvent,
    Gap,
    Hello,
    Status,
    decode_event,
)
from realtime.client.reconnection import Reconnection, Timing
from realtime.client.state import State
from realtime.position import Position

PATIENCE: Final = 2.5
"""Silence allowed, in heartbeats."""
_HEARTBEAT: Final = 15.0
_CONNECT: Final = 10.0
_BUFFERED: Final = 256
_EVENT_BYTES: Final = 64 * 1024 * 1024
"""A snapshot of every sensor is one event."""
_TRY_AGAIN: Final = frozenset({408, 425, 429})


class _Unavailable(Exception):  # noqa: N818 - no error of ours: the attempt has failed
    pass


class _Problem(msgspec.Struct):
    code: str = ""
    detail: str = ""


@dataclass(eq=False)
class Feed:
    """A stream of readings that comes back by itself, and goes on where it was.

    ``url``: of the feed, as ``http://127.0.0.1:8080/feed``. ``sensors``, ``max_hz``, ``agg`` and
    ``heartbeat`` (seconds) are those of its query; ``after``: a position kept from an earlier run.
    ``token`` and ``ticket`` may be functions that give one. ``http``: a client to use in place of
    one of our own.

    Each reading comes once, in the order of the log, from whatever replica; a loss is a `Gap` in
    its place. A reader that is too slow holds the connection back, and in the end the feed tells it
    a `Gap`.

    Raises, from the iteration:
        FeedRefusedError: the feed will not serve this, and why.
    """

    url: str
    _: KW_ONLY
    sensors: Sequence[str] = ()
    max_hz: float | None = None
    agg: str | None = None
    heartbeat: float | None = None
    after: Position | None = None
    token: str | Provider | None = field(default=None, repr=False)
    ticket: Provider | None = field(default=None, repr=False)
    on_gap: Callable[[Gap], None] | None = None
    on_state: Callable[[State], None] | None = None
    timing: Timing = field(default_factory=Timing)
    http: httpx2.AsyncClient | None = None

    def __post_init__(self) -> None:
        self.state = State.OFFLINE
        self.position = self.after
        """Up to here the reader was handed everything: what to keep, to go on another time."""
        self.connections = 0
        self.farewells = 0
        """Connections that the feed asked to come back elsewhere before it ended them."""
        self._cursor = Cursor(self.after)
        self._credentials = Credentials(token=self.token, ticket=self.ticket)
        self._reconnection = Reconnection(self.timing)
        self._patience = PATIENCE * (self.heartbeat or _HEARTBEAT)
        self._renewed = False
        self._ready: asyncio.Queue[tuple[FeedEvent | Exception, Position | None]] = asyncio.Queue(
            _BUFFERED
        )

    @property
    def duplicates(self) -> int:
        """Records that came again and were dropped."""
        return self._cursor.duplicates

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            timeout = httpx2.Timeout(_CONNECT, read=None)
            client = self.http or httpx2.AsyncClient(timeout=timeout)
            if self.http is None:
                await stack.enter_async_context(client)
            task = asyncio.create_task(self._run(client), name="feed")
            stack.push_async_callback(_end, task)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        self._tell(State.OFFLINE)
        while not self._ready.empty():
            self._ready.get_nowait()
        self._ready.put_nowait((StopAsyncIteration(), self.position))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FeedEvent:
        event, held = await self._ready.get()
        if isinstance(event, Exception):
            self._ready.put_nowait((event, held))  # for whoever asks again
            raise event
        self.position = held
        if isinstance(event, Gap) and self.on_gap is not None:
            self.on_gap(event)
        return event

    # ---------------------------------------------------------------- attempts

    async def _run(self, client: httpx2.AsyncClient) -> None:
        try:
            while True:
                self._reconnection.begin()
                self._tell(State.CONNECTING if self._cursor.position is None else State.RESUMING)
                self.connections += 1
                await self._attempt(client)
                await self.timing.sleep(self._reconnection.wait())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            self._tell(State.OFFLINE)
            await self._ready.put((error, self._cursor.position))

    async def _attempt(self, client: httpx2.AsyncClient) -> None:
        """Listen to the end, whatever it is, unless the feed said no."""
        try:
            await self._listen(client)
        except TimeoutError:
            self._tell(State.STALE)
            return
        except (httpx2.HTTPError, OSError, BadEventError, _Unavailable):
            pass
        self._tell(State.OFFLINE)

    async def _listen(self, client: httpx2.AsyncClient) -> None:
        async with asyncio.timeout(self._patience) as silence:
            headers = await self._credentials.headers()
            params = self._query() | await self._credentials.query()
            async with client.sse(
                self.url.rstrip("/") + "/readings",
                params=params,
                headers=headers,
                max_event_size=_EVENT_BYTES,
            ) as source:
                await self._check(source.response)
                async for said in source:
                    # A reader that takes its time is not the server's silence.
                    silence.reschedule(None)
                    if said.retry is not None:
                        self._reconnection.retry(said.retry)
                    event = decode_event(said.event, said.data, said.id)
                    if event is not None and await self._take(event):
                        return
                    silence.reschedule(asyncio.get_running_loop().time() + self._patience)

    def _query(self) -> dict[str, Any]:
        position = self._cursor.position
        query = {
            "sensor": list(self.sensors) or None,
            "max_hz": self.max_hz,
            "agg": self.agg,
            "heartbeat": self.heartbeat,
            "last_event_id": None if position is None else str(position),
        }
        return {name: value for name, value in query.items() if value is not None}

    async def _check(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN:
            seconds = response.headers.get("retry-after", "")
            if seconds.isdecimal():
                self._reconnection.ask(int(seconds) * 1_000)
            raise _Unavailable
        if status == HTTPStatus.UNAUTHORIZED and self._credentials.renewable and not self._renewed:
            # Once between two streams: a provider that gives what is refused is no way out.
            self._renewed = True
            self._credentials.spoil()
            raise _Unavailable
        raise await _refused(response)

    # ---------------------------------------------------------------- events

    async def _take(self, event: FeedEvent) -> bool:
        """Hand on what is new; True if the stream is over with it."""
        over = self._heed(event)
        before = self._cursor.position
        for new in self._cursor.take(event):
            held = self._cursor.position if new is event else before
            await self._ready.put((new, held))
        return over

    def _heed(self, event: FeedEvent) -> bool:
        match event:
            case Hello():
                self._reconnection.live()
                self._renewed = False
                self._patience = PATIENCE * event.heartbeat
                self._tell(State.LIVE)
            case Status():
                self._tell(State.LIVE if event.upstream == "up" else State.STALE)
            case Drain() | Busy():
                self.farewells += isinstance(event, Drain)
                self._reconnection.ask(event.reconnect_in_ms)
                return True
            case Expired():
                self._credentials.spoil()
                return True
            case _:
                pass
        return False

    def _tell(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            if self.on_state is not None:
                self.on_state(state)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _refused(response: httpx2.Response) -> FeedRefusedError:
    try:
        problem = msgspec.json.decode(await response.aread(), type=_Problem)
    except (ValueError, httpx2.HTTPError):
        problem = _Problem()
    code = problem.code or "http_error"
    return FeedRefusedError(response.status_code, code, problem.detail or response.reason_phrase)
