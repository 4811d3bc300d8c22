"""Fuzzes targets, each in a process of its own, in turn or side by side."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from systemtests.fuzz import engine
from systemtests.fuzz.engine import Budget
from systemtests.fuzz.outcome import Outcome, read_outcome
from systemtests.fuzz.target import Target

_LOST: Final = 99


class Campaign:
    """One run: ``folder`` gets a log and the findings of each target, ``corpus`` what is learned.

    Everything that is measured has been imported, so a target begins at once: a fork of this
    process, which has no threads.
    """

    def __init__(self, folder: Path, corpus: Path, budget: Budget, *, side_by_side: int) -> None:
        self._folder = folder
        self._corpus = corpus
        self._budget = budget
        self._side_by_side = side_by_side

    def run(self, targets: Sequence[Target], on_outcome: Callable[[Outcome], None]) -> None:
        """Fuzz all of them; ``on_outcome`` hears of each at its end."""
        waiting = list(reversed(targets))
        running: dict[int, Target] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._side_by_side:
                    target = waiting.pop()
                    running[self._start(target)] = target
                for outcome in self._ended(running):
                    on_outcome(outcome)
        finally:
            for process in running:
                os.kill(process, 9)

    def _start(self, target: Target) -> int:
        folder, corpus = self._folder / target.name, self._corpus / target.name
        for path in (folder, corpus):
            path.mkdir(parents=True, exist_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            self._be(target, folder, corpus)
        return process

    def _be(self, target: Target, folder: Path, corpus: Path) -> None:
        """Become the fuzzer of one target; never comes back."""
        try:
            with (folder / "log").open("wb") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            engine.fuzz(target, self._budget, corpus=corpus, folder=folder)
        except BaseException:  # noqa: BLE001 - whatever it was, the fork must not go on as the parent
            traceback.print_exc()
        finally:
            os._exit(_LOST)

    def _ended(self, running: dict[int, Target]) -> Iterator[Outcome]:
        process, status, usage = os.wait3(0)
        target = running.pop(process, None)
        if target is not None:
            yield read_outcome(
                target.name,
                self._folder / target.name,
                status=os.waitstatus_to_exitcode(status),
                cpu_seconds=usage.ru_utime + usage.ru_stime,
            )
