"""docker and podman, which are asked with the same words."""

import json
import resource
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

from infra.images.builder import Builder
from infra.images.configuration import Configuration
from infra.images.errors import ToolFailedError
from infra.images.recipe import Recipe
from infra.images.start import Start
from infra.images.tool import output, works
from infra.repository import ROOT

_SOON: Final = timedelta(seconds=20)  # a registry that can't be reached may never say so


class Engine(Builder):
    """docker, whose daemon answers, or podman."""

    def __init__(self, program: Literal["docker", "podman"]) -> None:
        self._program = program
        self.name = program

    @property
    def answers(self) -> bool:
        """Whether it can work: a docker without its daemon can't."""
        return works([self._program, "info"], within=_SOON)

    def build(self, recipe: Recipe, *, tag: str, arguments: Mapping[str, str]) -> None:
        """Build on the machine's network: a mirror or an authority may be reachable from there."""
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        command = [self._program, "build", "--network=host", *given, f"--tag={tag}"]
        output([*command, f"--file={ROOT / recipe.dockerfile}", str(ROOT)])

    def has(self, tag: str) -> bool:
        """Whether the store has it."""
        return works([self._program, "image", "inspect", tag])

    def pull(self, reference: str) -> bool:
        """Fetch it."""
        return works([self._program, "pull", "--quiet", reference], within=_SOON * 9)

    def take(self, root: Path, *, tag: str, environment: Mapping[str, str]) -> None:
        """Import a tar file."""
        given = [f"--change=ENV {name}={value}" for name, value in environment.items()]
        output([self._program, "import", *given, str(root), tag])

    def configuration(self, tag: str) -> Configuration:
        """What the image says of itself."""
        (found,) = json.loads(output([self._program, "image", "inspect", tag]))
        return Configuration.of(found["Config"])

    @contextmanager
    def opened(self, tag: str, paths: Sequence[str]) -> Iterator[Path]:
        """Copies, gone afterwards."""
        container = output([self._program, "create", tag]).strip()
        try:
            with tempfile.TemporaryDirectory(prefix="airwave-image-") as name:
                for path in paths:
                    place = Path(name, path.lstrip("/"))
                    place.parent.mkdir(parents=True, exist_ok=True)
                    output([self._program, "cp", f"{container}:{path}", str(place)])
                yield Path(name)
        finally:
            self.discard(container)

    def command(self, start: Start, folder: Path) -> tuple[str, ...]:  # noqa: ARG002 - needs none
        """Run in the foreground; signals are handed on."""
        given = [f"--env={name}={value}" for name, value in start.environment.items()]
        mounts = [f"--volume={path}:{place}:ro" for place, path in start.mounts.items()]
        walls = ("--network=host", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL")
        limits = _own_limits() if self._program == "podman" else []
        return (
            *(self._program, "run", "--rm", f"--name={start.name}"),
            *walls,
            *limits,
            "--security-opt=no-new-privileges",
            *given,
            *mounts,
            start.tag,
            *start.arguments,
        )

    def pid(self, name: str) -> int:
        """As the daemon's machine numbers it."""
        return int(output([self._program, "inspect", "--format={{.State.Pid}}", name]))

    def discard(self, name: str) -> None:
        """Remove the container."""
        with suppress(ToolFailedError):
            output([self._program, "rm", "--force", name])


def _own_limits() -> list[str]:
    """No more than a session has: podman would ask for more, which the kernel refuses (EPERM)."""
    enough = {"nofile": (resource.RLIMIT_NOFILE, 16_384), "nproc": (resource.RLIMIT_NPROC, 4_096)}
    limits = {}
    for name, (kind, most) in enough.items():
        _, hard = resource.getrlimit(kind)
        limits[name] = most if hard == resource.RLIM_INFINITY else min(hard, most)
    return [f"--ulimit={name}={limit}:{limit}" for name, limit in limits.items()]
