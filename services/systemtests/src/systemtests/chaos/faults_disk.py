"""A disk that is full: the broker keeps its streams on a file system of 16 MiB."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from systemtests.chaos.faults_processes import revive
from systemtests.chaos.world import World

SIZE: Final = "16m"


class NoDiskError(Exception):
    """This machine gives us no small file system."""


def missing() -> str:
    """Why there can be no small disk here; empty where there can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "a small file system takes Linux and root"
    return "" if shutil.which("mount") else "mount is not installed"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A tmpfs of 16 MiB on ``folder`` while the context lasts.

    Raises:
        NoDiskError: the system refuses.
    """
    folder.mkdir(parents=True)
    mounted = subprocess.run(  # noqa: S603 - fixed words
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        raise NoDiskError(mounted.stderr.strip())
    try:
        yield folder
    finally:
        # Lazily: a server that is still ending may have files open.
        subprocess.run(["umount", "--lazy", str(folder)], check=False)  # noqa: S603, S607


async def disk_full(world: World, _: random.Random, seconds: float) -> None:
    """Nothing can be stored; then there is room again, and the broker is started anew.

    nats-server switches JetStream off when a write fails, until it is restarted.
    """
    broker = world.brokers[0]
    filler = broker.directory / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(65_536))
                file.flush()
        except OSError:
            pass
    await asyncio.sleep(seconds)
    filler.unlink()
    await asyncio.to_thread(broker.kill)
    await revive(broker)
