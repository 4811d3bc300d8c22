"""Log, hub and sink under every order of events: what a reader sees is a told history."""

import asyncio
import gzip
import json
import time
import zlib
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realtime.channel import Subscriber
from realtime.fanout import Entry, Hub, Part
from realtime.gzip import Deflater, GzipSink
from realtime.log import LogLimits
from realtime.position import Position
from realtime.testing import JsonFraming, MemorySink

RING = 12


class Client:
    """One reader: where it began, its sink, and what it must have seen."""

    def __init__(
        self, subscriber: Subscriber, sink: MemorySink, start: Position, *, zipped: bool
    ) -> None:
        self.subscriber = subscriber
        self.sink = sink
        self.start = start
        self.zipped = zipped

    def frames(self) -> list[bytes]:
        """What was written, each write by itself."""
        if not self.zipped:
            return self.sink.chunks
        # Its first write is the header, its last one, once it is closed, the end.
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return [frame for piece in self.sink.chunks if (frame := inflater.decompress(piece))]

    def leave(self) -> None:
        """End properly; a strict reader of gzip checks the sum."""
        self.subscriber.sink.close()
        if self.zipped and not self.sink.aborted:
            assert gzip.decompress(b"".join(self.sink.chunks)) == b"".join(self.frames())

    def check(self) -> None:
        """Walk what arrived: each event follows the last one, or a gap says what is missing."""
        epoch, offset = self.start
        for frame in map(json.loads, self.frames()):
            if "gap" in frame:
                assert frame["after"] == f"{epoch}-{offset}"
                epoch, _, text = frame["upto"].partition("-")
                offset = int(text)
            elif "data" in frame:
                for number in frame["data"]:
                    assert number == offset + 1, "neither skipped nor repeated"
                    offset = number
                assert frame["upto"] == f"{epoch}-{offset}"
        if self.subscriber.live:
            assert (epoch, offset) == tuple(self.subscriber.position)


class FanoutMachine(RuleBasedStateMachine):
    """Publish, flush, pause, resume, leave, come back by position, lose, restart: in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.hub = Hub(
            LogLimits(count=RING, bytes=10**6, age=timedelta(hours=1)),
            # Longer than any run: flushing is a rule of its own.
            flush_interval=timedelta(hours=1),
            evict_after=timedelta(seconds=30),
            channels_max=5,
        )
        self.hub.restart(epoch="e0000", floor=0)
        self.deflater = Deflater(cached=2)
        self.offset = 0
        self.epochs = 0
        self.clients: list[Client] = []
        self.left: list[Position] = []

    def teardown(self) -> None:
        self.loop.close()

    def on_loop(self, turns: int = 20) -> None:
        """Let call_soon callbacks run."""

        async def spin() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.loop.run_until_complete(spin())

    def attach(self, position: Position | None, *, paced: bool, zipped: bool) -> None:
        """Join at a position, or at the head; a paced channel flushes when a rule says so."""

        async def join() -> None:
            inner = MemorySink()
            sink = GzipSink(inner, self.deflater) if zipped else inner
            interval = timedelta(hours=1 if paced else 0)
            channel = self.hub.channel(
                paced, wants=lambda _: True, framing=JsonFraming(), interval=interval
            )
            at = position or channel.position
            subscriber = channel.attach(sink, at)
            self.clients.append(Client(subscriber, inner, at, zipped=zipped))

        self.loop.run_until_complete(join())

    def flush_paced_channels(self) -> None:
        async def run() -> None:
            for channel in list(self.hub.channels.values()):
                if channel.paced:
                    channel.flush_now(time.monotonic())

        self.loop.run_until_complete(run())

    @rule(count=st.integers(1, 8))
    def publish(self, count: int) -> None:
        async def run() -> None:
            for _ in range(count):
                self.offset += 1
                self.hub.publish(Entry(self.offset, (Part("t", str(self.offset).encode()),)))

        self.loop.run_until_complete(run())

    def flush_hub(self) -> None:
        async def run() -> None:
            self.hub.flush()

        self.loop.run_until_complete(run())

    @rule()
    def flush(self) -> None:
        self.flush_hub()

    @rule()
    def flush_paced(self) -> None:
        self.flush_paced_channels()

    @rule(paced=st.booleans(), zipped=st.booleans())
    def join_fresh(self, *, paced: bool, zipped: bool) -> None:
        self.attach(None, paced=paced, zipped=zipped)

    @precondition(lambda self: self.left)
    @rule(data=st.data(), paced=st.booleans(), zipped=st.booleans())
    def come_back(self, data: st.DataObject, *, paced: bool, zipped: bool) -> None:
        """By a position that any channel may have given: another replica, another pace."""
        place = data.draw(st.integers(0, len(self.left) - 1))
        self.attach(self.left.pop(place), paced=paced, zipped=zipped)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def fill(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.clients)).sink.fill()

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def drain(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))

        async def run() -> None:
            client.sink.drain()

        self.loop.run_until_complete(run())
        self.on_loop()

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))
        self.clients.remove(client)
        client.check()
        position = client.subscriber.position
        client.leave()
        self.left.append(position)

    @rule()
    def evict(self) -> None:
        """Half a minute passes: whoever is full since before is cut, and comes back some time."""
        stalled = [client for client in self.clients if client.sink.full]

        async def run() -> None:
            self.hub.tick(time.monotonic() + 31)

        self.loop.run_until_complete(run())
        for client in stalled:
            client.check()
            assert client.sink.aborted
            assert client.subscriber.closed
            self.clients.remove(client)
            self.left.append(client.subscriber.position)
        assert not any(client.sink.aborted for client in self.clients)

    @rule()
    def depart(self) -> None:
        """A drain: a farewell to all, each position goes with its client to another replica."""
        for client in self.clients:
            client.check()
            position = client.subscriber.position
            client.subscriber.sink.write(b'{"drain":1}')
            client.leave()
            self.left.append(position)
        self.clients.clear()

    @rule(count=st.integers(1, 5))
    def lose(self, count: int) -> None:
        self.offset += count

        async def run() -> None:
            self.hub.skip(self.offset)

        self.loop.run_until_complete(run())

    @rule()
    def restart(self) -> None:
        self.epochs += 1
        self.offset = 0

        async def run() -> None:
            self.hub.restart(epoch=f"e{self.epochs:04d}", floor=0)

        self.loop.run_until_complete(run())

    @rule()
    def let_everybody_catch_up(self) -> None:
        for client in self.clients:

            async def run(client: Client = client) -> None:
                client.sink.drain()

            self.loop.run_until_complete(run())
        self.flush_hub()
        self.on_loop(turns=200)
        self.flush_paced_channels()
        self.on_loop(turns=200)
        for client in self.clients:
            assert client.subscriber.live
            assert client.subscriber.position == Position(self.hub.epoch, self.hub.flushed)

    @invariant()
    def everybody_saw_a_told_history(self) -> None:
        for client in self.clients:
            client.check()


TestFanout = FanoutMachine.TestCase
TestFanout.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
