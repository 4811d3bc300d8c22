"""What the processes of a run have in common: their notebook, and their end."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from systemtests.chaos.notes import Notebook


def until_asked_to_end() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for what in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(what, ending.set)
    return ending


def until_told_to_begin() -> asyncio.Event:
    """An event that SIGUSR1 sets: everybody is there."""
    beginning = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, beginning.set)
    return beginning


@contextmanager
def notebook_at(path: str) -> Iterator[Notebook]:
    """A notebook in a file of its own."""
    with Path(path).open("ab") as file:
        yield Notebook(file)
