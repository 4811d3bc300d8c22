"""The documented routes under requests that schemathesis makes of the documents themselves."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from infra.servers import NatsServer, ServiceServer, ValkeyServer, chat_server, feed_server
from realtime.testing import wait_until

STREAMS = ("GET /readings", "GET /ws")
"""They don't end, or aren't HTTP for long: what they are asked is abused elsewhere."""
BY_CONTRACT = ("positive_data_acceptance", "negative_data_rejection")
"""A schema can't say that `since` is before `until`, or that two parameters exclude each other; and
what is no position is a fresh start, not an error."""
RSS = 5 * 1024 * 1024


@pytest.fixture(scope="module", params=["feed", "chat"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceServer]:
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(folder / "nats"))
        valkey = stack.enter_context(ValkeyServer(folder / "valkey"))
        if request.param == "feed":
            # Many of what is made up asks to wait.
            waits = {"POLL_WAIT": "0.05"}
            server = feed_server(folder / "feed", nats_url=nats.url, settings=waits)
        else:
            server = chat_server(folder / "chat", nats_url=nats.url, redis_url=valkey.url)
        yield stack.enter_context(server)


def resident_bytes(server: ServiceServer) -> int:
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def attack(server: ServiceServer, folder: Path, *, examples: int, seed: int) -> str:
    """Run schemathesis against a service; what it says when it finds something."""
    program = shutil.which("st", path=sysconfig.get_path("scripts"))
    assert program, "schemathesis is a dependency of systemtests"
    command = [program, "run", server.url + "/openapi.json", "--url", server.url, "--no-color"]
    command += ["--max-examples", str(examples), "--seed", str(seed), "--request-timeout", "30"]
    command += ["--phases", "examples,coverage,fuzzing"]
    command += ["--checks", "all", "--exclude-checks", ",".join(BY_CONTRACT)]
    for name in STREAMS:
        command += ["--exclude-name", name]
    ran = subprocess.run(  # noqa: S603 - a tool of this environment
        command, capture_output=True, text=True, check=False, cwd=folder
    )
    assert "Test cases:" in ran.stdout, ran.stdout + ran.stderr
    return "" if ran.returncode == 0 else ran.stdout


@pytest.mark.timeout(300)
def test_every_answer_is_documented_and_nothing_is_left(
    service: ServiceServer, tmp_path: Path
) -> None:
    # The first attack pays for imports and caches.
    assert not attack(service, tmp_path, examples=5, seed=1)
    before = resident_bytes(service)
    assert not attack(service, tmp_path, examples=15, seed=2)
    assert resident_bytes(service) - before <= RSS
    assert "Traceback" not in service.log_path.read_text()


@pytest.mark.whole
@pytest.mark.timeout(900)
def test_every_answer_is_documented_at_length(service: ServiceServer, tmp_path: Path) -> None:
    for seed in range(3, 6):
        assert not attack(service, tmp_path, examples=300, seed=seed)
    assert "Traceback" not in service.log_path.read_text()


HOSTILE_POSITIONS = (
    "*",
    "-1",
    "0",
    "aaaa-",
    "aaaa--1",
    "AAAA-1",
    "aaaa-99999999999999999999",
    "aaaa-1 ",
    "a" * 6_000,
    "aaaa-1;drop",
    "../../etc/passwd",
    "%00",
    "é-1",
    "aaaa-0x10",
    "zzzz-1",
)
HOSTILE_QUERIES = (
    "max_hz=nan",
    "max_hz=inf",
    "max_hz=-1",
    "max_hz=1e999",
    "heartbeat=0",
    "heartbeat=nan",
    "agg=median",
    "sensor=" + "a/" * 500,
    "sensor=%0d%0aevent:%20x",
    "sensor=**",
    "sensor=a//b",
    "&".join(f"sensor=s{n}" for n in range(33)),
    "sensor=%00",
    "sensor=%ff%fe",
)


@pytest.mark.parametrize("service", ["feed"], indirect=True)
async def test_hostile_positions_begin_afresh_and_hostile_queries_are_refused(
    service: ServiceServer,
) -> None:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        for position in HOSTILE_POSITIONS:
            query = {"last_event_id": position}
            async with client.stream("GET", service.url + "/readings", params=query) as answer:
                assert answer.status_code == 200, position
                text = ""
                async for part in answer.aiter_text():
                    text += part
                    if "event: snapshot" in text:
                        break
                assert '"resumed":false' in text, position
        for hostile in HOSTILE_QUERIES:
            answer = await client.head(f"{service.url}/readings?{hostile}")
            assert answer.status_code == 400, hostile
        refused = await client.get(f"{service.url}/readings?{HOSTILE_QUERIES[0]}")
        assert refused.headers["content-type"].startswith("application/problem+json")

        async def left() -> bool:
            text = (await client.get(service.admin_url + "/metrics")).text
            return "feed_connections 0.0" in text

        await wait_until(left)
    assert "Traceback" not in service.log_path.read_text()
