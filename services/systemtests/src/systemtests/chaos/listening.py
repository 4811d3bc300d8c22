"""``python -m systemtests.chaos.listening``: subscribers that note each event they are handed.

They are the project's own client (`realtime.client.Feed`), which comes back by itself: what reaches
a program that uses it is what is promised.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from ssl import create_default_context

import httpx2

from realtime.client import Feed, Gap, Heartbeat, Hello, Readings, Snapshot, State
from realtime.client.feed_events import FeedEvent
from systemtests.chaos import notes
from systemtests.chaos.process import notebook_at, until_asked_to_end

HEARTBEAT = 5.0
"""Seconds: the shortest that the feed grants, so that a watchdog bites after 12.5."""


@dataclass
class Subscriber:
    """One stream, and its part of the notebook."""

    name: str
    notebook: notes.Notebook
    greeted: bool = False

    async def follow(self, feed: Feed) -> None:
        """Note every event."""
        async for event in feed:
            self._note(event)

    def stands(self, state: State) -> None:
        """Note how the client stands."""
        self.notebook.write(notes.Standing(client=self.name, state=str(state)))

    def _note(self, event: FeedEvent) -> None:
        match event:
            case Gap():
                self.notebook.write(notes.Gap(client=self.name, reason=event.reason))
            case Hello() if self.greeted:
                # Where it resumed; the client itself makes a gap of what was not resumed.
                pass
            case Readings():
                keys = tuple((record.n, int(record.v or 0)) for record in event.records)
                self._see(event, keys)
            case Hello() | Snapshot() | Heartbeat():
                self.greeted = True
                self._see(event, ())
            case _:
                pass

    def _see(self, event: FeedEvent, keys: tuple[tuple[str, int], ...]) -> None:
        seen = notes.Seen(client=self.name, position=str(event.position or ""), keys=keys)
        self.notebook.write(seen)


async def run(arguments: argparse.Namespace) -> None:
    """Listen with several streams, a connection each."""
    ending, context = until_asked_to_end(), create_default_context()
    with notebook_at(arguments.notes) as notebook:
        async with AsyncExitStack() as stack:
            feeds: list[tuple[str, Feed]] = []
            group = await stack.enter_async_context(asyncio.TaskGroup())
            for number in range(arguments.streams):
                subscriber = Subscriber(f"{arguments.name}-{number}", notebook)
                timeout = httpx2.Timeout(10, read=None)
                http = httpx2.AsyncClient(verify=context, timeout=timeout, trust_env=False)
                feed = Feed(
                    arguments.url,
                    heartbeat=HEARTBEAT,
                    http=await stack.enter_async_context(http),
                    on_state=subscriber.stands,
                )
                feeds.append((subscriber.name, await stack.enter_async_context(feed)))
                group.create_task(subscriber.follow(feed))
            await ending.wait()
            for name, feed in feeds:
                ended = notes.Ended(
                    client=name,
                    connections=feed.connections,
                    farewells=feed.farewells,
                    duplicates=feed.duplicates,
                )
                notebook.write(ended)


def main() -> None:
    """Listen until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.chaos.listening")
    parser.add_argument("--url", required=True)
    parser.add_argument("--notes", required=True)
    parser.add_argument("--name", default="feed-near")
    parser.add_argument("--streams", type=int, default=4)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
