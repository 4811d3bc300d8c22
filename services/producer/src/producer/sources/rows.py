"""What the parsers of recorded files share: a line in, readings out, or a reason why not."""

from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from realtime.contracts import Record, Rejection
from realtime.errors import AirwaveError

TIME_MAX: Final = 253_402_300_800.0
"""The end of the year 9999 in Unix seconds; a larger number is a time in another unit."""


class RowFault(StrEnum):
    """Why a line was skipped, beyond `realtime.contracts.Rejection`: a closed list, for a label."""

    BAD_COLUMNS = "bad_columns"
    LINE_TOO_LONG = "line_too_long"


class BadRowError(AirwaveError):
    """A line that holds no reading."""

    code = "bad_row"

    def __init__(self, reason: RowFault | Rejection, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class ReplayFileError(AirwaveError):
    """A recorded file that cannot be replayed at all."""

    code = "replay_file"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"cannot replay {path}: {reason}")


class SkippedRow(NamedTuple):
    """Where a bad row stands (``line`` counts from 1) and what is wrong with it."""

    path: Path
    line: int
    reason: RowFault | Rejection
    detail: str


class RowParser(Protocol):
    """Reads the lines of one file, in order."""

    def parse(self, line: str) -> list[Record]:
        """Read one line's readings, with the times at which they were recorded.

        Raises:
            BadRowError: the line is skipped, the next one may be fine.
        """
        ...
