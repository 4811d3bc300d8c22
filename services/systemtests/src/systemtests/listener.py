"""A client of the stream, for tests: reads in the background and keeps what it saw."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from realtime.position import Position, parse_position
from systemtests.wire import UndocumentedError, events_told


@dataclass(frozen=True, slots=True)
class Event:
    """One SSE event with its data decoded."""

    name: str
    data: Any
    id: str
    retry: int | None


class Listener:
    """What one connection to a stream has brought so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.events: list[Event] = []
        self.records: list[dict[str, Any]] = []
        """All records of ``readings`` events."""
        self.ended = False
        self.error: Exception | None = None
        self.opened = asyncio.Event()
        self.undocumented: UndocumentedError | None = None
        """The first event that is not as `asyncapi.yaml` has it."""
        self._told = events_told()

    def take(self, event: Event) -> None:
        """Keep an event, and note if it is none that may be."""
        self.events.append(event)
        if event.name == "readings":
            self.records += event.data
        try:
            self._told.check(event.name, event.data, id_=event.id, retry=event.retry)
        except UndocumentedError as error:
            self.undocumented = self.undocumented or error

    def check_documented(self) -> None:
        """Everything that came is as `asyncapi.yaml` has it."""
        if self.undocumented is not None:
            raise self.undocumented

    @property
    def names(self) -> list[str]:
        """The events' names in order."""
        return [event.name for event in self.events]

    @property
    def hello(self) -> dict[str, Any]:
        """The data of the first event."""
        assert self.events[0].name == "hello"
        data: dict[str, Any] = self.events[0].data
        return data

    @property
    def last_id(self) -> str:
        """What a client would send as Last-Event-ID."""
        return next((event.id for event in reversed(self.events) if event.id), "")

    @property
    def position(self) -> Position:
        """The last id, parsed."""
        position = parse_position(self.last_id)
        assert position is not None
        return position

    def of(self, name: str) -> list[Event]:
        """The events called ``name``."""
        return [event for event in self.events if event.name == name]

    def check_contiguous(self) -> None:
        """Between two ids of an unfiltered stream lie as many records as offsets."""
        before: Position | None = None
        for event in self.events:
            position = parse_position(event.id)
            if event.name == "readings":
                assert before is not None
                assert position is not None
                assert position.epoch == before.epoch
                assert len(event.data) == position.offset - before.offset, event
            before = position or before


@asynccontextmanager
async def listening(
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    last_event_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Listener]:
    """Listen to ``url`` while the context lasts; entered when the headers are there."""
    listener = Listener()
    sent = dict(headers or {})
    if last_event_id is not None:
        sent["Last-Event-ID"] = last_event_id
    task = asyncio.create_task(_read(listener, url, params or {}, sent))
    try:
        opened = asyncio.create_task(listener.opened.wait())
        await asyncio.wait([task, opened], return_when=asyncio.FIRST_COMPLETED, timeout=10)
        opened.cancel()
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        listener.check_documented()


async def _read(
    listener: Listener, url: str, params: Mapping[str, Any], headers: Mapping[str, str]
) -> None:
    timeout = httpx2.Timeout(10, read=None)
    try:
        async with (
            httpx2.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.sse(url, params=dict(params), headers=dict(headers)) as source,
        ):
            listener.status = source.response.status_code
            listener.headers = source.response.headers
            listener.opened.set()
            async for event in source:
                data = json.loads(event.data)
                listener.take(Event(event.event, data, event.id, event.retry))
            listener.ended = True
    except httpx2.HTTPError as error:
        listener.error = error
