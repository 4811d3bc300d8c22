"""One of others' clients as a process, and what it has told its user so far."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.repository import ROOT

FOLDER: Final = ROOT / "services" / "systemtests" / "clients"
NPM: Final = ("eventsource", "eventsource-client", "fetch-event-source")
PYPI: Final = ("httpx-sse", "aiosseclient", "sseclient-py")
CLIENTS: Final = (*NPM, *PYPI)


@cache
def _node() -> str:
    """The Node.js that `infra/local/bin/npm` goes by."""
    npm = str(ROOT / "infra" / "local" / "bin" / "npm")
    asked = subprocess.run(  # noqa: S603 - a script of ours
        [npm, "--prefix", str(FOLDER), "run", "--silent", "node"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return asked.stdout.strip()


def _command(name: str) -> Sequence[str]:
    if name in PYPI:
        return (sys.executable, "-m", "systemtests.others.listen", name)
    if not (FOLDER / "node_modules").is_dir():
        message = f"the clients from npm are missing: make test, or npm ci in {FOLDER}"
        raise FileNotFoundError(message)
    return (_node(), str(Path(FOLDER, "listen.mjs")), name)


class Run:
    """What a client told: events, how often it asked, errors, whether it is there at all."""

    def __init__(self) -> None:
        self.events: list[dict[str, str]] = []
        self.asked: list[str] = []
        """The Last-Event-ID of each request; of those from PyPI, only of the first."""
        self.answered: list[int] = []
        """The statuses; of those from npm only."""
        self.errors: list[str] = []
        self.ended = False
        """It told its user that the stream is over."""
        self.gone = False
        """The process has ended by itself: the client will do nothing more."""

    def take(self, said: dict[str, Any]) -> None:
        """Keep one line."""
        if "event" in said:
            self.events.append(said)
        elif "asked" in said:
            self.asked.append(said["asked"])
        elif "answered" in said:
            self.answered.append(said["answered"])
        elif "error" in said:
            self.errors.append(said["error"])
        else:
            self.ended = said["ended"]

    @property
    def names(self) -> list[str]:
        """The events' names in order."""
        return [event["event"] for event in self.events]

    def of(self, name: str) -> list[Any]:
        """The data of the events called ``name``, decoded."""
        return [json.loads(one["data"]) for one in self.events if one["event"] == name]

    @property
    def last_id(self) -> str:
        """What its user would send as Last-Event-ID."""
        return next((event["id"] for event in reversed(self.events) if event["id"]), "")

    @property
    def resumed(self) -> list[bool]:
        """What each ``hello`` says."""
        return [hello["resumed"] for hello in self.of("hello")]

    def texts(self, sensor: str) -> list[str]:
        """The texts of a sensor's readings, from the snapshot on."""
        packs = (*self.of("snapshot"), *self.of("readings"))
        return [record["vs"] for pack in packs for record in pack if record["n"] == sensor]


@asynccontextmanager
async def running(
    name: str, url: str, *, last_event_id: str = "", prefer: str = ""
) -> AsyncIterator[Run]:
    """Run the client while the context lasts."""
    run = Run()
    process = await asyncio.create_subprocess_exec(
        *_command(name), url, last_event_id, prefer, stdout=asyncio.subprocess.PIPE, limit=2**24
    )

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            run.take(json.loads(line))
        await process.wait()
        run.gone = True

    reading = asyncio.create_task(read())
    try:
        yield run
    finally:
        if not run.gone:
            reading.cancel()
            if process.returncode is None:
                process.kill()
            await process.wait()
        await asyncio.gather(reading, return_exceptions=True)
