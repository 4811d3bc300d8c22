"""What builds and starts images on this machine; which one it is, is found out by asking."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from infra.images.configuration import Configuration
from infra.images.recipe import Recipe
from infra.images.start import Start


class Builder(ABC):
    """One program, or a pair of them, with a store of images of its own, which is the cache."""

    name: str
    """For people: which it is."""

    @abstractmethod
    def build(self, recipe: Recipe, *, tag: str, arguments: Mapping[str, str]) -> None:
        """Build from the repository's root, fetching no base.

        Raises:
            ToolFailedError: a step failed.
        """

    @abstractmethod
    def has(self, tag: str) -> bool:
        """Whether the store has an image of that name."""

    @abstractmethod
    def pull(self, reference: str) -> bool:
        """Fetch an image from its registry; False where that is out of reach."""

    @abstractmethod
    def take(self, root: Path, *, tag: str, environment: Mapping[str, str]) -> None:
        """Make an image of a root file system: a tar file."""

    @abstractmethod
    def configuration(self, tag: str) -> Configuration:
        """What the image says of itself."""

    @abstractmethod
    def opened(self, tag: str, paths: Sequence[str]) -> AbstractContextManager[Path]:
        """Give a folder in which at least these ``paths`` of the image are."""

    @abstractmethod
    def command(self, start: Start, folder: Path) -> tuple[str, ...]:
        """What runs a container in the foreground and hands signals on to it.

        ``folder`` is where it may keep files for as long as the container runs.
        """

    @abstractmethod
    def pid(self, name: str) -> int:
        """The container's first process, as this machine numbers it."""

    @abstractmethod
    def discard(self, name: str) -> None:
        """End and remove what is left of a container; nothing, if nothing is."""


def on_path(*programs: str) -> bool:
    """Whether PATH has all of them."""
    return all(map(shutil.which, programs))
