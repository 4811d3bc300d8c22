"""The supervisor with small real processes in the place of servers."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from infra.errors import DiedError, InfraError, NotReadyError, NotReadyInTimeError
from infra.local.console import Console
from infra.local.deaths import Deaths
from infra.local.identity import identity
from infra.local.logbook import Logbook
from infra.local.runner import Runner
from infra.local.supervisor import Supervisor
from infra.servers.program import Program, StopStep, inherited
from infra.testing import wait_until

WELL = Path(__file__).parent / "programs" / "well.py"


def program(name: str, folder: Path, code: str | None = None, *, stubborn: bool = False) -> Program:
    """One that runs ``code``, or else `WELL`."""
    what = (str(WELL),) if code is None else ("-c", code)
    mood = ("stubborn",) if stubborn else ()
    patience = timedelta(seconds=0.2 if stubborn else 10)

    def ready() -> None:
        if not (folder / name).exists():
            raise NotReadyError(name, "not yet")

    return Program(
        name=name,
        command=(sys.executable, "-u", *what, name, str(folder), *mood),
        environment=inherited(),
        ready=ready,
        prepare=lambda: (folder / name).unlink(missing_ok=True),
        ends_for_good=frozenset({2}),
        stop=(StopStep(signal=signal.SIGTERM, patience=patience),),
    )


class Run:
    """A supervisor with one runner for each of ``programs``, one stage each, in their order."""

    def __init__(self, folder: Path, *programs: Program, ready_within: float = 20) -> None:
        self._screen = io.StringIO()
        self._folder = folder
        self._console = Console(self._screen, [program.name for program in programs])
        self.pids: list[int] = []
        self.runners = {program.name: self._runner(program) for program in programs}
        self.announced = asyncio.Event()
        stages = [[runner] for runner in self.runners.values()]
        self.supervisor = Supervisor(
            stages,
            stop_order=stages[::-1],
            console=self._console,
            ready_within=timedelta(seconds=ready_within),
        )

    def _runner(self, program: Program) -> Runner:
        return Runner(
            program,
            logbook=Logbook(self._folder / "logs" / program.name),
            console=self._console,
            on_start=self.pids.append,
            deaths=Deaths(shortest=0.01),
        )

    @property
    def shown(self) -> str:
        return self._screen.getvalue()

    def journal(self) -> list[str]:
        return (self._folder / "journal").read_text().splitlines()

    async def run(self) -> None:
        try:
            await self.supervisor.run(self.announced.set)
        finally:
            self._console.close()
            for runner in self.runners.values():
                runner.logbook.close()

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Everything ready inside the block, stopped in order after it."""
        running = asyncio.create_task(self.run())
        async with asyncio.timeout(20):
            await self.announced.wait()
        try:
            yield
        finally:
            self.supervisor.end()
            await running

    def nothing_is_left(self) -> bool:
        return not any(map(identity, self.pids))


@pytest.fixture(autouse=True)
def _signals_are_put_back() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


async def test_programs_start_and_stop_in_their_orders_and_none_is_left(tmp_path: Path) -> None:
    names = ("store", "service", "edge")
    run = Run(tmp_path, *(program(name, tmp_path) for name in names))
    async with run.up():
        assert run.journal() == [f"{name} starts" for name in names]
        assert len(run.pids) == 3
        assert all(map(identity, run.pids))
    assert run.journal()[3:] == [f"{name} ends" for name in names[::-1]]
    assert run.nothing_is_left()


async def test_a_program_that_was_killed_is_started_again_and_a_line_says_so(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, program("nats", tmp_path))
    async with run.up():
        os.kill(run.pids[0], signal.SIGKILL)
        await wait_until(lambda: len(run.pids) == 2)
        await asyncio.wait_for(run.runners["nats"].ready.wait(), 20)
        await wait_until(lambda: run.shown.count("nats is ready") == 2)
    assert "airwave | nats died (signal 9), restarting in 0.01 s\n" in run.shown
    assert run.nothing_is_left()


async def test_a_program_that_keeps_dying_ends_the_run_with_its_last_lines(tmp_path: Path) -> None:
    code = "import sys; [print('line', n) for n in range(30)]; sys.exit(3)"
    run = Run(tmp_path, program("store", tmp_path), program("feed", tmp_path, code))
    with pytest.raises(DiedError, match=r"feed keeps dying: it died \(status 3\)") as died:
        await run.run()
    assert died.value.tail == [f"line {number}" for number in range(10, 30)]
    assert run.shown.count("feed died (status 3), restarting") == 4
    assert run.journal() == ["store starts", "store ends"]
    assert run.nothing_is_left()
    assert not run.announced.is_set()


async def test_a_program_that_refuses_its_settings_is_not_asked_again(tmp_path: Path) -> None:
    code = "import sys; print('FEED_X is not a setting'); sys.exit(2)"
    run = Run(tmp_path, program("feed", tmp_path, code))
    with pytest.raises(DiedError) as died:
        await run.run()
    assert died.value.lines == ("feed does not want to start:", "  FEED_X is not a setting")
    assert len(run.pids) == 1


async def test_a_program_that_does_not_get_ready_ends_the_run(tmp_path: Path) -> None:
    run = Run(tmp_path, program("feed", tmp_path, "import time; time.sleep(60)"), ready_within=0.3)
    with pytest.raises(
        NotReadyInTimeError, match=r"feed is not ready after 0.3 s \(feed: not yet\)"
    ):
        await run.run()
    assert run.nothing_is_left()


async def test_a_program_that_does_not_end_is_killed_with_all_that_it_started(
    tmp_path: Path,
) -> None:
    code = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid)
exec(open({str(WELL)!r}).read())
"""
    run = Run(tmp_path, program("edge", tmp_path, code, stubborn=True))
    async with run.up():
        tail = run.runners["edge"].logbook.tail
        await wait_until(lambda: len(tail) == 2)
        grandchild = int(tail[0])
        assert identity(grandchild)
    assert "edge does not end: killing it" in run.shown
    await wait_until(lambda: identity(grandchild) is None)
    assert run.nothing_is_left()


async def test_logs_are_followed_once_shown_and_kept_from_the_start(tmp_path: Path) -> None:
    run = Run(tmp_path, program("feed", tmp_path))
    async with run.up():
        await wait_until(lambda: list(run.runners["feed"].logbook.tail) == ["hello from feed"])
        assert "hello" not in run.shown
        run.runners["feed"].show()
        os.kill(run.pids[0], signal.SIGKILL)
        await wait_until(lambda: "feed    | hello from feed" in run.shown)


async def test_a_program_that_cannot_be_prepared_ends_the_run_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "feed").mkdir()  # where its preparation wants to remove a file
    run = Run(tmp_path, program("feed", tmp_path))
    with pytest.raises(InfraError, match="feed can't be started"):
        await run.run()
