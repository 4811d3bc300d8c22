"""``python -m systemtests.chaos.talking``: members who write numbered messages and note all."""

import argparse
import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from realtime.client import Chat, ChatEndedError, Message, Room, RoomGap, State
from realtime.client.errors import CommandRefusedError, UnconfirmedError
from realtime.position import parse_position
from systemtests.chaos import notes
from systemtests.chaos.process import notebook_at, until_asked_to_end, until_told_to_begin

PATIENCE = timedelta(seconds=180)
"""For one post. Longer than any fault; it is sent again, over as many connections as it takes."""


@dataclass
class Member:
    """One connection in one room."""

    name: str
    notebook: notes.Notebook
    every: float

    @property
    def client(self) -> str:
        """Its name among all clients of a run."""
        return f"chat-{self.name}"

    async def write(self, room: Room, ending: asyncio.Event) -> None:
        """Post one after another until asked to end; the last is seen through."""
        number, source = 0, self.client
        while not ending.is_set():
            number += 1
            self.notebook.write(notes.Tried(source=source, number=number))
            try:
                at = parse_position(await room.post(f"{source}:{number}", within=PATIENCE))
            except (UnconfirmedError, CommandRefusedError):
                await asyncio.sleep(self.every)
                continue
            offset = at.offset if at is not None else 0
            self.notebook.write(notes.Stored(source=source, number=number, offset=offset))
            await asyncio.sleep(self.every)

    async def read(self, room: Room) -> None:
        """Note every message and every loss."""
        async for event in room.events():
            if isinstance(event, Message):
                source, _, number = event.text.rpartition(":")
                seen = notes.Seen(
                    client=self.client, position=event.at, keys=((source, int(number)),)
                )
                self.notebook.write(seen)
            elif isinstance(event, RoomGap):
                self.notebook.write(notes.Gap(client=self.client, reason=event.reason))

    def stands(self, state: State) -> None:
        """Note how the client stands."""
        self.notebook.write(notes.Standing(client=self.client, state=str(state)))


async def run(arguments: argparse.Namespace) -> None:
    """Talk with several members in one room until asked to end."""
    ending, listening = until_asked_to_end(), asyncio.Event()
    beginning = until_told_to_begin()
    with notebook_at(arguments.notes) as notebook:
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            seats: list[tuple[Member, Chat, Room]] = []
            for number in range(arguments.members):
                member = Member(f"{arguments.name}{number}", notebook, arguments.every)
                chat = Chat(arguments.url, name=member.name, on_state=member.stands)
                await stack.enter_async_context(chat)
                room = await chat.join(arguments.room)
                # Where it begins; nobody writes before all are there.
                begin = notes.Seen(client=member.client, position=str(room.position or ""))
                notebook.write(begin)
                seats.append((member, chat, room))
            await beginning.wait()
            writers = [asyncio.create_task(m.write(r, listening)) for m, _, r in seats]
            for member, _, room in seats:
                group.create_task(member.read(room))
            await ending.wait()
            # Asked once: write no more, but listen; asked again: go.
            listening.set()
            ending.clear()
            await asyncio.wait([*writers, asyncio.create_task(ending.wait())])
            for member, chat, room in seats:
                ended = notes.Ended(
                    client=member.client,
                    connections=chat.connections,
                    farewells=chat.farewells,
                    duplicates=room.log.duplicates,
                )
                notebook.write(ended)


def main() -> None:
    """Talk until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.chaos.talking")
    parser.add_argument("--url", required=True)
    parser.add_argument("--notes", required=True)
    parser.add_argument("--name", default="member")
    parser.add_argument("--room", default="lobby")
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--every", type=float, default=0.2)
    try:
        asyncio.run(run(parser.parse_args()))
    except* ChatEndedError as ended:
        raise SystemExit(str(ended)) from None


if __name__ == "__main__":
    main()
