"""Keeps one program running until it is told to stop."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from datetime import timedelta

from infra.errors import DiedError, NotReadyError, NotReadyInTimeError
from infra.local.child import Child
from infra.local.console import Console
from infra.local.deaths import Deaths
from infra.local.logbook import Logbook
from infra.servers.program import Program, ending

_POLL = 0.05  # seconds between two questions whether it is ready


class Runner:
    """One program and, in turn, its processes. `ready` is set while the current one is ready.

    ``on_start`` is told the pid of every process. Lines go to the logbook always, and to the
    console once `show` was called.
    """

    def __init__(
        self,
        program: Program,
        *,
        logbook: Logbook,
        console: Console,
        on_start: Callable[[int], None] = lambda _: None,
        deaths: Deaths | None = None,
    ) -> None:
        self.program = program
        self.logbook = logbook
        self.ready = asyncio.Event()
        self.why_not_ready: NotReadyError = NotReadyError(program.name, "not asked yet")
        self._console = console
        self._on_start = on_start
        self._deaths = deaths or Deaths()
        self._stopping = asyncio.Event()
        self._child: Child | None = None
        self._ready_at: float | None = None
        self._shown = False

    @property
    def name(self) -> str:
        """Of the program."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """Of the current process."""
        return None if self._child is None else self._child.pid

    def show(self) -> None:
        """From now on, follow the log on the console."""
        self._shown = True

    async def run(self) -> None:
        """Run processes one after the other; returns after `stop`.

        Raises:
            DiedError: it keeps dying, or does not want its settings; with the end of its log.
        """
        while not self._stopping.is_set():
            status = await self._live()
            if self._stopping.is_set():
                return
            delay = self._delay_after(status)
            self._console.say(f"{self.name} {ending(status)}, restarting in {delay:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def wait_ready(self, *, within: timedelta) -> None:
        """Wait until it is ready.

        Raises:
            NotReadyInTimeError: it is not ``within`` that time; with the reason that it gave last.
        """
        try:
            await asyncio.wait_for(self.ready.wait(), within.total_seconds())
        except TimeoutError as error:
            raise NotReadyInTimeError(self.name, within, self.why_not_ready) from error

    async def stop(self) -> None:
        """End the process in the program's own order, and start no other."""
        self._stopping.set()
        child = self._child
        if child is None or child.ended.done():
            return
        child.send(signal.SIGCONT)  # whoever was stopped would not see the signals below
        for step in self.program.stop:
            child.send(step.signal)
            done, _ = await asyncio.wait({child.ended}, timeout=step.patience.total_seconds())
            if done:
                break
        else:
            self._console.say(f"{self.name} does not end: killing it")
            child.kill()
        status = await child.ended
        if status not in self.program.ends_well:
            self._console.say(f"{self.name} {ending(status)} while it was stopped")

    def kill(self) -> None:
        """End the process at once, and start no other."""
        self._stopping.set()
        if self._child is not None:
            self._child.kill()

    async def _live(self) -> int:
        """One process from its start to its end; its exit status."""
        self.program.prepare()
        child = self._child = Child(self.program, self._hear)
        self._on_start(child.pid)
        self._ready_at = None
        asking = asyncio.create_task(self._ask_until_ready(time.monotonic()))
        try:
            return await asyncio.shield(child.ended)
        finally:
            self.ready.clear()
            asking.cancel()
            await asyncio.wait({asking})

    async def _ask_until_ready(self, started: float) -> None:
        while True:
            try:
                await asyncio.to_thread(self.program.ready)
            except NotReadyError as error:
                self.why_not_ready = error
                await asyncio.sleep(_POLL)
            else:
                break
        self._ready_at = time.monotonic()
        self.ready.set()
        self._console.say(f"{self.name} is ready ({self._ready_at - started:.1f} s)")

    def _hear(self, line: str) -> None:
        self.logbook.write(line)
        if self._shown:
            self._console.line(self.name, line)

    def _delay_after(self, status: int) -> float:
        now = time.monotonic()
        ready_for = 0.0 if self._ready_at is None else now - self._ready_at
        delay = self._deaths.delay_after(now, ready_for=ready_for)
        if delay is None:
            raise DiedError(self.name, f"keeps dying: it {ending(status)}", list(self.logbook.tail))
        if status in self.program.ends_for_good:
            raise DiedError(self.name, "does not want to start:", list(self.logbook.tail))
        return delay
