import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from realtime.telemetry import Sampler, configure_logging


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_is_json_with_the_service_and_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", service="example")
    structlog.get_logger().info("stream_ended", seconds=1.5)
    structlog.get_logger().debug("not shown")
    (line,) = lines(capsys.readouterr().err)
    assert (line["event"], line["service"], line["level"]) == ("stream_ended", "example", "info")
    assert line["seconds"] == 1.5
    assert "timestamp" in line


def test_line_breaks_and_escapes_from_outside_stay_inside_their_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info", service="example")
    structlog.get_logger().info("named", name='a"\r\n{"event":"forged"}\x1b[31m')
    (line,) = lines(capsys.readouterr().err)
    assert line["event"] == "named"


def test_long_values_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", service="example")
    structlog.get_logger().info("named", name="x" * 10_000)
    (line,) = lines(capsys.readouterr().err)
    assert len(str(line["name"])) < 600


def test_libraries_speak_the_same_way_and_only_when_it_matters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info", service="example")
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("uvicorn.error").error("broken %s", "pipe")
    (line,) = lines(capsys.readouterr().err)
    assert line["event"] == "broken pipe"


def test_a_warning_that_repeats_itself_is_collapsed(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", service="example")
    for _ in range(50):
        structlog.get_logger().warning("stream_unreachable", stream="SENSORS")
        logging.getLogger("some.library").warning("cannot connect")
    events = [line["event"] for line in lines(capsys.readouterr().err)]
    assert events.count("stream_unreachable") == events.count("cannot connect") == 5


def test_on_a_console_it_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", service="example", format_="console")
    structlog.get_logger().info("ready", port=1)
    text = capsys.readouterr().err
    assert "ready" in text
    assert not text.startswith("{")


def test_a_sampler_lets_one_through_per_interval_and_counts_the_rest() -> None:
    sampler = Sampler(interval=3600)
    assert sampler.admit("a") == 0
    assert sampler.admit("a") is None
    assert sampler.admit("a") is None
    assert sampler.admit("b") == 0
    sampler._next["a"] = 0.0
    assert sampler.admit("a") == 2
