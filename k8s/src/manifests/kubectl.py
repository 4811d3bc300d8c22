"""kubectl, and the cluster that it speaks to: both may be missing, and then say so in one line."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

INSTALL: Final = "https://kubernetes.io/docs/tasks/tools/"
_REACH_SECONDS: Final = 10
_LONGEST_SECONDS: Final = 3600


class ClusterError(RuntimeError):
    """What was asked for can't be done; the text is for the person who asked."""


class KubectlError(ClusterError):
    """kubectl refused; its own words."""

    def __init__(self, arguments: Sequence[str], said: str) -> None:
        self.said = said.strip()
        super().__init__(f"kubectl {' '.join(arguments)}: {self.said}")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where kubectl is pointed at."""

    context: str
    version: str


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The program at ``path``; its settings (kubeconfig, context) are the user's own."""

    path: str

    def run(self, *arguments: str, stdin: str | None = None, show: bool = False) -> str:
        """What it says; with ``show`` it says it to the person instead.

        Raises:
            KubectlError: it refused.
        """
        done = subprocess.run(  # noqa: S603 - looked up by ourselves
            [self.path, *arguments],
            input=stdin,
            stdout=None if show else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=_LONGEST_SECONDS,
        )
        if done.returncode:
            raise KubectlError(arguments, done.stderr)
        return done.stdout or ""

    def ask(self, *arguments: str) -> Any:
        """What it says, as data.

        Raises:
            KubectlError: it refused.
        """
        return json.loads(self.run(*arguments, "-o", "json"))

    def cluster(self) -> Cluster:
        """The cluster that it reaches.

        Raises:
            ClusterError: none.
        """
        try:
            found = self.ask("version", f"--request-timeout={_REACH_SECONDS}s")
            context = self.run("config", "current-context").strip()
        except KubectlError as error:
            lines = error.said.splitlines()
            reason = lines[-1] if lines else "no answer"
            message = (
                f"no cluster answers ({reason}). Start one (kind create cluster) or point kubectl "
                "at one (kubectl config use-context …): k8s/GUIDE.md"
            )
            raise ClusterError(message) from error
        return Cluster(context, found["serverVersion"]["gitVersion"])


def find() -> Kubectl:
    """The kubectl on PATH.

    Raises:
        ClusterError: there is none.
    """
    path = shutil.which("kubectl")
    if path is None:
        message = f"kubectl is not on PATH; it can be had from {INSTALL}"
        raise ClusterError(message)
    return Kubectl(path)
