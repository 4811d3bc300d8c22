"""``python -m infra.local.logs``: follow the logs of a local run, behind ``make logs``."""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

from infra.errors import InfraError
from infra.local.settings import read
from infra.repository import shown

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
_POLL: Final = 0.2  # seconds
_ON_A_TERMINAL: Final = re.compile(r"\[(debug|info|warning|error|critical) *\]")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


class NoLogsError(InfraError):
    """Nothing has run here, or not under that name."""

    def __init__(self, folder: Path, service: str | None) -> None:
        what = "no logs" if service is None else f"no log of {service}"
        super().__init__(f"{what} in {shown(folder)}/: is this the EDGE_PORT of make up?")


class Wanted:
    """Which lines are shown: of ``level`` and above, with ``match`` in them.

    A line without a level belongs to the one before: a traceback, or a program that is not ours
    (nginx, NATS), of which everything is shown.
    """

    def __init__(self, *, level: str = "debug", match: str = "") -> None:
        self._least = LEVELS.index(level)
        self._match = match
        self._last = True

    def __call__(self, line: str) -> bool:
        """Whether to show the line that follows the one asked about before."""
        level = level_of(line)
        if level is not None:
            self._last = LEVELS.index(level) >= self._least
        return self._last and self._match in line


def level_of(line: str) -> str | None:
    """The level that a line says, as JSON or as on a terminal."""
    if line.startswith("{"):
        try:
            said = json.loads(line).get("level")
        except ValueError:
            return None
        return said if said in LEVELS else None
    found = _ON_A_TERMINAL.search(_COLOURS.sub("", line)[:80])
    return found[1] if found else None


class Log:
    """One file, and what was read of it; a file that takes its place is read from its beginning.

    ``last``: so many of the lines that are there already count as new.
    """

    def __init__(self, path: Path, *, last: int) -> None:
        self.name = path.stem
        self._path = path
        self._file = path.open("rb")
        there = self._file.read().split(b"\n")
        # What stands behind the last line's end is the beginning of one that is being written.
        self._rest = b"\n".join([*there[:-1][-last:], there[-1]] if last else [there[-1]])

    def new_lines(self) -> Iterator[str]:
        """The whole lines that came since the last time."""
        yield from self._read()
        if self._was_turned():
            self._file.close()
            self._file = self._path.open("rb")
            yield from self._read()

    def close(self) -> None:
        """Read no more."""
        self._file.close()

    def _read(self) -> Iterator[str]:
        *whole, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")

    def _was_turned(self) -> bool:
        """Whether the path names another file now, or the same one begun anew."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        opened = os.fstat(self._file.fileno())
        return now.st_ino != opened.st_ino or now.st_size < self._file.tell()


def follow(logs: Sequence[Log], wanted: Callable[[], Wanted], stream: TextIO) -> Iterator[None]:
    """Write what is new and wanted, once for each ``next``.

    Of several logs each line begins with its log's name.
    """
    ask = {log: wanted() for log in logs}
    width = max(len(log.name) for log in logs)
    while True:
        for log, wants in ask.items():
            for line in filter(wants, log.new_lines()):
                before = f"{log.name:<{width}} | " if len(logs) > 1 else ""
                stream.write(f"{before}{line}\n")
        stream.flush()
        yield


def open_logs(folder: Path, service: str | None, *, last: int) -> list[Log]:
    """The logs of one program of a run, or of all.

    Raises:
        NoLogsError: there are none.
    """
    found = sorted(folder.glob(f"{service or '*'}.log"))
    if not found:
        raise NoLogsError(folder, service)
    return [Log(path, last=last) for path in found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Follow until Ctrl-C; 1 with one line where there is nothing to follow."""
    asked = _parser().parse_args(arguments)
    try:
        logs = open_logs(read().data / "logs", asked.service, last=asked.last)
        following = follow(logs, lambda: Wanted(level=asked.level, match=asked.match), sys.stdout)
        for _ in following:
            if asked.once:
                break
            time.sleep(_POLL)
    except InfraError as error:
        sys.stderr.writelines(f"{line}\n" for line in error.lines)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.logs", description=__doc__)
    parser.add_argument("--service", help="feed, chat, producer, edge, nats, valkey; or all")
    parser.add_argument("--level", choices=LEVELS, default="debug", help="this one and above")
    parser.add_argument("--match", default="", help="text that a line must have in it")
    parser.add_argument("--last", type=int, default=20, help="lines of each log to begin with")
    parser.add_argument("--once", action="store_true", help="end instead of waiting for more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
