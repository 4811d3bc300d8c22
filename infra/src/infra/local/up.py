"""One local run, from the lock to the last process."""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from infra.certificates import AUTHORITY
from infra.local import preflight
from infra.local.access import access
from infra.local.console import Console
from infra.local.leftovers import end_leftovers
from infra.local.lock import RunLock
from infra.local.logbook import Logbook
from infra.local.plan import Plan, plan
from infra.local.runner import Runner
from infra.local.settings import Settings
from infra.local.supervisor import Supervisor
from infra.repository import shown
from infra.servers.program import Program


def up(settings: Settings, stream: TextIO = sys.stdout) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        InfraError: it can't start, or a program keeps dying.
    """
    with RunLock.hold(settings.data, url=settings.url) as lock:
        end_leftovers(lock.left_over, lambda line: print(line, file=stream, flush=True))
        preflight.check(settings)
        found = access(settings)
        planned = plan(settings, found, readable=stream.isatty())
        asyncio.run(_supervise(settings, planned, lock, stream))


async def _supervise(settings: Settings, planned: Plan, lock: RunLock, stream: TextIO) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.call_soon_threadsafe(supervisor.end)

    programs = [server.program for server in planned.servers]
    console = Console(stream, [program.name for program in programs], on_broken=end)
    runners = {program.name: _runner(program, settings, console, lock) for program in programs}
    supervisor = Supervisor(
        [[runners[server.name] for server in stage] for stage in planned.stages],
        stop_order=[[runners[name] for name in group] for group in planned.stop_order],
        console=console,
    )
    console.say(f"starting; data and logs are in {shown(settings.data)}/")
    try:
        await supervisor.run(lambda: _announce(settings, planned, runners, console))
        console.say("stopped")
    finally:
        console.close()
        for runner in runners.values():
            runner.logbook.close()


def _runner(program: Program, settings: Settings, console: Console, lock: RunLock) -> Runner:
    return Runner(
        program,
        logbook=Logbook(settings.data / "logs" / f"{program.name}.log"),
        console=console,
        on_start=lambda pid: lock.record(program.name, pid),
    )


def _announce(
    settings: Settings, planned: Plan, runners: Mapping[str, Runner], console: Console
) -> None:
    rows = [
        (runner.name, runner.program.addresses, str(runner.pid), shown(runner.logbook.path))
        for runner in runners.values()
    ]
    rows += [(name, address, "yours", "") for name, address in planned.theirs]
    lines = [f"  Airwave runs: {settings.url}", *_about_trust(settings)]
    console.text("\n".join(["", *lines, "", *_table(rows), ""]))
    for runner in runners.values():
        runner.show()


def _about_trust(settings: Settings) -> list[str]:
    if not settings.tls:
        return []
    authority = shown(settings.data / "tls" / AUTHORITY)
    return [
        f"  Browsers warn until they believe {authority}, which can sign for localhost only.",
        '  infra/README.md, "TLS", says how; without a browser:',
        f"    curl --cacert {authority} {settings.url}",
    ]


def _table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [("name", "address", "pid", "log"), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
