"""The kustomize to render with: kubectl or kustomize on PATH, else one built into this environment.

Nobody publishes kustomize as a wheel, and Debian's kubectl is too old for what we write. Go is a
wheel, and the Go module proxy has kustomize with its checksums, so that is how a machine without
kubectl gets it: once, in less than a minute.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

VERSION: Final = "v5.8.1"
"""Of the kustomize that is built."""
FLOOR: Final = 5
"""The first major version with everything that our kustomizations use."""
ROOT: Final = Path(__file__).parents[3]

_MODULE: Final = f"sigs.k8s.io/kustomize/kustomize/v5@{VERSION}"
_BUILD_SECONDS: Final = 600


class KustomizeError(RuntimeError):
    """kustomize could not be had, or refused; ``said`` are its own words."""

    def __init__(self, command: Sequence[str], said: str) -> None:
        self.said = said
        super().__init__(f"{' '.join(command)}: {said.strip()}")


def render(directory: Path) -> str:
    """The YAML of the kustomization in ``directory``.

    Raises:
        KustomizeError: it does not render.
    """
    return _run([*command(), str(directory)])


def command() -> tuple[str, ...]:
    """How to render, but for the directory.

    Raises:
        KustomizeError: there is none, and building one failed.
    """
    if (kubectl := shutil.which("kubectl")) and _major(_version_in_kubectl(kubectl)) >= FLOOR:
        return (kubectl, "kustomize")
    for program in filter(None, (shutil.which("kustomize"), shutil.which(_built()))):
        if _major(_run([program, "version"])) >= FLOOR:
            return (program, "build")
    return (str(build()), "build")


def build() -> Path:
    """Build kustomize into this environment; takes about 45 s on two cores.

    Raises:
        KustomizeError: Go's wheel or kustomize's source can't be had.
    """
    print(f"building kustomize {VERSION}: kubectl is not here or too old", file=sys.stderr)  # noqa: T201
    directories = (str(Path(sys.executable).parent), os.environ["PATH"])
    uv = shutil.which("uv", path=os.pathsep.join(directories)) or "uv"
    with_go = (uv, "run", "--frozen", "--isolated", "--only-group", "kustomize", "--", "go")
    # Not optimised: compiled in two thirds of the time, and what we render is small.
    flags = ("-modcacherw", "-gcflags=all=-N -l", "-ldflags=-s -w")
    # In the same file system, and moved into place when whole: two tests may build at once.
    with tempfile.TemporaryDirectory(prefix="kustomize-", dir=sys.prefix) as temporary:
        _run(
            [*with_go, "install", *flags, _MODULE],
            environment={
                "CGO_ENABLED": "0",
                "GOBIN": temporary,
                "GOCACHE": f"{temporary}/cache",
                "GOFLAGS": "",
                "GOPATH": f"{temporary}/path",
                "GOTOOLCHAIN": "local",
            },
        )
        return Path(temporary, "kustomize").replace(_built())


def _built() -> Path:
    return Path(sys.prefix) / "bin" / "kustomize"


def _version_in_kubectl(kubectl: str) -> str:
    try:
        answer = json.loads(_run([kubectl, "version", "--client", "-o", "json"]))
    except (KustomizeError, ValueError):
        return ""
    return str(answer.get("kustomizeVersion", ""))


def _major(version: str) -> int:
    found = re.search(r"v(\d+)\.", version)
    return int(found[1]) if found else 0


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - programs that we looked up ourselves
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise KustomizeError(command, error.stderr) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KustomizeError(command, str(error)) from error
    return done.stdout
