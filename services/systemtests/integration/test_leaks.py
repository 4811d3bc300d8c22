"""Nothing is left of connections that came and went, and what watches for leaks finds each kind."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.servers import NatsServer, ValkeyServer
from realtime.testing import wait_until
from systemtests.leaks.cycles import EVERY, OF_FEED, run_cycles
from systemtests.leaks.inspected import LEAKS
from systemtests.leaks.patient import Holdings, Patient, holdings_of

# What hundreds of connections at once leave in memory: with less of a core, more of them wait.
pytestmark = pytest.mark.alone

WARM, SHORT, WHOLE = 100, 300, 10_000
RSS = 3 * 1024 * 1024
"""What may stay of a kind's connections: allocators keep a little, and give it to the next."""
LEAK_RSS = 32 * 1024 * SHORT // 2
"""Half of what the seeded leak of memory leaves behind, so that it surely shows."""
SLOW = 60.0


@dataclass(frozen=True, slots=True)
class Ward:
    """One service and its broker."""

    patient: Patient
    nats: NatsServer

    async def holdings(self) -> Holdings:
        """What it holds now."""
        return await holdings_of(self.patient, self.nats)

    async def left_by(self, kind: str, *, count: int, rss: int) -> dict[str, int]:
        """What is still there of so many connections once it had time to go."""
        cycle = EVERY[self.patient.name][kind]
        # The first of a kind pays for imports, pools and buffers.
        await run_cycles(cycle, self.patient.port, count=WARM)
        await wait_until(self._quiet, within=SLOW)
        base = await self.holdings()
        await run_cycles(cycle, self.patient.port, count=count)
        left: dict[str, int] = {}

        async def gone() -> bool:
            nonlocal left
            left = (await self.holdings()).beyond(base, rss=rss)
            return not left

        try:
            await wait_until(gone, within=self.patience)
        except AssertionError:
            return left
        return {}

    @property
    def patience(self) -> float:
        """Short where a leak is expected."""
        return 3.0 if self.patient.leaks else SLOW

    async def _quiet(self) -> bool:
        if self.patient.leaks:
            return True
        return (await self.holdings()).slots == 0


@contextmanager
def ward(folder: Path, service: str, *, leaks: Sequence[str] = ()) -> Iterator[Ward]:
    with NatsServer(folder / "nats") as nats, ValkeyServer(folder / "valkey") as valkey:
        settings = {"NATS_URL": nats.url, "LOG_FORMAT": "json", "LOG_LEVEL": "warning"}
        settings |= {"REDIS_URL": valkey.url} if service == "chat" else {}
        with Patient(service, folder / service, settings=settings, leaks=leaks) as patient:
            yield Ward(patient, nats)


@pytest.fixture(scope="module", params=sorted(EVERY))
def clean(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ward]:
    with ward(tmp_path_factory.mktemp(request.param), request.param) as running:
        yield running


@pytest.mark.timeout(180)
async def test_nothing_is_left_of_any_kind_of_connection(clean: Ward) -> None:
    for kind in EVERY[clean.patient.name]:
        left = await clean.left_by(kind, count=SHORT, rss=RSS)
        assert not left, (clean.patient.name, kind, left)


@pytest.mark.whole
@pytest.mark.timeout(3_600)
async def test_nothing_is_left_of_ten_thousand_of_each_kind(clean: Ward) -> None:
    for kind in EVERY[clean.patient.name]:
        left = await clean.left_by(kind, count=WHOLE, rss=RSS)
        assert not left, (clean.patient.name, kind, left)


async def found(folder: Path, *leaks: str) -> dict[str, int]:
    kind = "a stream that is aborted"
    assert kind in OF_FEED
    with ward(folder, "feed", leaks=leaks) as leaking:
        return await leaking.left_by(kind, count=SHORT, rss=LEAK_RSS)


@pytest.mark.timeout(120)
async def test_leaks_of_every_kind_are_found(tmp_path: Path) -> None:
    left = await found(tmp_path, *LEAKS)
    assert set(left) == set(LEAKS)
    assert all(count >= SHORT for count in left.values())


@pytest.mark.whole
@pytest.mark.timeout(120)
@pytest.mark.parametrize("leak", sorted(LEAKS))
async def test_a_leak_of_each_kind_is_found_alone(tmp_path: Path, leak: str) -> None:
    assert leak in await found(tmp_path, leak)
