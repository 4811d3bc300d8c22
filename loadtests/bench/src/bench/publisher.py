"""The publisher: a C process of its own, open loop."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.errors import GeneratorDiedError
from bench.running import Publication

_LEAD: Final = 0.2  # seconds from the start of the process to its first message


@dataclass(frozen=True, slots=True)
class Published:
    """What a publisher says at its end; lateness in seconds against the intended times."""

    sent: int
    late_p99: float
    late_max: float


class Publisher:
    """Publishes ``count`` messages at ``rate`` a second, from `began` (Unix seconds) on.

    Intended times are fixed beforehand: a server that is slow makes nothing later.
    """

    def __init__(
        self, program: Path, publication: Publication, directory: Path, *, rate: float, count: int
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "message").write_bytes(publication.message)
        (directory / "preamble").write_bytes(publication.preamble)
        self.rate = rate
        self.count = count
        self._command = [str(program), "--port", str(publication.port), "--rate", str(rate)]
        self._command += ["--template", str(directory / "message"), "--count", str(count)]
        self._command += ["--keys", str(publication.keys)]
        for slot in publication.slots:
            self._command += ["--slot", f"{slot.kind}:{slot.at}"]
        if publication.preamble:
            self._command += ["--preamble", str(directory / "preamble")]
            self._command += ["--await", publication.answer]
        self._process: subprocess.Popen[str] | None = None
        self.began = 0.0

    def __enter__(self) -> Self:
        self.began = time.time() + _LEAD
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [*self._command, "--start", str(int(self.began * 1e6))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # the terminal's Ctrl-C is for us
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    @property
    def pid(self) -> int:
        """Of the process.

        Raises:
            GeneratorDiedError: it was not started.
        """
        if self._process is None:
            raise GeneratorDiedError("publisher", "it was not started")
        return self._process.pid

    def stop(self) -> Published:
        """End it now, and hear how it went.

        Raises:
            GeneratorDiedError: it had ended with an error.
        """
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        return self.finish()

    def finish(self) -> Published:
        """Wait for its last message, and hear how it went.

        Raises:
            GeneratorDiedError: it ended with an error, or hangs.
        """
        if self._process is None:
            raise GeneratorDiedError("publisher", "it was not started")
        patience = max(self.began + self.count / self.rate - time.time(), 0) + 30
        try:
            said, complaint = self._process.communicate(timeout=patience)
        except subprocess.TimeoutExpired as error:
            raise GeneratorDiedError("publisher", "it hangs") from error
        if self._process.returncode:
            raise GeneratorDiedError("publisher", complaint)
        answer = json.loads(said)
        return Published(answer["sent"], answer["late_p99_us"] / 1e6, answer["late_max_us"] / 1e6)
