"""What every measurement needs: the compiled programs, the cores, directories, a voice."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.compiler import compiled
from bench.contenders import Contender, Place
from bench.cores import Cores
from bench.publisher import Publisher
from bench.running import Audience, Publication, Running
from bench.subscribers import Subscribers
from infra.errors import DiedError


class Voice(Protocol):
    """Who tells the person what is being done."""

    def __call__(self, text: str) -> None:
        """Say one line."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Starts contenders, subscribers and publishers; everything below ``directory``."""

    directory: Path
    cores: Cores
    cache: Path
    installed: Path
    say: Voice

    @contextmanager
    def run(self, contender: Contender) -> Iterator[Running]:
        """Start a contender in a fresh directory, which goes with it."""
        with ExitStack() as stack:
            try:
                running = stack.enter_context(self._run(contender))
            except DiedError as error:
                # A port was free a moment ago, and somebody else was quicker: once more.
                self.say(f"{contender.title} did not start, trying again: {error}")
                running = stack.enter_context(self._run(contender))
            yield running

    @contextmanager
    def _run(self, contender: Contender) -> Iterator[Running]:
        directory = Path(tempfile.mkdtemp(prefix=f"{contender.name}-", dir=self.directory))
        try:
            with contender.run(Place(directory, self.cores, self.cache, self.installed)) as running:
                yield running
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def subscribers(self, audience: Audience, **options: Any) -> Subscribers:
        """Subscribers to start; ``options`` as `Subscribers` has them."""
        directory = Path(tempfile.mkdtemp(prefix="subscribers-", dir=self.directory))
        return Subscribers(compiled("subscribers", self.cache), audience, directory, **options)

    def publisher(self, publication: Publication, *, rate: float, seconds: float) -> Publisher:
        """A publisher to start, for so long at so many messages a second."""
        directory = Path(tempfile.mkdtemp(prefix="publisher-", dir=self.directory))
        return Publisher(
            compiled("publisher", self.cache),
            publication,
            directory,
            rate=rate,
            count=max(1, round(rate * seconds)),
        )
