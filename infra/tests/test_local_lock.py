import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.clean import InUseError, clean
from infra.local.identity import identity
from infra.local.leftovers import end_leftovers
from infra.local.lock import (
    NAME,
    AlreadyRunsHereError,
    Holder,
    Member,
    RunLock,
    UnusableDataError,
    held,
)

URL = "http://127.0.0.1:8080/"
SLEEPING = [sys.executable, "-c", "import time; time.sleep(60)"]
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True)"
STUBBORN = [sys.executable, "-c", f"{IGNORES}; time.sleep(60)"]


def test_a_second_run_is_told_who_has_it_in_one_line(tmp_path: Path) -> None:
    with RunLock.hold(tmp_path, url=URL):
        with pytest.raises(AlreadyRunsHereError) as refused, RunLock.hold(tmp_path, url="other"):
            pytest.fail("held twice")
        (line,) = refused.value.lines
        assert line.startswith(f"airwave already runs here: pid {os.getpid()}, {URL}")
        assert "EDGE_PORT=" in line


def test_no_lock_is_left_behind(tmp_path: Path) -> None:
    with RunLock.hold(tmp_path, url=URL):
        assert held(tmp_path) == Holder(pid=os.getpid(), url=URL)
    assert list(tmp_path.iterdir()) == []
    assert held(tmp_path) is None


def test_a_lock_is_left_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), RunLock.hold(tmp_path, url=URL):
        _ = 1 // 0
    with RunLock.hold(tmp_path, url=URL):
        pass


def test_what_a_killed_run_noted_is_found_by_the_next(tmp_path: Path) -> None:
    with RunLock.hold(tmp_path, url=URL) as lock:
        assert lock.left_over == ()
        lock.record("nats", 1)
        lock.record("nats", os.getpid())
        noted = (tmp_path / NAME).read_text()
    (tmp_path / NAME).write_text(noted)  # as it lies there after SIGKILL
    with RunLock.hold(tmp_path, url=URL) as lock:
        started = identity(os.getpid()) or ""
        assert lock.left_over == (Member(name="nats", pid=os.getpid(), started=started),)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"members": [{"x": 1}]}'])
def test_a_lock_file_that_says_nothing_useful_is_no_obstacle(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with RunLock.hold(tmp_path, url=URL) as lock:
        assert lock.left_over == ()


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableDataError, match="can't be used for data") as refused:
        RunLock.hold(tmp_path / "file", url=URL).__enter__()
    assert len(refused.value.lines) == 1


def spawn(command: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - written above
        command, stdout=subprocess.PIPE, start_new_session=True
    )


def test_only_processes_that_are_really_left_over_are_ended() -> None:
    said: list[str] = []
    with spawn(SLEEPING) as ours, spawn(SLEEPING) as reused:
        members = [
            Member(name="nats", pid=ours.pid, started=identity(ours.pid) or ""),
            Member(name="feed", pid=reused.pid, started="of another process with this number"),
            Member(name="chat", pid=reused.pid, started=""),
        ]
        end_leftovers(members, said.append)
        assert ours.wait() != 0
        assert reused.poll() is None
        reused.kill()
    assert said == [f"the last run was killed and left nats behind (pid {ours.pid}): ending it"]


def test_a_leftover_that_does_not_want_to_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.leftovers._PATIENCE", 0.2)
    with spawn(STUBBORN) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        started = identity(stubborn.pid) or ""
        end_leftovers([Member(name="x", pid=stubborn.pid, started=started)], lambda _: None)
        assert stubborn.wait() == -9


def test_a_process_that_is_gone_has_no_identity() -> None:
    with spawn([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert identity(gone.pid) is None
    assert identity(os.getpid()) == identity(os.getpid()) is not None


def test_clean_removes_the_data_of_every_run_and_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for port in ("8080", "9090"):
        (data / port / "nats").mkdir(parents=True)
        (data / port / NAME).write_text(json.dumps({"pid": 1}))  # of a run that was killed
    assert clean(data) == f"removed {data}/: streams, history and logs of local runs"
    assert not data.exists()
    assert clean(data) == f"{data}/ is not there: nothing to remove"


def test_clean_refuses_while_a_run_has_the_data(tmp_path: Path) -> None:
    (tmp_path / "9090").mkdir()
    with RunLock.hold(tmp_path / "8080", url=URL):
        with pytest.raises(InUseError) as refused:
            clean(tmp_path)
        (line,) = refused.value.lines
        assert f"(pid {os.getpid()}, {URL}): stop it first" in line
    assert (tmp_path / "9090").exists()
