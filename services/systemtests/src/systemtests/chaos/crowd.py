"""The processes that send and see: devices, subscribers near and far, members of a room."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.servers.program import Program, inherited, launch_command
from realtime.client import Chat
from realtime.position import Position
from realtime.testing import wait_until
from systemtests.chaos.notes import Book
from systemtests.chaos.world import World
from systemtests.verdict import Key

PATIENT: Final = 120.0
"""Seconds in which everybody must have caught up after the last fault."""
SENSORS_KIND, FEED_KIND, CHAT_KIND = "bench-", "feed-", "chat-"


class CrowdDiedError(AssertionError):
    """A process of the crowd ended by itself; with the end of what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many of each; ``every`` in seconds, of one sensor or member."""

    devices: int = 2
    streams: int = 4
    far_streams: int = 2
    members: int = 4
    far_members: int = 2
    readings_every: float = 0.04
    posts_every: float = 0.3
    odd: int = 50


@dataclass(eq=False)
class Crowd:
    """The running processes and their notes."""

    world: World
    folder: Path
    size: Size
    book: Book = field(init=False)
    room: str = "lobby"
    devices: list[asyncio.subprocess.Process] = field(default_factory=list)
    members: list[asyncio.subprocess.Process] = field(default_factory=list)
    subscribers: list[asyncio.subprocess.Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.book = Book(self.folder)

    @property
    def processes(self) -> list[asyncio.subprocess.Process]:
        """All of them."""
        return [*self.devices, *self.members, *self.subscribers]

    def expected(self) -> set[str]:
        """The clients that a run has."""
        size = self.size
        far = self.world.far_edge is not None
        names = {f"feed-near-{n}" for n in range(size.streams)}
        names |= {f"chat-near{n}" for n in range(size.members)}
        if far:
            names |= {f"feed-far-{n}" for n in range(size.far_streams)}
            names |= {f"chat-far{n}" for n in range(size.far_members)}
        return names

    async def start(self) -> None:
        """Start those who see, and when they are there those who send."""
        world, size = self.world, self.size
        near, far = world.near_url, world.far_edge
        self.subscribers.append(await self._listen("feed-near", near, size.streams, far=False))
        self.members.append(await self._talk("near", near, size.members, far=False))
        if far is not None:
            stream = await self._listen("feed-far", far.url, size.far_streams, far=True)
            self.subscribers.append(stream)
            self.members.append(await self._talk("far", far.url, size.far_members, far=True))
        await self._until(lambda: self.book.begun >= self.expected(), "everybody there")
        for process in self.members:
            process.send_signal(signal.SIGUSR1)
        arguments = ["--nats", world.nats_url, "--devices", str(size.devices), "--boot", self.room]
        arguments += ["--every", str(size.readings_every), "--odd", str(size.odd)]
        self.devices.append(await self._spawn("publishing", "devices", arguments, far=False))
        await self._until(self._all_flows, "readings and messages flowing")

    async def flow_again(self) -> None:
        """Wait until everybody has seen something of every source that was sent from now on."""
        self.book.read()
        tried = dict(self.book.tried)

        def flows() -> bool:
            return all(
                newest.get(source, 0) > number
                for client, newest in self._newest()
                for source, number in tried.items()
                if source.startswith(SENSORS_KIND if client.startswith(FEED_KIND) else CHAT_KIND)
            )

        await self._until(flows, "readings and messages flowing again")

    def _newest(self) -> list[tuple[str, dict[str, int]]]:
        return [(client, self.book.newest[client]) for client in self.expected()]

    async def finish(self) -> None:
        """Let the senders see their last through, everybody catch up, and end."""
        _ask(self.devices)
        _ask(self.members)
        async with asyncio.timeout(PATIENT):
            for process in self.devices:
                await process.wait()
        await self._until(self._all_seen, "everybody having seen the last of everything")
        _ask(self.subscribers)
        _ask(self.members)
        async with asyncio.timeout(PATIENT):
            for process in self.processes:
                await process.wait()
        self.book.read()

    def check(self) -> None:
        """No process has ended by itself.

        Raises:
            CrowdDiedError: one has.
        """
        self.book.read()
        for process in self.processes:
            if process.returncode is not None:
                said = "\n".join(p.read_text()[-2_000:] for p in self.folder.glob("*.log"))
                raise CrowdDiedError(said)

    async def _until(self, condition: object, what: str) -> None:
        def holds() -> bool:
            self.check_running()
            self.book.read()
            return bool(condition())  # type: ignore[operator]

        await wait_until(holds, what=what, within=PATIENT)

    def check_running(self) -> None:
        """As `check`, for those that aren't asked to end yet."""
        for process in (*self.subscribers, *self.members):
            if process.returncode is not None:
                self.check()

    def _all_flows(self) -> bool:
        kinds = {FEED_KIND: SENSORS_KIND, CHAT_KIND: CHAT_KIND}
        return all(
            any(s.startswith(kinds[client[:5]]) for s in self.book.newest[client])
            for client in self.expected()
        )

    def _all_seen(self) -> bool:
        """By numbers, so that whoever was told a loss of the last ones is waited for in vain."""
        for kind, source_kind in ((FEED_KIND, SENSORS_KIND), (CHAT_KIND, CHAT_KIND)):
            last = self.book.last_stored(source_kind)
            for client in self.expected():
                if client.startswith(kind):
                    newest = self.book.newest[client]
                    if any(newest.get(source, 0) < number for source, number in last.items()):
                        return False
        return self._nobody_writes()

    def _nobody_writes(self) -> bool:
        last = self.book.last_stored(CHAT_KIND)
        tried = {s: n for s, n in self.book.tried.items() if s.startswith(CHAT_KIND)}
        return all(last.get(source, 0) == number for source, number in tried.items())

    async def _listen(
        self, name: str, url: str, streams: int, *, far: bool
    ) -> asyncio.subprocess.Process:
        arguments = ["--url", f"{url}/feed", "--name", name, "--streams", str(streams)]
        return await self._spawn("listening", name, arguments, far=far)

    async def _talk(
        self, name: str, url: str, members: int, *, far: bool
    ) -> asyncio.subprocess.Process:
        arguments = ["--url", f"{url}/chat", "--name", name, "--members", str(members)]
        arguments += ["--room", self.room, "--every", str(self.size.posts_every)]
        return await self._spawn("talking", f"chat-{name}", arguments, far=far)

    async def _spawn(
        self, module: str, name: str, arguments: Sequence[str], *, far: bool
    ) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", f"systemtests.chaos.{module}", *arguments)
        command = (*command, "--notes", str(self.folder / f"{name}.jsonl"))
        if far and self.world.netspace is not None:
            command = self.world.netspace.command(command)
        # Tied to this process: whatever ends a run takes its crowd along.
        tied = launch_command(Program(name=name, command=command, ready=lambda: None))
        with (self.folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *tied, stdout=log, stderr=log, env=inherited()
            )


def _ask(processes: Sequence[asyncio.subprocess.Process]) -> None:
    for process in processes:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def crowd_of(world: World, folder: Path, size: Size, *, room: str) -> AsyncIterator[Crowd]:
    """A crowd that has begun, while the context lasts; whatever is left is killed."""
    crowd = Crowd(world, folder, size, room=room)
    try:
        await crowd.start()
        yield crowd
    finally:
        for process in crowd.processes:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def history_of(url: str, room: str) -> list[tuple[Key, Position]]:
    """All that the chat at ``url`` has of a room, oldest first, as a newcomer gets it."""
    kept: list[tuple[Key, Position]] = []
    async with Chat(url, name="archivist") as chat:
        entered = await chat.join(room, recent=False)
        before: str | None = None
        while True:
            page = await entered.history(before=before, limit=100)
            found = []
            for message in page.messages:
                source, _, number = message.text.rpartition(":")
                found.append((Key(source, int(number)), message.position))
            kept = found + kept
            if not page.more or not page.messages:
                return kept
            before = str(page.messages[0].position)
