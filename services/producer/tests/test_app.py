import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from producer.app import make_sources, pump
from producer.metrics import Metrics
from producer.publisher import Publisher
from producer.settings import ProducerSettings
from producer.sources.rows import ReplayFileError
from producer.testing import START, ManualClock
from realtime.contracts import Record
from realtime.settings import BadSettingsError, read_settings
from realtime.testing import MemoryBroker, wait_until

EXAMPLES = Path(__file__).parents[1] / "examples"


def settings(**given: str) -> ProducerSettings:
    url = {"PRODUCER_NATS_URL": "nats://127.0.0.1:4222"}
    return read_settings(ProducerSettings, url | given)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    return Metrics(registry)


@pytest.fixture
def publisher(metrics: Metrics, clock: ManualClock) -> Publisher:
    return Publisher(spool_readings=100, in_flight=4, metrics=metrics, clock=clock)


class Recorded:
    """A source whose readings keep, and which counts what was taken of it."""

    name = "recorded"
    can_wait = True

    def __init__(self, count: int) -> None:
        self._count = count
        self.taken = 0
        self.closed = False

    async def readings(self) -> AsyncGenerator[Record]:
        try:
            for number in range(self._count):
                self.taken += 1
                yield Record(n="a/b", v=float(number), t=START + number)
        finally:
            self.closed = True


def test_the_settings_name_the_sources(metrics: Metrics, clock: ManualClock) -> None:
    file = str(EXAMPLES / "bench.csv")
    cases = [
        ({}, ["host", "simulate"]),
        ({"PRODUCER_SOURCES": "simulate"}, ["simulate"]),
        ({"PRODUCER_REPLAY_FILE": file}, ["host", "simulate", "replay"]),
        ({"PRODUCER_SOURCES": "", "PRODUCER_REPLAY_FILE": file}, ["replay"]),
    ]
    for given, names in cases:
        sources = make_sources(settings(**given), metrics=metrics, clock=clock)
        assert [source.name for source in sources] == names


def test_nothing_to_publish_is_refused(metrics: Metrics, clock: ManualClock) -> None:
    with pytest.raises(BadSettingsError, match="nothing to publish"):
        make_sources(settings(PRODUCER_SOURCES=""), metrics=metrics, clock=clock)


def test_a_missing_recording_is_refused_at_once(metrics: Metrics, clock: ManualClock) -> None:
    given = settings(PRODUCER_REPLAY_FILE="none.csv")

    with pytest.raises(ReplayFileError, match=r"cannot replay none\.csv"):
        make_sources(given, metrics=metrics, clock=clock)


async def test_a_source_that_can_wait_is_held_up_while_the_broker_is_away(
    publisher: Publisher, registry: CollectorRegistry
) -> None:
    source, broker = Recorded(1_000), MemoryBroker()
    pumping = asyncio.ensure_future(pump(source, publisher))
    await wait_until(lambda: source.taken >= 4)
    await asyncio.sleep(0)
    assert source.taken <= 5

    publishing = asyncio.ensure_future(publisher.run(broker))
    await pumping
    await publisher.flushed()
    publishing.cancel()
    await asyncio.wait({publishing})

    assert len(broker.published) == 1_000
    assert registry.get_sample_value("producer_spool_dropped_total") == 0


async def test_a_source_that_is_stopped_is_closed(publisher: Publisher) -> None:
    source = Recorded(1_000)
    pumping = asyncio.ensure_future(pump(source, publisher))
    await wait_until(lambda: source.taken >= 4)

    pumping.cancel()
    await asyncio.wait({pumping})

    assert source.closed


async def test_a_recording_that_goes_away_ends_its_source_with_one_line(
    publisher: Publisher, metrics: Metrics, clock: ManualClock, tmp_path: Path
) -> None:
    path = tmp_path / "lab.csv"
    path.write_text("time,x\n1,2\n")
    given = settings(PRODUCER_SOURCES="", PRODUCER_REPLAY_FILE=str(path))
    (source,) = make_sources(given, metrics=metrics, clock=clock)
    path.unlink()

    with capture_logs() as lines:
        await pump(source, publisher)

    assert [(line["event"], line["log_level"]) for line in lines] == [("source_ended", "error")]


@pytest.mark.parametrize("name", ["bench.csv", "orchard.jsonl"])
async def test_the_examples_replay_without_a_skipped_row(
    name: str, publisher: Publisher, metrics: Metrics, clock: ManualClock
) -> None:
    given = settings(PRODUCER_SOURCES="", PRODUCER_REPLAY_FILE=str(EXAMPLES / name))
    (source,) = make_sources(given, metrics=metrics, clock=clock)
    broker = MemoryBroker()
    publishing = asyncio.ensure_future(publisher.run(broker))

    with capture_logs() as lines:
        await pump(source, publisher)
        await publisher.flushed()
    publishing.cancel()
    await asyncio.wait({publishing})

    assert len(broker.published) > 50
    assert [line["event"] for line in lines] == ["replay_ended"]
