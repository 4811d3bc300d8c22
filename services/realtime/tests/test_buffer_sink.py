import asyncio
from collections.abc import AsyncIterator

from realtime.buffer_sink import BufferSink
from realtime.testing import wait_until


class Ear:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def sink_full(self) -> None:
        self.heard.append("full")

    def sink_drained(self) -> None:
        self.heard.append("drained")

    def sink_closed(self) -> None:
        self.heard.append("closed")


async def take(batches: AsyncIterator[list[bytes]]) -> list[bytes]:
    return await anext(batches)


async def test_what_is_written_comes_out_in_order() -> None:
    sink = BufferSink()
    sink.write(b"a")
    sink.write(b"b")
    batches = sink.chunks()
    assert await take(batches) == [b"a", b"b"]
    sink.write(b"c")
    sink.close()
    assert [batch async for batch in batches] == [[b"c"]]


async def test_a_sink_says_when_it_is_full_and_when_there_is_room() -> None:
    sink, ear = BufferSink(high_bytes=10, low_bytes=4), Ear()
    sink.listen(ear)
    sink.write(b"123456789")
    assert not sink.full
    sink.write(b"0")
    assert (sink.full, ear.heard, sink.buffered_bytes) == (True, ["full"], 10)
    batches = sink.chunks()
    await take(batches)
    assert sink.full, "taken is not yet sent"
    waiting = asyncio.ensure_future(take(batches))
    await wait_until(lambda: ear.heard == ["full", "drained"])
    assert not sink.full
    waiting.cancel()


async def test_closing_lets_the_reader_finish_and_drops_later_writes() -> None:
    sink, ear = BufferSink(), Ear()
    sink.listen(ear)
    sink.write(b"last")
    sink.close()
    sink.close()
    sink.write(b"too late")
    assert [batch async for batch in sink.chunks()] == [[b"last"]]
    assert ear.heard == ["closed"]


async def test_aborting_throws_away_what_waits_and_ends_the_stuck_task() -> None:
    sink = BufferSink()
    cut: list[bool] = []
    sink.on_abort(lambda: cut.append(True))
    sink.write(b"never sent")
    sink.abort()
    assert [batch async for batch in sink.chunks()] == []
    assert (sink.aborted, cut) == (True, [True])


async def test_a_listener_that_left_hears_nothing() -> None:
    sink, ear = BufferSink(high_bytes=1), Ear()
    sink.listen(ear)
    sink.unlisten(ear)
    sink.unlisten(ear)
    sink.write(b"x")
    sink.close()
    assert ear.heard == []
