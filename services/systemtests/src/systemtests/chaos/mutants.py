"""``python -m systemtests.chaos.mutants NAME SERVICE``: a service with one good habit taken away.

A run on one of these has to fail: otherwise the run proves nothing about the good ones.
"""

import runpy
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from infra.servers import ServiceServer
from infra.servers.program import Program


def forgets_holes() -> None:
    """The tail passes on whatever comes live, and never reads what is missing."""
    from realtime.tail import Tail  # noqa: PLC0415 - only where it is to be broken

    patched: Any = Tail

    def arrived(self: Any, delivery: Any) -> None:
        if delivery.offset > self._head:
            self._pass_on(delivery)

    async def read_up_to(self: Any, last: int) -> None:
        self._head = max(self._head, last)

    patched._arrived = arrived
    patched._read_up_to = read_up_to


def stores_again() -> None:
    """A post that is sent again is stored again."""
    import uuid  # noqa: PLC0415 - as above

    from chat import publisher  # noqa: PLC0415 - as above

    patched: Any = publisher
    patched.message_id = lambda *_, **__: uuid.uuid4().hex


MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    "forgets-holes": forgets_holes,
    "stores-again": stores_again,
}


class Mutant(ServiceServer):
    """A service that is started with the habit taken away; as it is, where none is named."""

    mutant = ""

    @property
    def program(self) -> Program:
        """What is run."""
        program = super().program
        if not self.mutant:
            return program
        module = ("-m", "systemtests.chaos.mutants", self.mutant, self.name)
        return replace(program, command=(sys.executable, *module))


def mutant_of(
    kind: str, directory: Path, settings: Mapping[str, str], *, mutant: str
) -> ServiceServer:
    """A service of ``kind``, with ``mutant`` if one is named."""
    server = Mutant(kind, directory, settings=settings)
    server.mutant = mutant
    return server


def main() -> None:
    """Break the service and run it."""
    name, service = sys.argv[1:]
    MUTANTS[name]()
    sys.argv = [service]
    runpy.run_module(service, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
