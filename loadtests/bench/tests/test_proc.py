import os
from pathlib import Path

import pytest

from bench.compiler import compiled
from bench.cores import choose_cores
from bench.errors import NoCompilerError
from bench.proc import CoreTime, CpuTime, cpu_time, resident_bytes, session_pids


def test_a_session_is_found_with_all_its_processes() -> None:
    session = os.getsid(0)
    assert os.getpid() in session_pids(session)
    assert cpu_time(session).total > 0
    assert resident_bytes(session) > 1024**2


def test_a_cores_shares() -> None:
    core = CoreTime(processes=5.0, interrupts=1.0, idle=4.0).since(CoreTime(1.0, 0.0, 0.0))
    assert core.busy_share == pytest.approx(5 / 9)
    assert core.foreign_share(CpuTime(1.0, 2.0)) == pytest.approx(1 / 9)
    assert core.foreign_share(CpuTime(4.0, 2.0)) == 0


def test_a_core_that_did_not_tick_has_no_share() -> None:
    assert CoreTime(0.0, 0.0, 0.0).busy_share == 0
    assert CoreTime(0.0, 0.0, 0.0).foreign_share(CpuTime(1.0, 0.0)) == 0


@pytest.mark.parametrize(
    ("allowed", "server", "client", "shared"),
    [({4, 2, 7}, 2, 4, False), ({3}, 3, 3, True)],
)
def test_cores(allowed: set[int], server: int, client: int, shared: bool) -> None:  # noqa: FBT001
    cores = choose_cores(allowed)
    assert (cores.server, cores.client, cores.shared) == (server, client, shared)


def test_without_a_compiler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCompilerError, match="apt-get install gcc libc6-dev"):
        compiled("floor", tmp_path)
