"""WebSockets abused byte by byte: answered as RFC 6455 says, and nothing is left of it.

Against chat as a process, on ``/echo`` and on ``/ws``, direct and through nginx.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from infra.servers import EdgeServer, NatsServer, ServiceServer, ValkeyServer, chat_server
from realtime.testing import wait_until
from systemtests.abuse import CASES, FRAME_BYTES, KOSME, Case
from systemtests.raw_socket import Heard, Op, close_frame, frame, raw_socket
from systemtests.talker import talking

LEAK_FDS = 8
"""The pool of connections to Valkey opens a few when it likes; 280 tests would leave 280."""
FLAT_BYTES = 4 * 1024 * 1024
TEN_MB = b"x" * 10_000_000


@dataclass(frozen=True, slots=True)
class Abused:
    """A chat, its edge, and what it had open before anything happened."""

    chat: ServiceServer
    edge: EdgeServer
    fds: int

    def url(self, way: str) -> str:
        """Where a kind of test connects."""
        ways = {
            "echo": self.chat.url + "/echo",
            "ws": self.chat.url + "/ws",
            "edge": self.edge.url + "/chat/ws",
        }
        return ways[way].replace("http", "ws", 1)

    async def connections(self) -> int:
        """Open WebSockets by its own count."""
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            text = (await client.get(self.chat.admin_url + "/metrics")).text
        return int(float(_metric(text, "chat_connections")))

    async def ended(self, by: str) -> int:
        """How many connections have ended so."""
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            text = (await client.get(self.chat.admin_url + "/metrics")).text
        return int(float(_metric(text, f'chat_ended_total{{by="{by}"}}')))

    async def gone(self) -> bool:
        """Whether no connection is left, neither counted nor open."""
        return await self.connections() == 0 and open_files(self.chat) <= self.fds + LEAK_FDS


def _metric(text: str, name: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(name + " ")]
    return line.rpartition(" ")[2]


def open_files(server: ServiceServer) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def resident_bytes(server: ServiceServer) -> int:
    status = Path(f"/proc/{server.pid}/statm").read_text()
    return int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def abused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Abused]:
    folder = tmp_path_factory.mktemp("abuse")
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(folder / "nats"))
        valkey = stack.enter_context(ValkeyServer(folder / "valkey"))
        chat = stack.enter_context(
            chat_server(
                folder / "chat",
                nats_url=nats.url,
                redis_url=valkey.url,
                # Whether floods make it late, so that it turns others away, is not asked here.
                settings={
                    "ECHO": "1",
                    "LOG_FORMAT": "json",
                    "DRAIN_WINDOW": "0",
                    "LAG_LIMIT": "0",
                },
            )
        )
        address = chat.url.removeprefix("http://")
        edge = stack.enter_context(
            EdgeServer(folder / "edge", feed=("127.0.0.1:1",), chat=(address,))
        )
        yield Abused(chat, edge, open_files(chat))


@pytest.fixture(autouse=True)
async def nothing_is_left(abused: Abused) -> AsyncIterator[None]:
    """After every test: no connection, no slot, no descriptor, no traceback, and others talk on."""
    yield
    await wait_until(abused.gone, within=30, what="the end of every connection")
    log = abused.chat.log_path.read_text()
    assert "Traceback" not in log
    assert '"level": "error"' not in log
    async with talking(abused.url("ws")) as ada:
        assert (await ada.join())["type"] == "joined"
        assert (await ada.post("c1"))["type"] == "ack"


@pytest.mark.parametrize("way", ["echo", "ws", "edge"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_every_frame_is_answered_as_the_rfc_says(
    abused: Abused, case: Case, way: str
) -> None:
    async with raw_socket(abused.url(way)) as raw:
        # Whoever is not shown out leaves by itself, which has to be answered.
        leaves = close_frame(1000) if case.code == 1000 else b""
        heard = await raw.abuse(case.sends + leaves)
    assert heard.code == case.code
    assert heard.all(Op.PONG) == list(case.pongs)
    if way == "echo" and case.echoes:
        assert heard.all(Op.TEXT, Op.BINARY) == list(case.echoes)


@pytest.mark.parametrize("way", ["echo", "ws", "edge"])
async def test_bytes_that_come_one_by_one_are_a_frame_all_the_same(
    abused: Abused, way: str
) -> None:
    async with raw_socket(abused.url(way)) as raw:
        await raw.dribble(frame(Op.PING, b"slow") + frame(Op.TEXT, KOSME))
        heard = await raw.abuse(close_frame(1000))
    assert heard.code == 1000
    assert heard.all(Op.PONG) == [b"slow"]
    if way == "echo":
        assert heard.all(Op.TEXT) == [KOSME]


@pytest.mark.parametrize("way", ["ws", "edge"])
async def test_ten_megabytes_of_text_end_the_connection(abused: Abused, way: str) -> None:
    part = TEN_MB[:60_000]
    in_parts = frame(Op.TEXT, part, fin=False) + frame(Op.CONT, part, fin=False) * 170
    before = await abused.ended("protocol")
    for number, sent in enumerate((frame(Op.TEXT, TEN_MB), in_parts), 1):
        async with raw_socket(abused.url(way)) as raw:
            heard = await raw.abuse(sent)
        # Who goes on sending may be reset before it has read the code.
        assert heard.code in (1009, None)
        assert await abused.ended("protocol") == before + number


@pytest.mark.parametrize("way", ["ws", "edge"])
async def test_a_large_text_tells_its_code_to_a_client_that_listens(
    abused: Abused, way: str
) -> None:
    before = await abused.ended("protocol")
    async with raw_socket(abused.url(way)) as raw:
        head = frame(Op.TEXT, says_length=len(TEN_MB))
        heard = await raw.abuse(head)
    assert heard.code == 1009
    assert await abused.ended("protocol") == before + 1


@pytest.mark.parametrize("way", ["echo", "ws", "edge"])
@pytest.mark.parametrize("half", [frame(Op.TEXT, KOSME)[:1], frame(Op.TEXT, KOSME)[:-1]])
@pytest.mark.parametrize("by", ["fin", "rst"])
async def test_half_a_frame_and_then_the_end_leaves_nothing(
    abused: Abused, way: str, half: bytes, by: str
) -> None:
    async with raw_socket(abused.url(way)) as raw:
        await raw.send(half)
        if by == "fin":
            raw.writer.write_eof()
            heard = Heard()
            await raw.listen(heard)
            assert heard.code is None


@pytest.mark.parametrize("way", ["echo", "ws"])
async def test_what_is_too_large_costs_no_memory(abused: Abused, way: str) -> None:
    tries = (
        frame(Op.TEXT, b"x" * (FRAME_BYTES + 1)),
        frame(Op.BINARY, says_length=1 << 62),
        frame(Op.TEXT, b"x" * 40_000, fin=False) + frame(Op.CONT, b"x" * 40_000),
        frame(Op.TEXT, b"\xff" * 60_000),
    )

    async def all_of_them(times: int) -> None:
        for number in range(times):
            async with raw_socket(abused.url(way)) as raw:
                await raw.abuse(tries[number % len(tries)])

    await all_of_them(40)
    before = resident_bytes(abused.chat)
    await all_of_them(200)
    grown = resident_bytes(abused.chat) - before
    assert grown < FLAT_BYTES, f"{grown} bytes more after 200 tries"


@pytest.mark.parametrize("way", ["echo", "ws"])
async def test_who_pings_and_reads_no_pong_is_not_read_either(abused: Abused, way: str) -> None:
    pings = frame(Op.PING, b"x" * 125) * 1_000
    async with raw_socket(abused.url(way)) as raw:
        before = resident_bytes(abused.chat)
        # 40 MB: more than what the kernel's buffers of both sides take.
        sent = await raw.push(pings, most=300)
        assert sent < 300
        assert resident_bytes(abused.chat) - before < FLAT_BYTES
        # Once it reads, it is read again, and every ping has its pong.
        async with asyncio.timeout(30):
            pongs = 0
            while pongs < sent * 1_000:
                opcode, _ = await raw.frame()
                pongs += opcode is Op.PONG
