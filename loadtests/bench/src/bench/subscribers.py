"""The crowd of subscribers: a C process that is told what to do and answers in JSON."""

import json
import select
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench.errors import GeneratorDiedError, NotConnectedError
from bench.running import Audience

_WHO: Final = "load generator"
_ANSWER: Final = 90.0  # seconds; the longest command of the program itself gives up after 60


class Subscribers:
    """One process of subscribers to one server; ended with the block.

    ``sample``: delays are taken on every so many connections. ``verify``: every connection checks
    that the sequence rises by one.
    """

    def __init__(
        self,
        program: Path,
        audience: Audience,
        directory: Path,
        *,
        sample: int = 20,
        verify: bool = False,
        request: bytes | None = None,
        slot: int | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "request").write_bytes(request or audience.request)
        command = [str(program), "--port", str(audience.port), "--ready", audience.ready]
        command += ["--request", str(directory / "request"), "--sample", str(sample)]
        command += ["--marker", audience.marker, "--stamp", audience.stamp]
        if audience.join is not None:
            (directory / "join").write_bytes(audience.join)
            command += ["--join", str(directory / "join")]
        command += ["--websocket"] if audience.websocket else []
        command += ["--verify"] if verify else []
        command += [] if slot is None else ["--slot", str(slot)]
        self._command = command
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,  # the terminal's Ctrl-C is for us
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def tell(self, *words: object) -> dict[str, Any]:
        """Give one command and wait for its answer.

        Raises:
            GeneratorDiedError: the process ended, or says nothing.
        """
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise GeneratorDiedError(_WHO, "it was not started")
        try:
            process.stdin.write(" ".join(map(str, words)) + "\n")
        except OSError as error:
            raise GeneratorDiedError(_WHO, self._last_words()) from error
        ready, _, _ = select.select([process.stdout], [], [], _ANSWER)
        line = process.stdout.readline() if ready else ""
        if not line:
            raise GeneratorDiedError(_WHO, self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def connect(self, count: int) -> float:
        """Open ``count`` more connections; returns how many seconds it took.

        Raises:
            NotConnectedError: not all of them stand.
        """
        before = getattr(self, "_wanted", 0)
        answer = self.tell("connect", count)
        self._wanted = before + count
        if answer["live"] < self._wanted:
            raise NotConnectedError(self._wanted, answer["live"], answer["failed"])
        return float(answer["seconds"])

    def _last_words(self) -> str:
        if self._process is None:
            return ""
        self._process.kill()
        return self._process.communicate()[1]
