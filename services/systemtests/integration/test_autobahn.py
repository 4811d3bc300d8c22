"""Autobahn's case groups against /echo, straight and through nginx: each case as the table says."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from infra.servers import EdgeServer, NatsServer, ServiceServer, ValkeyServer, chat_server
from realtime.testing import wait_until
from systemtests.autobahn import FRAMES, Case
from systemtests.autobahn_utf8 import TEXTS
from systemtests.raw_socket import Heard, Op, close_frame, frame, raw_socket
from systemtests.replicas import metrics_of

CASES = (*FRAMES, *TEXTS)
GROUPS = sorted({case.number.partition(".")[0] for case in CASES}, key=int)
AT_ONCE = 8


class EchoEdge(EdgeServer):
    """Our nginx to the letter, but for the route that it leads to."""

    def _write(self) -> None:
        super()._write()
        conf = self.directory / "nginx.conf"
        text = conf.read_text()
        assert text.count("proxy_pass http://chat/ws;") == 1
        conf.write_text(text.replace("http://chat/ws;", "http://chat/echo;"))


@dataclass(frozen=True, slots=True)
class Echo:
    """A chat with its echo, and where it is asked."""

    chat: ServiceServer
    ways: dict[str, str]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Echo]:
    folder = tmp_path_factory.mktemp("autobahn")
    with ExitStack() as stack:
        nats = stack.enter_context(NatsServer(folder / "nats"))
        valkey = stack.enter_context(ValkeyServer(folder / "valkey"))
        settings = {"ECHO": "1", "LOG_FORMAT": "json"}
        chat = stack.enter_context(
            chat_server(folder / "chat", nats_url=nats.url, redis_url=valkey.url, settings=settings)
        )
        there = chat.address
        edge = stack.enter_context(EchoEdge(folder / "edge", feed=(there,), chat=(there,)))
        ways = {"straight": chat.url + "/echo", "nginx": edge.url + "/chat/ws"}
        yield Echo(chat, {name: url.replace("http", "ws", 1) for name, url in ways.items()})


async def differs(case: Case, url: str) -> str | None:
    """What was answered instead of what should be."""
    async with raw_socket(url) as raw:
        # Whoever is not shown out leaves by itself, once all is said; that has to be answered, too.
        leaves = close_frame(1000) if case.code == 1000 and not case.closes else None
        heard = await raw.abuse(*case.segments, leaves=leaves, after=len(case.answers or ()))
    answers = tuple(heard.all(Op.TEXT, Op.BINARY, Op.PONG))
    if heard.code == case.code and case.answers in (None, answers):
        return None
    return f"{case.number}: {heard.code} (reset: {heard.reset}) after {str(answers)[:80]}"


@pytest.mark.parametrize("way", ["straight", "nginx"])
@pytest.mark.parametrize("group", GROUPS)
async def test_every_case_of_a_group(echo: Echo, group: str, way: str) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> str | None:
        async with places:
            return await differs(case, echo.ways[way])

    cases = [case for case in CASES if case.number.startswith(f"{group}.")]
    assert [said for said in await asyncio.gather(*map(one, cases)) if said] == []

    async def nobody() -> bool:
        return (await metrics_of(echo.chat))["chat_connections"] == 0

    await wait_until(nobody, within=30)
    assert "Traceback" not in echo.chat.log_path.read_text()


@pytest.mark.parametrize("way", ["straight", "nginx"])
async def test_compression_is_offered_in_vain(echo: Echo, way: str) -> None:
    """Groups 12 and 13: permessage-deflate is off, so its bit is a reserved one."""
    reader, writer = await asyncio.open_connection(*place(echo.ways[way]))
    try:
        path = "/" + echo.ways[way].split("/", 3)[3]
        lines = (
            f"GET {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        )
        writer.write("\r\n".join((*lines, "", "")).encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"sec-websocket-extensions" not in answer.lower()
    finally:
        writer.transport.abort()
    async with raw_socket(echo.ways[way]) as raw:
        heard: Heard = await raw.abuse(frame(Op.TEXT, b"\xcaH\xcd\xc9\xc9\x07\x00", rsv=4))
    assert heard.code == 1002
    assert not heard.frames


def place(url: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = url.split("/")[2].partition(":")
    return host, int(port)


def test_the_table_has_no_case_twice() -> None:
    numbers = [case.number for case in CASES]
    assert len(numbers) == len(set(numbers))
