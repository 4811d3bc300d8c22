"""Servers on a core of their own."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from infra.servers import Server
from infra.servers.probes import Probe
from infra.servers.program import Program, inherited

_PIN: Final = Path(__file__).with_name("pin.py")


def pinned(program: Program, core: int) -> Program:
    """The same program, on one core with all its threads and children."""
    command = (sys.executable, "-I", "-S", str(_PIN), str(core), *program.command)
    return replace(program, command=command)


class Pinned(Server):
    """A server of the repository, on ``core``."""

    def __init__(self, inner: Server, core: int) -> None:
        super().__init__(name=inner.name, directory=inner.directory)
        self._inner = inner
        self._core = core

    @property
    def program(self) -> Program:
        """What is run."""
        return pinned(self._inner.program, self._core)


class Command(Server):
    """A contender's server: a command on ``core`` that is ready when ``ready`` is content."""

    def __init__(
        self,
        name: str,
        directory: Path,
        command: tuple[str, ...],
        *,
        core: int,
        ready: Probe,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name=name, directory=directory)
        self._program = Program(
            name=name,
            command=command,
            ready=ready,
            environment={**inherited(), **(environment or {})},
        )
        self._core = core

    @property
    def program(self) -> Program:
        """What is run."""
        return pinned(self._program, self._core)
