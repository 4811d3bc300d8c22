"""``make logs``: what is new in the logs of a run, and of it what is wanted."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.logbook import Logbook
from infra.local.logs import Log, NoLogsError, Wanted, follow, level_of, main, open_logs
from infra.testing import wait_until


def line(level: str, event: str) -> str:
    return json.dumps({"event": event, "level": level})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As the run would find it: one log of ours, one of a program that says no levels."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "feed.log").write_text(
        "\n".join([line("info", "ready"), line("error", "frame_failed"), "Traceback", ""])
    )
    (logs / "nats.log").write_text("[1] [INF] Server is ready\n")
    return logs


def shown(folder: Path, service: str | None = "feed", **wanted: str) -> list[str]:
    stream = io.StringIO()
    logs = open_logs(folder, service, last=20)
    next(follow(logs, lambda: Wanted(**wanted), stream))
    for log in logs:
        log.close()
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (line("warning", "x"), "warning"),
        ("2026-11-28 08:00:00 [warning  ] broker_error error=x", "warning"),
        ("2026-11-28 08:00:00 [\x1b[33mwarning  \x1b[0m] broker_error", "warning"),
        ("{not json", None),
        ("  File x, line 1", None),
        ('{"level": 7}', None),
    ],
)
def test_a_level_is_read_as_json_and_as_on_a_terminal(text: str, level: str | None) -> None:
    assert level_of(text) == level


def test_only_what_is_bad_enough_is_shown_with_the_traceback_that_belongs_to_it(
    folder: Path,
) -> None:
    assert shown(folder, level="warning") == [line("error", "frame_failed"), "Traceback"]


def test_only_lines_with_a_text_are_shown(folder: Path) -> None:
    assert shown(folder, match="ready") == [line("info", "ready")]


def test_lines_of_several_begin_with_their_names(folder: Path) -> None:
    assert shown(folder, None, match="ready") == [
        f"feed | {line('info', 'ready')}",
        "nats | [1] [INF] Server is ready",
    ]


def test_what_is_there_already_counts_as_far_as_asked(folder: Path) -> None:
    log = Log(folder / "feed.log", last=1)
    assert list(log.new_lines()) == ["Traceback"]
    log.close()
    log = Log(folder / "feed.log", last=0)
    assert list(log.new_lines()) == []
    log.close()


def test_a_line_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "feed.log"
    path.write_text("on")
    log = Log(path, last=20)
    assert list(log.new_lines()) == []
    with path.open("a") as file:
        file.write("e\ntw")
    assert list(log.new_lines()) == ["one"]
    log.close()


def test_a_log_that_is_turned_or_begun_anew_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "feed.log"
    book = Logbook(path, most_bytes=100)
    log = Log(path, last=20)
    written: list[str] = []
    seen: list[str] = []
    for number in range(50):
        written.append(f"line {number}")
        book.write(written[-1])
        seen += log.new_lines()
    book.close()
    assert seen == written
    book = Logbook(path)
    book.write("a new run")
    assert list(log.new_lines()) == ["a new run"]
    book.close()
    log.close()


def test_a_log_that_nobody_wrote_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRWAVE_DATA", str(tmp_path))
    assert main(["--service", "feed", "--once"]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("no log of feed in ")
    with pytest.raises(NoLogsError):
        open_logs(tmp_path, None, last=1)


async def test_it_follows_until_it_is_interrupted(folder: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - waited for below
            [sys.executable, "-m", "infra.local.logs", "--service", "feed", "--match", "late"],
            env={**os.environ, "AIRWAVE_DATA": str(tmp_path)},
            stdout=output,
        )
    try:
        with (folder / "feed.log").open("a") as file:
            file.write(line("info", "late") + "\n")
        await wait_until(lambda: "late" in said.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
    assert said.read_text() == line("info", "late") + "\n"
