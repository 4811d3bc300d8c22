"""Starts runners in their order, stops them in theirs, and lets nothing outlive it."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from infra.errors import InfraError
from infra.local.console import Console
from infra.local.runner import Runner

_READY_WITHIN: Final = timedelta(seconds=60)
# One Ctrl-C may arrive twice (from the terminal, and passed on by whoever started us).
_ANOTHER_AFTER: Final = 0.5  # seconds


class CannotStartError(InfraError):
    """This machine does not let a program start: no disk, no memory, no permission."""

    def __init__(self, name: str, why: OSError) -> None:
        super().__init__(f"{name} can't be started: {why}")


class Supervisor:
    """``stages`` start one after the other, each when the one before is ready.

    ``stop_order`` names the same runners; those of one group are stopped together. SIGINT, SIGTERM
    and SIGHUP stop everything in order; a second SIGINT kills at once.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[Runner]],
        *,
        stop_order: Sequence[Sequence[Runner]],
        console: Console,
        ready_within: timedelta = _READY_WITHIN,
    ) -> None:
        self._stages = stages
        self._stop_order = stop_order
        self._console = console
        self._ready_within = ready_within
        self._ending = asyncio.Event()
        self._failure: InfraError | None = None
        self._asked_at: float | None = None

    async def run(self, announce: Callable[[], None]) -> None:
        """Run until a signal; ``announce`` is called once, when everything is ready.

        Raises:
            InfraError: a program keeps dying, or does not get ready.
        """
        self._listen_for_signals()
        try:
            async with asyncio.TaskGroup() as tasks:
                if await self._start(tasks):
                    announce()
                await self._ending.wait()
                await self._stop()
        finally:
            self._kill()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Begin to stop, in order."""
        self._ending.set()

    async def _start(self, tasks: asyncio.TaskGroup) -> bool:
        """Start stage by stage; False where the end came first."""
        for stage in self._stages:
            for runner in stage:
                tasks.create_task(self._keep(runner))
            everyone = tasks.create_task(self._all_ready(stage))
            ending = tasks.create_task(self._ending.wait())
            await asyncio.wait({everyone, ending}, return_when=asyncio.FIRST_COMPLETED)
            everyone.cancel()
            ending.cancel()
            if self._ending.is_set():
                return False
        return True

    async def _keep(self, runner: Runner) -> None:
        try:
            await runner.run()
        except InfraError as error:
            self._fail(error)
        except OSError as error:
            self._fail(CannotStartError(runner.name, error))

    async def _all_ready(self, stage: Sequence[Runner]) -> None:
        try:
            for runner in stage:
                await runner.wait_ready(within=self._ready_within)
        except InfraError as error:
            self._fail(error)

    def _fail(self, error: InfraError) -> None:
        self._failure = self._failure or error
        self.end()

    async def _stop(self) -> None:
        for group in self._stop_order:
            await asyncio.gather(*(runner.stop() for runner in group))

    def _kill(self) -> None:
        for group in self._stop_order:
            for runner in group:
                runner.kill()

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._on_interrupt)
        loop.add_signal_handler(signal.SIGTERM, self._on_term)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            loop.add_signal_handler(signal.SIGHUP, self._on_term)

    def _on_term(self) -> None:
        if not self._ending.is_set():
            self._console.say("stopping")
        self.end()

    def _on_interrupt(self) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            self._console.say("stopping; Ctrl-C again kills at once")
            self.end()
        elif now - self._asked_at > _ANOTHER_AFTER:
            self._console.say("killing everything")
            self._kill()
