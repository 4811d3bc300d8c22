"""What we replace of the driver, and that it is as we know it."""

import inspect

from nats.aio.client import Client

from realtime.nats import Driver

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
