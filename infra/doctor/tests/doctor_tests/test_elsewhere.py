"""The doctor before endpoints that are nobody's in particular, and before none at all."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib import resources

import jsonschema_rs
import pytest

from doctor.__main__ import main
from doctor.errors import ConnectError, NameUnknownError, TlsError
from doctor.finding import Finding, Severity
from infra.ports import free_port
from infra.testing import Answering, Exchange, upstream

from .stack import examined

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = timedelta(seconds=3)


def chunk(text: str) -> str:
    return f"{len(text.encode()):x}\r\n{text}\r\n"


async def silent(exchange: Exchange) -> None:
    await exchange.reader.read()


async def findings(answering: Answering, *, path: str = "/", idle: timedelta = SHORT) -> "Found":
    async with upstream(answering) as service:
        found = await examined(f"http://{service.address}{path}", patience=1, idle=idle)
    return Found(found)


class Found:
    def __init__(self, found: tuple[Finding, ...]) -> None:
        self.all = found

    def __getitem__(self, check: str) -> Finding:
        return next(one for one in self.all if one.check == check)

    def __contains__(self, check: str) -> bool:
        return any(one.check == check for one in self.all)


async def test_a_naive_stream_without_type_ids_or_heartbeats() -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.send(HEAD.format("text/plain") + chunk("data: hello\n\n"))
        await silent(exchange)

    found = await findings(answering)
    assert found["content-type"].severity is Severity.PROBLEM
    assert found["cache-control"].severity is Severity.WARNING
    assert found["retry"].severity is Severity.INFO
    assert found["resume"].severity is Severity.WARNING
    assert found["heartbeats"].severity is Severity.UNKNOWN
    assert found["proxy"].severity is Severity.UNKNOWN


async def test_what_is_no_stream_is_told_as_that_and_nothing_more() -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.answer(body="{}")

    found = await findings(answering)
    assert found["content-type"].severity is Severity.PROBLEM
    assert "compression" not in found
    assert "connections" not in found


async def test_a_refusal_is_called_final_for_event_source() -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.answer("503 Service Unavailable", "away")

    found = await findings(answering)
    assert found["status"].severity is Severity.PROBLEM
    assert "gives up" in found["status"].means


async def test_events_that_come_in_lumps_were_held_back() -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.send(HEAD.format("text/event-stream"))
        while True:  # a buffer of five events, each stamped when it was sent
            stamps = []
            for _ in range(5):
                stamps.append(time.time())
                await asyncio.sleep(0.3)
            lump = "".join(f'id: {at}\ndata: {{"server_time":{at}}}\n\n' for at in stamps)
            await exchange.send(chunk(lump))

    found = await findings(answering)
    assert found["buffering"].severity is Severity.PROBLEM
    assert "as one lump" in found["buffering"].found
    assert any("proxy_buffering off" in knob for knob in found["buffering"].knobs)


async def test_a_head_that_is_held_back_shows_by_the_answer_to_head() -> None:
    async def answering(exchange: Exchange) -> None:
        if exchange.request.method == "HEAD":
            await exchange.answer(kind="text/event-stream")
        await silent(exchange)

    found = await findings(answering)
    assert found["buffering"].severity is Severity.PROBLEM
    assert "while HEAD was answered" in found["buffering"].found


async def test_a_limit_on_the_whole_answer_is_told_from_an_idle_limit() -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.send(HEAD.format("text/event-stream"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                for number in range(100):
                    await exchange.send(chunk(f"id: {number}\ndata: x\n\n"))
                    await asyncio.sleep(0.1)

    found = await findings(answering)
    assert found["age"].severity is Severity.PROBLEM
    assert any("timeouts.request: 0s" in knob for knob in found["age"].knobs)


async def test_ids_that_start_anew_at_each_connection_resume_nothing() -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.send(HEAD.format("text/event-stream"))
        for number in range(1_000):
            await exchange.send(chunk(f"id: {number}\ndata: {number}\n\n"))
            await asyncio.sleep(0.1)

    found = await findings(answering)
    assert found["resume"].severity.weight >= Severity.WARNING.weight


async def test_cookies_for_every_origin_are_a_problem() -> None:
    async def answering(exchange: Exchange) -> None:
        origin = (exchange.request.header("origin") or ["https://own.example"])[0]
        cors = f"Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true"
        head = HEAD.format("text/event-stream").removesuffix("\r\n")
        await exchange.send(f"{head}{cors}\r\n\r\n" + chunk("data: x\n\n"))
        await silent(exchange)

    assert (await findings(answering))["cors"].severity is Severity.PROBLEM


async def test_a_path_without_a_websocket_may_be_the_wrong_one() -> None:
    async def answering(exchange: Exchange) -> None:
        await exchange.answer("404 Not Found", "404 page not found", kind="text/plain")

    async with upstream(answering) as service:
        found = Found(await examined(f"ws://{service.address}/", patience=1, idle=SHORT))
    assert found["upgrade"].severity is Severity.PROBLEM
    assert "the path is none" in found["upgrade"].means


async def test_nobody_there_is_one_clear_line() -> None:
    with pytest.raises(ConnectError, match="nothing listens there"):
        await examined(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(NameUnknownError, match="has no address"):
        await examined("http://doctor.invalid/")


async def test_a_port_without_tls_is_told() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TlsError, match="--insecure"):
            await examined(f"https://127.0.0.1:{port}/")


@contextlib.asynccontextmanager
async def full() -> AsyncIterator[str]:
    async def answering(exchange: Exchange) -> None:
        await exchange.answer("503 Service Unavailable", "away")

    async with upstream(answering) as service:
        yield f"http://{service.address}/"


async def test_json_is_as_its_schema_says_and_the_status_tells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with full() as url:
        status = await asyncio.to_thread(main, [url, "--json", "--quiet", "--patience", "2s"])
    document = json.loads(capsys.readouterr().out)
    schema = json.loads(resources.files("doctor").joinpath("report.schema.json").read_text())
    jsonschema_rs.validate(schema, document)
    assert (status, document["worst"]) == (1, "problem")


@pytest.mark.parametrize(
    "wrong",
    [["--idle", "soon"], ["--idle", "7h"], ["--connections", "9999"], ["--header", "nothing"]],
)
def test_a_wrong_option_is_told_before_anything_is_asked(wrong: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["http://127.0.0.1:1/", *wrong])


def test_what_can_not_be_examined_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ftp://example.org/"]) == 2
    assert "http://, https://, ws:// or wss://" in capsys.readouterr().err
