"""The streams, made by an administrator: the services of a run have no right to."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.errors import NotReadyError
from infra.servers.probes import Probe
from infra.servers.program import inherited

_PATIENCE: Final = 20.0  # seconds; it takes one, and the next question begins anew


def made(url: str, *, trust: Path | None) -> Probe:
    """Ready when all streams are there, which asking sees to; ``url`` is the administrator's.

    The address is handed over by the environment: a command line is everybody's to read.
    """

    def ask() -> None:
        believed = {} if trust is None else {"SSL_CERT_FILE": str(trust)}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "realtime.streams", "setup"],
                env={**inherited(), **believed, "STREAMS_NATS_URL": url},
                cwd=os.sep,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NotReadyError("streams", "still being made") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise NotReadyError("streams", said[-1] if said else f"status {done.returncode}")

    return ask
