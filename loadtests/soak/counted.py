"""``counted.py feed|chat PORT [LEAK]``: the service, with a port that tells how many tasks it has.

``LEAK`` is what a seeded fault lets grow: memory, files or tasks. Run as a file: a service's own
environment knows nothing of this folder.
"""

import asyncio
import os
import runpy
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from realtime import command, serving

_LEAK_SECONDS: Final = 0.1
_LEAK_BYTES: Final = 1 << 20
_kept: list[object] = []


def main() -> None:
    """Run the service named on the command line."""
    name, port, *leaks = sys.argv[1:]
    inner = serving.run

    def run(main: Coroutine[Any, Any, None]) -> int:
        return inner(_counted(main, int(port), leaks))

    command.run = run  # type: ignore[attr-defined]
    sys.argv[1:] = []
    runpy.run_module(name, run_name="__main__", alter_sys=True)


async def _counted(main: Coroutine[Any, Any, None], port: int, leaks: list[str]) -> None:
    leaking = [asyncio.create_task(_leak(what)) for what in leaks]
    async with await asyncio.start_server(_tell, "127.0.0.1", port):
        await main
    for task in leaking:
        task.cancel()


async def _tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Not the one that answers.
    writer.write(f"{len(asyncio.all_tasks()) - 1}\n".encode())
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _leak(what: str) -> None:
    while True:
        await asyncio.sleep(_LEAK_SECONDS)
        match what:
            case "memory":
                _kept.append(b"x" * _LEAK_BYTES)
            case "files":
                _kept.append(os.open(os.devnull, os.O_RDONLY))
            case "tasks":
                _kept.append(asyncio.create_task(asyncio.Event().wait()))
            case _:
                sys.exit(f"{what} can't be leaked")


main()
