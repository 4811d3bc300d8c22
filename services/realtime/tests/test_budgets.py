import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from realtime.admission import Refusal
from realtime.budget_settings import BudgetSettings
from realtime.budgets import CONTAINERS_PART, Budgets, container_budget, resident_bytes
from realtime.descriptors import first_free_descriptor
from realtime.health import Health
from realtime.overload import IN_A_ROW, WINDOW
from realtime.testing import wait_until


class Settings(BudgetSettings):
    prefix: ClassVar[str] = "TEST_"
    nats_url: str = ""


def make(**settings: Any) -> tuple[Budgets, Health]:
    health = Health(started=True)
    return Budgets(Settings(**settings), health), health


@contextmanager
def descriptors(more: int) -> Iterator[None]:
    """Let this process open so many more, and no others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (first_free_descriptor() + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_descriptors_are_spent_before_the_kernel_has_none() -> None:
    budgets, health = make(spare_descriptors=16)
    opened: list[int] = []
    with descriptors(20):
        try:
            while budgets.obstacle() is None:
                opened.append(os.open(os.devnull, os.O_RDONLY))
            # Not a count: what ran before may have left holes below.
            assert first_free_descriptor() == budgets.descriptors_budget
            assert budgets.obstacle() is Refusal.DESCRIPTORS
            budgets.look()
            assert not health.ready
            assert "descriptors" in health.degraded["budget"]
            # What is spared is there.
            opened += [os.open(os.devnull, os.O_RDONLY) for _ in range(10)]
        finally:
            for number in opened:
                os.close(number)
        budgets.look()
        assert budgets.obstacle() is None
    assert health.ready
    assert not health.degraded


@pytest.mark.skipif(not resident_bytes(), reason="only Linux says what is resident")
def test_memory_is_spent_above_the_budget_and_not_below() -> None:
    for part, spent in ((0.5, Refusal.MEMORY), (4.0, None)):
        budgets, health = make(memory_bytes=int(resident_bytes() * part))
        assert budgets.obstacle() is None, "not looked at yet"
        budgets.look()
        assert budgets.obstacle() is spent
        assert health.ready is (spent is None)


def test_a_late_replica_turns_newcomers_away_and_stays_ready() -> None:
    budgets, health = make(lag_limit=timedelta(seconds=0.1))
    for _ in range(IN_A_ROW * WINDOW):
        budgets.overload.add(0.2, 1.0)
    budgets.look()
    assert budgets.obstacle() is Refusal.LATE
    assert budgets.strained
    assert health.ready


@pytest.mark.parametrize(
    ("said", "budget"),
    [
        ("1000000\n", int(1_000_000 * CONTAINERS_PART)),
        ("max\n", 0),
        ("9223372036854771712\n", 0),
        ("", 0),
    ],
)
def test_the_budget_is_a_part_of_what_the_container_may_have(
    tmp_path: Path, said: str, budget: int
) -> None:
    path = tmp_path / "memory.max"
    path.write_text(said)
    assert container_budget((tmp_path / "nothing", path)) == budget


async def test_run_looks_again_and_again() -> None:
    budgets, _ = make()
    task = asyncio.create_task(budgets.run())
    await wait_until(lambda: budgets.memory_bytes or not resident_bytes())
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
