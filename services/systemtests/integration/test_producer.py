"""The producer as a process against a real nats-server that dies under it."""

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx2
import pytest

from infra.servers import NatsServer
from realtime.contracts import Record, parse_pack
from realtime.errors import BrokerError
from realtime.nats import NatsBroker, connect
from realtime.subjects import SENSORS
from realtime.testing import wait_until

SENSORS_IN_FILE = 20
ROWS = 1_000
EXIT_SECONDS = 5


class Producer:
    """A producer process, and what it logs."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def admin(self) -> str:
        """Where its admin port is: the system chose it, so that no two test runs collide."""
        lines = map(json.loads, self.log.read_text().splitlines())
        ports = [line["port"] for line in lines if line["event"] == "admin_listens"]
        return f"http://127.0.0.1:{ports[0]}" if ports else ""

    def ready(self) -> bool:
        return bool(self.admin) and httpx2.get(f"{self.admin}/readyz").status_code == 200

    def counted(self, name: str) -> float:
        """The value of a metric, summed over its labels."""
        text = httpx2.get(f"{self.admin}/metrics").text
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if line.startswith((f"producer_{name} ", f"producer_{name}{{"))
        )

    def ended(self) -> bool:
        return self.process.poll() is not None


@contextmanager
def producer(
    directory: Path, nats_url: str, *arguments: str, settings: Mapping[str, str] | None = None
) -> Iterator[Producer]:
    given = {"PRODUCER_NATS_URL": nats_url, "PRODUCER_ADMIN_PORT": "0", **(settings or {})}
    inherited = {name: value for name, value in os.environ.items() if "PRODUCER_" not in name}
    log = directory / "producer.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            [sys.executable, "-m", "producer", *arguments],
            env={**inherited, **given},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Producer(process, log)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    with server:
        yield server


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Values count up, so that a loss, a repetition or an overtaking shows in what was stored."""
    path = tmp_path / "counting.csv"
    names = ",".join(f"bench/sensor-{number}" for number in range(SENSORS_IN_FILE))
    rows = [",".join([str(row), *[str(row)] * SENSORS_IN_FILE]) for row in range(ROWS)]
    path.write_text("\n".join([f"time,{names}", *rows]))
    return path


@asynccontextmanager
async def reader(nats: NatsServer) -> AsyncIterator[NatsBroker]:
    async with connect(nats.url, name="test") as broker:
        await wait_until(lambda: broker.connected)
        yield broker


async def count_stored(broker: NatsBroker) -> int:
    try:
        return (await broker.stream_state(SENSORS.name)).last
    except BrokerError:
        return 0


async def stored_records(broker: NatsBroker) -> list[Record]:
    """Everything in the stream; each message is a pack of one."""
    records: list[Record] = []
    after = 0
    while batch := await broker.read(SENSORS.name, after=after, limit=1_000):
        after = batch[-1].offset
        for delivery in batch:
            (record,) = parse_pack(delivery.subject, delivery.payload, arrived=0.0)
            records.append(record)
    return records


async def test_a_broker_killed_under_load_costs_no_reading_repeats_none_and_keeps_their_order(
    nats: NatsServer, recording: Path, tmp_path: Path
) -> None:
    async with reader(nats) as broker:
        with producer(tmp_path, nats.url, "replay", str(recording), "--speed", "max") as started:
            for share in (0.1, 0.35, 0.6):
                enough = int(SENSORS_IN_FILE * ROWS * share)

                async def under_way(enough: int = enough) -> bool:
                    return await count_stored(broker) >= enough

                await wait_until(under_way, what=f"{enough} readings stored")
                assert not started.ended()
                nats.kill()
                nats.start()
            await wait_until(started.ended, what="the replay's end", within=40)

        assert started.process.returncode == 0
        assert b"publish_failed" in started.log.read_bytes(), "no kill hit a reading in flight"
        values = defaultdict(list)
        for record in await stored_records(broker):
            values[record.n].append(record.v)
        expected = [float(row) for row in range(ROWS)]
        assert values == {f"bench/sensor-{number}": expected for number in range(SENSORS_IN_FILE)}
        assert await count_stored(broker) == SENSORS_IN_FILE * ROWS


async def test_a_producer_that_starts_before_its_broker_is_ready_and_delivers_later(
    tmp_path: Path,
) -> None:
    nats = NatsServer(tmp_path / "nats")
    with producer(tmp_path, nats.url, "simulate", settings={"PRODUCER_RATE_HZ": "20"}) as started:
        await wait_until(started.ready, what="readiness without a broker")
        await wait_until(lambda: started.counted("spool_readings") > 100, what="a filled spool")
        with nats:
            await wait_until(lambda: started.counted("readings_published_total") > 100)
            await wait_until(lambda: started.counted("spool_readings") == 0)
            assert started.counted("spool_dropped_total") == 0


@pytest.mark.parametrize("broker_there", [True, False], ids=["broker there", "broker away"])
async def test_a_stopped_producer_ends_by_itself_within_five_seconds(
    tmp_path: Path, *, broker_there: bool
) -> None:
    nats = NatsServer(tmp_path / "nats")
    with nats, producer(tmp_path, nats.url) as started:
        await wait_until(started.ready)
        await wait_until(lambda: started.counted("readings_published_total") > 0)
        if not broker_there:
            nats.kill()

        started.process.send_signal(signal.SIGTERM)

        assert started.process.wait(EXIT_SECONDS) in (0, 128 + signal.SIGTERM)
    assert b'"event": "stopped"' in started.log.read_bytes()


async def test_a_producer_stopped_while_publishing_leaves_nothing_unsent(
    nats: NatsServer, tmp_path: Path
) -> None:
    settings = {"PRODUCER_RATE_HZ": "50"}
    with producer(tmp_path, nats.url, "simulate", settings=settings) as started:
        await wait_until(started.ready)
        await wait_until(lambda: started.counted("readings_published_total") > 200)

        started.process.send_signal(signal.SIGTERM)

        assert started.process.wait(EXIT_SECONDS) in (0, 128 + signal.SIGTERM)
    assert b'"unsent": 0' in started.log.read_bytes()


async def test_a_broker_that_stands_still_and_goes_on_has_every_reading_once(
    nats: NatsServer, tmp_path: Path
) -> None:
    """Whatever was sent into the silence is taken when it ends, and so are its repetitions."""
    settings = {"PRODUCER_RATE_HZ": "20"}
    with producer(tmp_path, nats.url, "simulate", settings=settings) as started:
        await wait_until(started.ready)
        await wait_until(lambda: started.counted("readings_published_total") > 200)
        nats.pause()
        await wait_until(lambda: started.counted("publish_retries_total") > 0)
        nats.resume()
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(EXIT_SECONDS) == 0

    async with reader(nats) as broker:
        times = defaultdict(list)
        for record in await stored_records(broker):
            times[record.n].append(record.t)
    assert b'"unsent": 0' in started.log.read_bytes()
    assert sum(map(len, times.values())) > 200
    assert all(sorted(set(own)) == own for own in times.values())
