"""Recorded files that a producer replays: CSV and JSON lines of SenML, of anybody's making."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from producer.sources.csv_rows import CsvRows
from producer.sources.rows import TIME_MAX, BadRowError, ReplayFileError, RowParser
from producer.sources.senml_lines import SenmlLines
from realtime.contracts import Record, encode_pack, parse_pack
from realtime.subjects import is_sensor_name, sensor_subject
from systemtests.fuzz.target import Target, require

DEVICE: Final = "replay-x"


def take_csv(data: bytes) -> None:
    """A header (first line) and rows."""
    header, *lines = data.decode("utf-8", "replace").split("\n")
    try:
        rows = CsvRows(Path("x.csv"), header + "\n", device=DEVICE)
    except (ReplayFileError, BadRowError):
        return
    _read(rows, lines)


def take_lines(data: bytes) -> None:
    """Lines of SenML, packs and single records."""
    _read(SenmlLines(device=DEVICE), data.decode("utf-8", "replace").split("\n"))


def _read(rows: RowParser, lines: Sequence[str]) -> None:
    for line in lines:
        try:
            records = rows.parse(line + "\n")
        except BadRowError:
            continue
        for record in records:
            _check(record)


def _check(record: Record) -> None:
    """The feed takes what a replay makes of it."""
    require(is_sensor_name(record.n), "a row's sensor has a name", record)
    require(math.isfinite(record.t) and abs(record.t) < TIME_MAX, "a time of our age", record)
    replayed = Record(n=record.n, u=record.u, v=record.v, vs=record.vs, vb=record.vb, t=2.0**30)
    taken = parse_pack(sensor_subject(record.n), encode_pack([replayed]), arrived=0.0)
    require(taken == [replayed], "the feed takes what is replayed", replayed, taken)


TARGETS: Final = (
    Target(
        "csv",
        "a row is skipped for a named reason, or becomes readings that the feed takes",
        take_csv,
        (
            b"time,temperature[Cel],b/h (%RH)\n2026-11-28T12:00:00Z,21.5,40\n17953,,true",
            b"ts;a;b\n1795343351.5;1,5;2\n0;1;2",
            b'time,"a,b\n1,2',
            b'time,a\n1,"2\n2,3',
            b"time,a\n0001-01-01,1\n9999-12-31T23:59:59+00:00,1",
            b"time,a\n0001-01-01T00:00:00+23:59,1\n9999-12-31T23:59:59-23:59,1",
            b"time,a\nnan,1\ninf,1\n1e400,1\n1795343351000,1",
            b"time,a\n1,nan\n1,1e400\n1,1_0",
            "time,a[\u00b0C]\n\u0661,\u0662".encode(),
            b"time,a[" + b"C" * 40 + b"]\n1,2",
            b"a,b\n1,2",
            b"time,a,a\n1,2,3",
            b"time,\xe2\x98\x83\n1,2",
            b"time,a\n1,\0\n\r,\r",
        ),
        ("time", ",", ";", "\t", '"', "[Cel]", "(%RH)", "\n", "nan", "true", "1e308", "2026-11-28"),
    ),
    Target(
        "recorded-senml",
        "a line is skipped for a named reason, or becomes readings that the feed takes",
        take_lines,
        (
            b'[{"n":"bench/a","v":1,"t":1795343351}]',
            b'{"bn":"bench/","bt":1795343351,"bv":1}\n{"n":"a","v":1}\n{"n":"b","vs":"on"}',
            b'{"n":"urn:dev:ow:10e2","v":1,"t":5}',
            b'{"n":"a","v":1,"t":1e300}\n{"n":"a","v":NaN,"t":1}\n{"bt":Infinity,"n":"a","v":1}',
            b'{"n":"a","v":1,"t":' + b"9" * 400 + b"}",
            b'{"bv":' + b"9" * 400 + b',"n":"a","v":1,"t":1}',
            b'{"n":"a","v":' + b"9" * 4_400 + b',"t":1}',
            b'{"n":7,"v":1,"t":1}\n{"bn":7}\n7\n[7]\n[]\nnull',
            b'{"bn":"bench/","bu":"' + b"C" * 40 + b'","n":"a","v":1,"t":1}',
            b'{"n":"a","vs":"\\ud800","t":1}',
            b'{"n":"\\ud800/b","v":1,"t":1}',
            b"[" * 2_000,
        ),
        (
            *('"n":', '"v":', '"t":', '"bn":', '"bt":', '"bv":', '"bu":', '"vs":', '"vb":'),
            *("NaN", "Infinity", "1e400", "null", "true", "\\ud800", "\n", "},{", "bench/"),
        ),
        8192,
    ),
)
