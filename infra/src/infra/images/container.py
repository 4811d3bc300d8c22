"""A container as one of the servers of tests: started, asked until ready, ended by its signal."""

import signal
from datetime import timedelta
from pathlib import Path

from infra.images.builder import Builder
from infra.images.start import Start
from infra.servers import probes
from infra.servers.program import Program, StopStep, inherited
from infra.servers.server import Server


class Container(Server):
    """``start`` run by ``builder``, once; ready when ``ready`` is content.

    It is ended by the signal that its image names, and gets ``patience`` for that.
    """

    def __init__(
        self,
        builder: Builder,
        start: Start,
        directory: Path,
        *,
        ready: probes.Probe,
        patience: timedelta = timedelta(seconds=30),
    ) -> None:
        super().__init__(name=start.name, directory=directory)
        self._builder = builder
        self._start = start
        self._ready = ready
        self._patience = patience
        self._program: Program | None = None

    @property
    def program(self) -> Program:
        """What is run; its root is laid when it is first asked for."""
        if self._program is None:
            says = self._builder.configuration(self._start.tag)
            self._program = Program(
                name=self.name,
                command=self._builder.command(self._start, self.directory / "bundle"),
                environment=inherited(),
                ready=self._ready,
                stop=(StopStep(signal=signal.Signals[says.stop_signal], patience=self._patience),),
            )
        return self._program

    @property
    def first(self) -> Path:
        """Where this machine tells of the container's first process: its folder in ``/proc``."""
        return Path("/proc", str(self._builder.pid(self.name)))

    def stop(self) -> int:
        """End it and give its exit status; -9 where it hung."""
        try:
            return super().stop()
        finally:
            self.discard()

    def kill(self) -> int:
        """End it at once."""
        try:
            return super().kill()
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove what is left of it; nothing, if nothing is."""
        self._builder.discard(self.name)
