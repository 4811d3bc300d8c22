from pathlib import Path

import pytest

from producer.sources.csv_rows import CsvRows, parse_time
from producer.sources.rows import BadRowError, ReplayFileError
from realtime.contracts import Record

PATH = Path("lab.csv")


def rows(header: str) -> CsvRows:
    return CsvRows(PATH, header, device="replay-lab")


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("temperature", "replay-lab/temperature", None),
        ("temperature[Cel]", "replay-lab/temperature", "Cel"),
        ("Soil Moisture (%)", "replay-lab/Soil-Moisture", "%"),
        ("temperature (°C)", "replay-lab/temperature", "Cel"),
        ("bench/temperature[Cel]", "bench/temperature", "Cel"),
        ("x[]", "replay-lab/x", None),
        ('"power (W)"', "replay-lab/power", "W"),
    ],
)
def test_a_column_is_a_sensor_and_may_carry_a_unit(
    heading: str, name: str, unit: str | None
) -> None:
    (record,) = rows(f"time,{heading}\n").parse("10,1.5\n")

    assert record == Record(n=name, u=unit, v=1.5, t=10.0)


def test_every_filled_cell_is_a_reading() -> None:
    parser = rows("a[Cel], Time ,b,door\n")

    assert parser.parse("1,10,,true\n") == [
        Record(n="replay-lab/a", u="Cel", v=1.0, t=10.0),
        Record(n="replay-lab/door", vb=True, t=10.0),
    ]


@pytest.mark.parametrize("line", ["\n", "", "  \n"])
def test_an_empty_line_is_no_row(line: str) -> None:
    assert rows("time,a\n").parse(line) == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    parser = rows(delimiter.join(["time", "a", "b"]))

    assert len(parser.parse(delimiter.join(["10", "1", "2"]))) == 2


@pytest.mark.parametrize(
    ("line", "reason", "fact"),
    [
        ("10,1\n", "bad_columns", "2 columns, the header has 3"),
        ("10,1,2,3\n", "bad_columns", "4 columns"),
        ('10,"1,2\n', "bad_columns", "unexpected end"),
        ("10,warm,2\n", "bad_value", "column 2: 'warm'"),
        ("10,1,nan\n", "bad_value", "column 3"),
        ("10,1,inf\n", "bad_value", "column 3"),
        ("soon,1,2\n", "bad_time", "neither ISO 8601 nor Unix seconds"),
        ("1795343351242,1,2\n", "bad_time", "not in Unix seconds"),
        ("nan,1,2\n", "bad_time", "not in Unix seconds"),
        (",1,2\n", "bad_time", "''"),
    ],
)
def test_a_bad_row_says_what_is_wrong(line: str, reason: str, fact: str) -> None:
    with pytest.raises(BadRowError) as caught:
        rows("time,a,b\n").parse(line)

    assert caught.value.reason == reason
    assert fact in caught.value.detail


def test_a_stray_quote_spoils_its_own_row_only() -> None:
    parser = rows("time,a\n")
    with pytest.raises(BadRowError):
        parser.parse('10,"1\n')

    assert parser.parse("11,2\n")


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("", "no time column"),
        ("a,b", "no time column"),
        ("time", "no sensor"),
        ("time,a,a", "two columns are sensor replay-lab/a"),
        ("time,a b,a-b", "two columns"),
        ("time,***", "column 2"),
        ("time,a/b/c/d/e/f/g", "column 2"),
    ],
)
def test_a_useless_header_is_refused_with_the_reason(header: str, fact: str) -> None:
    with pytest.raises(ReplayFileError) as caught:
        rows(header)

    assert fact in caught.value.reason


def test_a_column_without_a_name_is_passed_over() -> None:
    assert [record.n for record in rows(",time,a").parse("0,10,1")] == ["replay-lab/a"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1795343351.25", 1_795_343_351.25),
        ("2026-11-22T10:29:11Z", 1_795_343_351.0),
        ("2026-11-22 10:29:11", 1_795_343_351.0),
        ("2026-11-22T11:29:11.5+01:00", 1_795_343_351.5),
        ("2026-11-22", 1_795_305_600.0),
    ],
)
def test_times_are_iso_8601_or_unix_seconds(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds
