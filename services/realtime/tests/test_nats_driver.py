"""What we replace of the driver, and that it is as we know it."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlparse

import pytest
import uvloop
from nats.aio.client import Client

from realtime.nats_driver import Driver, LosableTransport
from realtime.testing import wait_until

RAW = (
    b"Nats-Stream: SENSORS\r\nNats-Subject: sensors.greenhouse-1.temperature\r\n"
    b"Nats-Sequence: 184467\r\nNats-Time-Stamp: 2026-11-23T08:15:02.123456789Z\r\n"
    b"Nats-Last-Sequence: 184460\r\nNats-Msg-Id: simulate:b1:7\r\n\r\n"
)


def test_headers_are_read_as_the_driver_reads_them() -> None:
    assert Driver._parse_header_lines(RAW) == Client._parse_header_lines(RAW)
    odd = b"A:1\r\nB:\tb:c \r\nno colon\r\nC:\r\n\r\n"
    assert Driver._parse_header_lines(odd) == Client._parse_header_lines(odd)
    assert Driver._parse_header_lines(b"X: \xff\r\n") == {"X": "\ufffd"}


def test_the_driver_asks_what_we_replace() -> None:
    asked = inspect.getsource(Client._process_headers)
    assert asked.count("self._parse_header_lines(") == 2


INFO = b'INFO {"server_id":"a","version":"2.15.1","max_payload":1048576,"headers":true}\r\n'


async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As much of a broker as a client needs to be connected."""
    writer.write(INFO)
    while line := await reader.readline():
        if line.startswith(b"PING"):
            writer.write(b"PONG\r\n")
    writer.close()


class Unlucky(Driver):
    """Its connection is gone between the broker's greeting and its own, as often as it is told."""

    misfortunes = 0

    async def _process_info(self, info: Any, initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - the driver's own
        await super()._process_info(info, initial_connection)
        if self.misfortunes:
            self.misfortunes -= 1
            await lose(self._transport)


async def lose(transport: Any) -> None:
    transport._io_writer.transport.abort()
    for _ in range(3):
        await asyncio.sleep(0)


def on_uvloop(main: Callable[[int], Awaitable[None]]) -> None:
    """What services run on; asyncio's own loop takes a write to a closed transport silently."""

    async def with_broker() -> None:
        async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
            await main(server.sockets[0].getsockname()[1])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(with_broker())


def test_a_reconnect_whose_connection_is_lost_at_once_is_tried_again() -> None:
    async def main(port: int) -> None:
        lost: list[Exception] = []

        async def note(error: Exception) -> None:
            lost.append(error)

        driver = Unlucky()
        await driver.connect(
            f"nats://127.0.0.1:{port}",
            max_reconnect_attempts=-1,
            reconnect_time_wait=0,
            error_cb=note,
        )
        driver.misfortunes = 3
        await lose(driver._transport)
        await wait_until(lambda: driver.misfortunes == 0 and driver.is_connected)
        assert sum(isinstance(error, ConnectionResetError) for error in lost) == 3
        await driver.close()

    on_uvloop(main)


def test_a_write_to_a_connection_that_just_closed_is_a_lost_connection() -> None:
    async def main(port: int) -> None:
        transport = LosableTransport()
        await transport.connect(urlparse(f"nats://127.0.0.1:{port}"), 32_768, 2)
        await lose(transport)
        with pytest.raises(ConnectionResetError):
            transport.write(b"PING\r\n")
        with pytest.raises(ConnectionResetError):
            transport.writelines([b"PING\r\n"])

    on_uvloop(main)
