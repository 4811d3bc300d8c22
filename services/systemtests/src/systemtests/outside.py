"""Clients of the stream that are none of ours: curl, and Node with a strict gunzip."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from systemtests.listener import Event, Listener

NODE_CLIENT: Final = Path(__file__).with_name("strict_gunzip.mjs")


def curl(url: str, last_event_id: str | None) -> Sequence[str]:
    """The command line of a curl that decodes what it is sent."""
    command = ["curl", "--silent", "--show-error", "--no-buffer", "--compressed", "--noproxy", "*"]
    if last_event_id is not None:
        command += ["--header", f"Last-Event-ID: {last_event_id}"]
    return [*command, url]


def node(url: str, last_event_id: str | None) -> Sequence[str]:
    """The command line of a Node that fails where a gzip stream is cut short or sums up wrong."""
    return ["node", str(NODE_CLIENT), url, last_event_id or ""]


class OutsideClient(Listener):
    """What such a process has printed so far, as events."""

    def __init__(self) -> None:
        super().__init__()
        self.exit_status: int | None = None
        self._text = ""

    def read(self, text: str) -> None:
        """Add what was printed."""
        *blocks, self._text = (self._text + text).split("\n\n")
        for block in blocks:
            self.take(parse(block))


@asynccontextmanager
async def outside(command: Sequence[str]) -> AsyncIterator[OutsideClient]:
    """Run a client while the context lasts; a missing program is an error that says so."""
    if shutil.which(command[0]) is None:
        message = f"{command[0]} is needed for this test: install it"
        raise FileNotFoundError(message)
    client = OutsideClient()
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)

    async def read() -> None:
        assert process.stdout is not None
        while part := await process.stdout.read(2**16):
            client.read(part.decode())
        client.exit_status = await process.wait()

    reader = asyncio.create_task(read())
    try:
        yield client
    finally:
        if process.returncode is None:
            process.kill()
        await reader
        client.check_documented()


def parse(block: str) -> Event:
    """Read one block of a stream, without the blank line after it."""
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    retry = fields.get("retry")
    return Event(
        name=fields["event"],
        data=json.loads(fields["data"]),
        id=fields.get("id", ""),
        retry=None if retry is None else int(retry),
    )
