"""A recorded file, read line by line: its length does not matter, its bad rows are told."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from producer.sources.csv_rows import CsvRows
from producer.sources.names import clean_token
from producer.sources.rows import BadRowError, ReplayFileError, RowFault, RowParser, SkippedRow
from producer.sources.senml_lines import SenmlLines
from realtime.contracts import Record

LINE_MAX: Final = 1_048_576
"""Characters in a line; of a longer one (a binary file, most likely) no reading is taken."""
_DEVICE_MAX: Final = 64
_CSV: Final = frozenset({".csv"})
_SENML: Final = frozenset({".jsonl", ".ndjson"})


class _Line(NamedTuple):
    number: int
    text: str
    fits: bool

    def fitting(self) -> str:
        if not self.fits:
            raise BadRowError(RowFault.LINE_TOO_LONG, f"more than {LINE_MAX} characters")
        return self.text


class Recording:
    """The readings of a file, as often as they are asked for."""

    def __init__(self, path: Path, on_skipped: Callable[[SkippedRow], None]) -> None:
        """Check that the file can be replayed; ``on_skipped`` hears of every bad row.

        Raises:
            ReplayFileError: missing, unreadable, of an unknown kind, or with a useless header.
        """
        self.path = path
        self.device = f"replay-{clean_token(path.stem)}"[:_DEVICE_MAX].rstrip("-")
        self._on_skipped = on_skipped
        if path.suffix.lower() not in _CSV | _SENML:
            raise ReplayFileError(path, "the name must end in .csv, .jsonl or .ndjson")
        with closing(self._lines()) as lines:
            self._parser(lines)
            # Reading a line is what opens the file; of JSON lines the parser needs none.
            next(lines, None)

    def rows(self) -> Generator[list[Record]]:
        """Read each line's readings with their recorded times; none for a line that was skipped.

        Raises:
            ReplayFileError: the file went away or can no longer be read.
        """
        with closing(self._lines()) as lines:
            parser = self._parser(lines)
            for line in lines:
                yield self._row(parser, line)

    def _row(self, parser: RowParser, line: _Line) -> list[Record]:
        try:
            return parser.parse(line.fitting())
        except BadRowError as error:
            self._on_skipped(SkippedRow(self.path, line.number, error.reason, error.detail))
            return []

    def _parser(self, lines: Iterator[_Line]) -> RowParser:
        """Make the parser for the kind of file; a header is taken off ``lines``."""
        if self.path.suffix.lower() in _SENML:
            return SenmlLines(device=self.device)
        header = next(lines, None)
        if header is None or not header.fits:
            raise ReplayFileError(self.path, "line 1 is no header")
        try:
            return CsvRows(self.path, header.text, device=self.device)
        except BadRowError as error:
            raise ReplayFileError(self.path, f"line 1 is no header: {error}") from error

    def _lines(self) -> Generator[_Line]:
        """Cut the file into lines without ever holding more of one than `LINE_MAX`."""
        try:
            # Bytes that are no UTF-8 spoil their row and not the file.
            with self.path.open(encoding="utf-8-sig", errors="replace") as file:
                number = 1
                while text := file.readline(LINE_MAX):
                    fits = len(text) < LINE_MAX or text.endswith("\n")
                    yield _Line(number, text, fits)
                    while not fits and (text := file.readline(LINE_MAX)):
                        fits = text.endswith("\n")
                    number += 1
        except OSError as error:
            raise ReplayFileError(self.path, error.strerror or str(error)) from error
