"""Recorded readings as CSV: one time column, every other column a sensor."""

import csv
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from producer.sources.names import sensor_name
from producer.sources.rows import TIME_MAX, BadRowError, ReplayFileError, RowFault
from realtime.contracts import UNIT_MAX, Record, Rejection
from realtime.subjects import is_sensor_name

TIME_COLUMNS: Final = ("time", "timestamp", "datetime", "date", "ts", "t")
# "temperature[Cel]", "temperature (Cel)": a label, then a unit in brackets.
_HEADING: Final = re.compile(r"(?P<label>[^\[(]*)(?:[\[(](?P<unit>[^\])]*)[\])])?\s*")
_DELIMITERS: Final = ",;\t"
# What people write, and what the SenML registry calls it.
_UNITS: Final = {"°C": "Cel", "℃": "Cel", "degC": "Cel", "% RH": "%RH", "RH%": "%RH"}
_TRUTH: Final = {"true": True, "false": False}


class Column(NamedTuple):
    """A sensor's column: where it stands, and what its header says."""

    place: int
    sensor: str
    unit: str | None


class CsvRows:
    """Parser for the lines below one header."""

    def __init__(self, path: Path, header: str, *, device: str) -> None:
        """Read the header; columns that do not name a device are put under ``device``.

        Raises:
            ReplayFileError: no time column, no sensor, or two columns of one sensor.
        """
        self._delimiter = max(_DELIMITERS, key=header.count)
        headings = self._split(header)
        labels = [_heading(text) for text in headings]
        self._width = len(labels)
        self._time = _time_column(path, [label for label, _ in labels])
        self._columns = [
            Column(place, sensor_name(label, device=device), unit)
            for place, (label, unit) in enumerate(labels)
            if place != self._time and label
        ]
        _check(path, self._columns)

    def parse(self, line: str) -> list[Record]:
        """Read one row: a reading per cell that is not empty."""
        cells = self._split(line)
        if cells in ([], [""]):
            return []
        if len(cells) != self._width:
            detail = f"{len(cells)} columns, the header has {self._width}"
            raise BadRowError(RowFault.BAD_COLUMNS, detail)
        time = parse_time(cells[self._time])
        return [
            _record(column, cells[column.place], time)
            for column in self._columns
            if cells[column.place]
        ]

    def _split(self, line: str) -> list[str]:
        """Split one line on its own, so that a stray quote spoils one row and not the rest."""
        try:
            rows = list(csv.reader([line], delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            raise BadRowError(RowFault.BAD_COLUMNS, str(error)) from error
        return [cell.strip() for cell in rows[0]] if rows else []


def parse_time(text: str) -> float:
    """Read ISO 8601 (without a zone: UTC) or Unix seconds as Unix seconds.

    Raises:
        BadRowError: it is neither, or beyond the year 9999 (milliseconds, most likely).
    """
    try:
        time = float(text)
    except ValueError:
        return _parse_iso(text)
    if not 0 <= time < TIME_MAX:
        raise BadRowError(Rejection.BAD_TIME, f"{text[:40]!r} is not in Unix seconds")
    return time


def _parse_iso(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        detail = f"{text[:40]!r} is neither ISO 8601 nor Unix seconds"
        raise BadRowError(Rejection.BAD_TIME, detail) from error
    time = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if time >= TIME_MAX:
        raise BadRowError(Rejection.BAD_TIME, f"{text[:40]!r} is after the year 9999")
    return time


def _heading(text: str) -> tuple[str, str | None]:
    match = _HEADING.fullmatch(text)
    if match is None:
        return text, None
    unit = (match["unit"] or "").strip()
    return match["label"].strip(), _UNITS.get(unit, unit) or None


def _time_column(path: Path, labels: list[str]) -> int:
    lowered = [label.lower() for label in labels]
    for name in TIME_COLUMNS:
        if name in lowered:
            return lowered.index(name)
    wanted = ", ".join(TIME_COLUMNS)
    raise ReplayFileError(path, f"line 1 names no time column (one of {wanted})")


def _check(path: Path, columns: list[Column]) -> None:
    if not columns:
        raise ReplayFileError(path, "line 1 names no sensor beside the time")
    seen: set[str] = set()
    for column in columns:
        if not is_sensor_name(column.sensor):
            reason = f"column {column.place + 1} would make a sensor named {column.sensor[:80]!r}"
            raise ReplayFileError(path, reason)
        if len(column.unit or "") > UNIT_MAX:
            reason = f"column {column.place + 1} has a unit of more than {UNIT_MAX} characters"
            raise ReplayFileError(path, reason)
        if column.sensor in seen:
            raise ReplayFileError(path, f"two columns are sensor {column.sensor}")
        seen.add(column.sensor)


def _record(column: Column, cell: str, time: float) -> Record:
    truth = _TRUTH.get(cell.lower())
    if truth is not None:
        return Record(n=column.sensor, u=column.unit, vb=truth, t=time)
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        detail = f"column {column.place + 1}: {cell[:40]!r} is not a finite number"
        raise BadRowError(Rejection.BAD_VALUE, detail)
    return Record(n=column.sensor, u=column.unit, v=value, t=time)
