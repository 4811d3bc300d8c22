import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Scope

from realtime.sink import ClosedSink, Sink
from realtime.sse import MEDIA_TYPE, StreamResponse, encode_event, encode_retry
from realtime.testing import wait_until

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


def parse(text: str) -> list[tuple[str, str, str]]:
    """Event streams as the HTML standard reads them (section 9.2.6): name, data, last id."""
    found: list[tuple[str, str, str]] = []
    data: list[str] = []
    name, last_id = "", ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for line in lines:
        if not line:
            if data:
                found.append((name or "message", "\n".join(data), last_id))
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id" and "\0" not in value:
            last_id = value
    return found


@given(st.recursive(st.text() | st.floats(allow_nan=False), st.lists))
def test_what_is_encoded_is_read_again_by_the_standard(value: object) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    encoded = encode_event("readings", text, id_="e3f9c2-1").decode()
    assert parse(encoded) == [("readings", text, "e3f9c2-1")]


def test_a_block_has_line_feeds_only_and_one_blank_line() -> None:
    encoded = encode_event("hello", "{}", id_="e-1")
    assert encoded == b"id: e-1\nevent: hello\ndata: {}\n\n"


def test_the_reconnection_time_belongs_to_the_block_after_it() -> None:
    assert encode_retry(2417) == b"retry: 2417\n"


def tasks() -> set[object]:
    """All tasks but sse-starlette's watcher, of which there is one per event loop."""
    return {t for t in asyncio.all_tasks() if "_shutdown_watcher" not in repr(t.get_coro())}


class Client:
    """The other side of an ASGI response."""

    def __init__(self, *, reads: bool = True, fails: bool = False) -> None:
        self.messages: list[Message] = []
        self.gone = asyncio.Event()
        self._reads = reads
        self._fails = fails

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.messages)

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.messages.append(message)
        if self._fails and message.get("body"):
            raise OSError
        if not self._reads and message.get("body"):
            await asyncio.Event().wait()


class Stream:
    """One response under test, and what it left behind."""

    def __init__(self, client: Client) -> None:
        self.sink: Sink = ClosedSink()
        self.ends = 0
        self.client = client
        self.tasks_before = tasks()
        response = StreamResponse(self)
        self.task = asyncio.create_task(response(SCOPE, client.receive, client.send))

    async def open(self, sink: Sink) -> None:
        self.sink = sink
        sink.write(b"hello")

    def ended(self) -> None:
        self.ends += 1

    async def check_nothing_left(self) -> None:
        await asyncio.gather(self.task, return_exceptions=True)
        assert self.ends == 1
        assert self.sink.closed
        await wait_until(lambda: tasks() <= self.tasks_before)


async def test_the_server_ends_it() -> None:
    stream = Stream(Client())
    await wait_until(lambda: stream.client.body == b"hello")
    stream.sink.write(b" bye")
    stream.sink.close()
    await stream.check_nothing_left()
    assert stream.client.body == b"hello bye"
    assert stream.client.messages[-1].get("more_body", False) is False
    headers = dict(stream.client.messages[0]["headers"])
    assert headers[b"content-type"].decode() == MEDIA_TYPE


async def test_the_client_leaves() -> None:
    stream = Stream(Client())
    await wait_until(lambda: stream.client.body == b"hello")
    stream.client.gone.set()
    await stream.check_nothing_left()


async def test_a_write_fails() -> None:
    stream = Stream(Client(fails=True))
    await stream.check_nothing_left()


async def test_it_is_cancelled() -> None:
    stream = Stream(Client())
    await wait_until(lambda: stream.client.body == b"hello")
    stream.task.cancel()
    await stream.check_nothing_left()


async def test_a_peer_that_never_reads_is_cut_by_aborting() -> None:
    stream = Stream(Client(reads=False))
    await wait_until(lambda: stream.client.body == b"hello")
    stream.sink.write(b"never sent")
    stream.sink.abort()
    await stream.check_nothing_left()


async def test_an_opening_that_fails_ends_the_stream() -> None:
    class Broken(Stream):
        async def open(self, sink: Sink) -> None:
            self.sink = sink
            raise ValueError

    await Broken(Client()).check_nothing_left()
