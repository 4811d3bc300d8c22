"""The other edges' rendered configurations, read and run by the real programs."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from infra.edge.proxies import PROXIES, environment
from infra.edge.site import Site
from infra.servers import binaries
from infra.servers.program import inherited
from infra.servers.proxy import ProxyServer
from infra.testing import Exchange, fetch, upstream

STREAM = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-store, no-transform\r\n\r\n"
)
FIRST = "event: hello\nid: e3f9c2-1\ndata: {}\n\n"
SECOND = "event: readings\nid: e3f9c2-2\ndata: []\n\n"


def edge(folder: Path, kind: str, service: str) -> ProxyServer:
    """A proxy in front of one address for everything."""

    def site(listen: str) -> Site:
        here = (service,)
        return Site(listen=listen, feed=here, chat=here, page=here, dashboard=folder)

    return ProxyServer(folder / kind, kind, site=site)


@pytest.mark.parametrize("kind", sorted(PROXIES))
async def test_an_event_passes_before_the_next_one_is_sent(kind: str, tmp_path: Path) -> None:
    confirmed = asyncio.Event()

    async def answering(exchange: Exchange) -> None:
        if exchange.request.target != "/readings?sensor=a/b":
            if exchange.request.target == "/confirm":
                confirmed.set()
            await exchange.answer()
            return
        await exchange.send(STREAM + FIRST)
        await confirmed.wait()
        await exchange.send(SECOND)

    async with upstream(answering) as service:
        running = edge(tmp_path, kind, service.address)
        await asyncio.to_thread(running.start)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(
                b"GET /feed/readings?sensor=a/b HTTP/1.1\r\nHost: edge\r\n"
                b"Accept: text/event-stream\r\nAccept-Encoding: gzip, br\r\n\r\n"
            )
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(FIRST.encode())
            assert head.startswith(b"HTTP/1.1 200")
            assert b"content-encoding" not in head.lower()
            await fetch(running.port, "/feed/confirm")
            await reader.readuntil(SECOND.encode())
            writer.close()
        finally:
            await asyncio.to_thread(running.stop)
    assert "/readings?sensor=a/b" in [request.target for request in service.requests]


@pytest.mark.parametrize("kind", sorted(name for name in PROXIES if PROXIES[name].check))
def test_a_wrong_word_is_refused_and_ours_are_not(kind: str, tmp_path: Path) -> None:
    running = edge(tmp_path, kind, "127.0.0.1:9")
    program = binaries.in_environment(kind)
    checking = PROXIES[kind].check
    assert checking is not None
    folder = running.directory
    folder.mkdir(parents=True, exist_ok=True)
    prepare = running.program.prepare
    assert prepare is not None
    prepare()

    def status() -> int:
        return subprocess.run(  # noqa: S603 - a proxy of our own environment
            checking(program, folder),
            env={**inherited(), **environment(program, folder)},
            capture_output=True,
            timeout=50,
            check=False,
        ).returncode

    assert status() == 0
    for conf in folder.iterdir():
        if conf.is_file():
            conf.write_text(conf.read_text() + "\nnonsense here {\n")
    assert status() != 0
