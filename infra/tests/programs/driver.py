"""A supervisor with two programs, to be sent signals: FOLDER [stubborn]."""

import asyncio
import pathlib
import signal
import sys
from datetime import timedelta

from infra.errors import NotReadyError
from infra.local.console import Console
from infra.local.logbook import Logbook
from infra.local.runner import Runner
from infra.local.supervisor import Supervisor
from infra.servers.program import Program, StopStep, inherited

# Under nohup the tests hand on that hang-ups are ignored, and a supervisor honours that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

FOLDER = pathlib.Path(sys.argv[1])
NAMES = ("one", "two")
WELL = pathlib.Path(__file__).with_name("well.py")


def program(name: str) -> Program:
    def ready() -> None:
        if not (FOLDER / name).exists():
            raise NotReadyError(name, "not yet")

    return Program(
        name=name,
        command=(sys.executable, str(WELL), name, *sys.argv[1:]),
        environment=inherited(),
        ready=ready,
        stop=(StopStep(signal=signal.SIGTERM, patience=timedelta(seconds=50)),),
    )


def runner(name: str, console: Console) -> Runner:
    return Runner(
        program(name),
        logbook=Logbook(FOLDER / f"{name}.log"),
        console=console,
        on_start=lambda pid: console.say(f"started {pid}"),
    )


async def main() -> None:
    console = Console(sys.stdout, NAMES)
    runners = [runner(name, console) for name in NAMES]
    supervisor = Supervisor([runners], stop_order=[[one] for one in runners], console=console)
    await supervisor.run(lambda: console.say("up"))
    console.close()


asyncio.run(main())
