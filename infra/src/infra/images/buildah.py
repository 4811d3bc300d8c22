"""buildah, which needs no daemon, and runc, which starts what it built: both as root."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from infra.images.builder import Builder, on_path
from infra.images.bundle import bundle
from infra.images.configuration import Configuration
from infra.images.errors import ToolFailedError
from infra.images.recipe import Recipe
from infra.images.start import Start
from infra.images.tool import output, works
from infra.repository import ROOT

_SOON: Final = timedelta(seconds=20)  # a registry that can't be reached may never say so


class Buildah(Builder):
    """Builds with chroot isolation: the kernel has to offer no more than it does to any root."""

    name = "buildah (isolation chroot) and runc"

    def __init__(self) -> None:
        self._containers: dict[str, str] = {}

    @property
    def answers(self) -> bool:
        """Whether both are there, and we may use them."""
        return os.geteuid() == 0 and on_path("buildah", "runc") and works(["buildah", "info"])

    def build(self, recipe: Recipe, *, tag: str, arguments: Mapping[str, str]) -> None:
        """Build on the machine's network, which chroot isolation has anyway."""
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        command = ["buildah", "bud", "--isolation=chroot", "--network=host", "--pull-never"]
        file = f"--file={ROOT / recipe.dockerfile}"
        output([*command, "--layers", *given, f"--tag={tag}", file, str(ROOT)])

    def has(self, tag: str) -> bool:
        """Whether the store has it."""
        return works(["buildah", "inspect", "--type=image", tag])

    def pull(self, reference: str) -> bool:
        """Fetch it."""
        return works(["buildah", "pull", "--quiet", reference], within=_SOON)

    def take(self, root: Path, *, tag: str, environment: Mapping[str, str]) -> None:
        """Unpack a tar file into an image of its own."""
        container = output(["buildah", "from", "scratch"]).strip()
        try:
            output(["buildah", "add", "--quiet", container, str(root), "/"])
            given = [f"--env={name}={value}" for name, value in environment.items()]
            output(["buildah", "config", *given, container])
            output(["buildah", "commit", "--quiet", container, tag])
        finally:
            output(["buildah", "rm", container])

    def configuration(self, tag: str) -> Configuration:
        """What the image says of itself."""
        found = json.loads(output(["buildah", "inspect", "--type=image", tag]))
        return Configuration.of(found["OCIv1"]["config"])

    @contextmanager
    def opened(self, tag: str, paths: Sequence[str]) -> Iterator[Path]:  # noqa: ARG002 - has all
        """The image's whole root, for as long as it is open."""
        container, root = self._mounted(tag)
        try:
            yield root
        finally:
            output(["buildah", "rm", container])

    def _mounted(self, tag: str) -> tuple[str, Path]:
        container = output(["buildah", "from", "--pull-never", tag]).strip()
        return container, Path(output(["buildah", "mount", container]).strip())

    def command(self, start: Start, folder: Path) -> tuple[str, ...]:
        """Write what runc reads into ``folder``; it stays and hands signals on."""
        container, root = self._mounted(start.tag)
        self._containers[start.name] = container
        folder.mkdir(parents=True, exist_ok=True)
        written = json.dumps(bundle(self.configuration(start.tag), start, root))
        (folder / "config.json").write_text(written, encoding="utf-8")
        return ("runc", "run", "--bundle", str(folder), start.name)

    def pid(self, name: str) -> int:
        """As this machine numbers it."""
        return int(json.loads(output(["runc", "state", name]))["pid"])

    def discard(self, name: str) -> None:
        """Remove the container and its root."""
        with suppress(ToolFailedError):
            output(["runc", "delete", "--force", name])
        if container := self._containers.pop(name, None):
            output(["buildah", "rm", container])
