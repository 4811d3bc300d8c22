"""The replicas of feed and chat in a run: as they are, or with a habit taken away."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from infra.servers import ServiceServer, ValkeyServer
from infra.servers.program import Program
from systemtests.wall_clock import Clocked, WallClock


class Gateway(Clocked, ServiceServer):
    """A replica, on a wall clock of the run's, where it has those.

    ``mutant``: the habit that it lacks (`systemtests.chaos.mutants`); empty for none.
    """

    mutant = ""

    @property
    def program(self) -> Program:
        """What is run."""
        program = super().program
        if not self.mutant:
            return program
        module = ("-m", "systemtests.chaos.mutants", self.mutant, self.name)
        return replace(program, command=(sys.executable, *module))


class Store(Clocked, ValkeyServer):
    """Valkey, whose keys end by the wall clock."""


def gateway(
    kind: str,
    directory: Path,
    settings: Mapping[str, str],
    *,
    mutant: str = "",
    clock: WallClock | None = None,
) -> Gateway:
    """A replica of ``kind``."""
    server = Gateway(kind, directory, settings=settings)
    server.mutant, server.clock = mutant, clock
    return server
