"""The short form of `make soak`, on real servers: nothing grows, and a seeded leak is seen."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.repository import ROOT

# Two stacks and their crowds at once.
pytestmark = [pytest.mark.alone, pytest.mark.timeout(300)]

LOADTESTS = ROOT / "loadtests"
# Times say nothing on a machine that does something else; what may grow stays as it is.
PATIENT = "[times]\n[failures]\n[generator]\nlate = 1000.0\ncpu = 2.0\n"


@dataclass(frozen=True, slots=True)
class Soak:
    """How a run ended."""

    status: int
    said: str
    results: Path


@pytest.fixture(scope="module")
def soaks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Soak]:
    at = tmp_path_factory.mktemp("soak")
    own = (LOADTESTS / "thresholds.toml").read_text(encoding="utf-8").partition("[soak]")
    limits = at / "limits.toml"
    limits.write_text(PATIENT + "".join(own[1:]), encoding="utf-8")
    return asyncio.run(_both(at, limits))


async def _both(at: Path, limits: Path) -> dict[str, Soak]:
    leaks = ("", "files")
    runs = await asyncio.gather(*(_soak(at / f"leak-{leak}", limits, leak) for leak in leaks))
    return dict(zip(leaks, runs, strict=True))


async def _soak(results: Path, limits: Path, leak: str) -> Soak:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "soak", "--minutes", "0.33", "--users", "12", "--stay", "5"),
        *("--results", str(results), "--thresholds", str(limits), "--leak", leak),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(LOADTESTS)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return Soak(process.returncode or 0, said.decode(), results)


def test_nothing_grows_under_churn(soaks: dict[str, Soak]) -> None:
    soak = soaks[""]
    assert soak.status == 0, soak.said
    seen = json.loads((soak.results / "soak.json").read_text(encoding="utf-8"))["seen"]
    for gauge in ("memory feed", "files chat", "tasks feed", "subscriptions nats", "keys valkey"):
        assert len(seen[gauge]) > 4, seen.keys()
    report = (soak.results / "report.html").read_text(encoding="utf-8")
    assert report.count("<svg") == 5
    assert (soak.results / "load" / "report.html").exists()


def test_a_seeded_leak_is_seen(soaks: dict[str, Soak]) -> None:
    soak = soaks["files"]
    assert soak.status == 1, soak.said
    assert "grew: files of feed" in soak.said
    assert "grew: tasks" not in soak.said
