from pathlib import Path

import pytest

from producer.sources.recording import LINE_MAX, Recording
from producer.sources.rows import ReplayFileError, SkippedRow


class Bench:
    """A file in a temporary directory, and the rows of it that were skipped."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.skipped: list[SkippedRow] = []

    def record(self, name: str, content: str | bytes) -> Recording:
        path = self.directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Recording(path, self.skipped.append)

    def values(self, name: str, content: str | bytes) -> list[float | None]:
        return [record.v for row in self.record(name, content).rows() for record in row]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_rows_of_both_kinds_are_read(bench: Bench) -> None:
    assert bench.values("a.csv", "time,x\n1,10\n2,20\n") == [10, 20]
    assert bench.values("a.JSONL", '{"n":"x","v":1,"t":1}\n[{"n":"x","v":2,"t":2}]') == [1, 2]


def test_a_recording_can_be_read_again(bench: Bench) -> None:
    recording = bench.record("a.csv", "time,x\n1,10\n")

    assert list(recording.rows()) == list(recording.rows())


def test_a_bad_row_is_told_with_file_and_line_and_the_others_are_read(bench: Bench) -> None:
    content = "time,x\n1,10\nsoon,11\n\n3,30\n4,warm\n5,50\n"

    assert bench.values("a.csv", content) == [10, 30, 50]
    path = bench.directory / "a.csv"
    assert [(row.path, row.line, row.reason) for row in bench.skipped] == [
        (path, 3, "bad_time"),
        (path, 6, "bad_value"),
    ]


def test_lines_are_counted_from_one_in_json_lines_too(bench: Bench) -> None:
    bench.values("a.jsonl", '{"n":"x","v":1,"t":1}\nnonsense\n')

    assert [row.line for row in bench.skipped] == [2]


def test_a_skipped_row_still_gives_others_a_turn(bench: Bench) -> None:
    """Rows are yielded one by one, bad ones as empty: a source can look up in between."""
    assert [len(row) for row in bench.record("a.csv", "time,x\nbad\n1,2\n").rows()] == [0, 1]


def test_a_line_beyond_all_measure_is_skipped_in_pieces(bench: Bench) -> None:
    content = f"time,x\n1,10\n{'9' * (2 * LINE_MAX + 5)}\n3,30\n"

    assert bench.values("a.csv", content) == [10, 30]
    assert [(row.line, row.reason) for row in bench.skipped] == [(3, "line_too_long")]


def test_a_line_of_just_the_greatest_length_is_read(bench: Bench) -> None:
    line = '{"n":"x","v":1,"t":1}'.ljust(LINE_MAX - 1)

    assert bench.values("a.jsonl", f"{line}\n{line}") == [1, 1]
    assert bench.skipped == []


def test_byte_order_mark_windows_line_ends_and_foreign_bytes_are_survived(bench: Bench) -> None:
    content = b"\xef\xbb\xbftime,x\r\n1,10\r\n2,\xff\r\n3,30\r\n"

    assert bench.values("a.csv", content) == [10, 30]
    assert [row.line for row in bench.skipped] == [3]


def test_names_are_put_under_a_device_called_like_the_file(bench: Bench) -> None:
    assert bench.record("Lab 3, upper.csv", "time,x\n").device == "replay-Lab-3-upper"
    assert len(bench.record(f"{'x' * 100}.csv", "time,x\n").device) == 64
    assert bench.record("….csv", "time,x\n").device == "replay"


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("a.txt", "time,x\n", "must end in .csv, .jsonl or .ndjson"),
        ("a.csv", "", "no header"),
        ("a.csv", "x" * (LINE_MAX + 1), "no header"),
        ("a.csv", '"time,x\n', "no header"),
        ("a.csv", "x,y\n", "no time column"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_refused_at_once(
    bench: Bench, name: str, content: str, fact: str
) -> None:
    with pytest.raises(ReplayFileError) as caught:
        bench.record(name, content)

    assert fact in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_file_that_is_missing_or_a_directory_is_refused_at_once(
    tmp_path: Path, suffix: str
) -> None:
    (tmp_path / f"there.{suffix}").mkdir()
    for name, fact in ((f"none.{suffix}", "No such file"), (f"there.{suffix}", "directory")):
        with pytest.raises(ReplayFileError, match=fact):
            Recording(tmp_path / name, print)


def test_a_file_that_goes_away_is_told_when_it_is_read_again(bench: Bench) -> None:
    recording = bench.record("a.csv", "time,x\n1,10\n")
    recording.path.unlink()

    with pytest.raises(ReplayFileError):
        list(recording.rows())
