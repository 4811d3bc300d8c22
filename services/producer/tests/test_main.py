import logging
from collections.abc import Iterator

import pytest
import structlog

from producer.__main__ import main
from realtime.command import MISUSED

URL = {"PRODUCER_NATS_URL": "nats://127.0.0.1:9", "PRODUCER_ADMIN_PORT": "0"}


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_missing_file_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "none.csv"], URL) == MISUSED

    assert capsys.readouterr().err.splitlines()[-1] == (
        "producer: cannot replay none.csv: No such file or directory"
    )


def test_wrong_settings_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "x"], {"PRODUCER_COLOUR": "blue"}) == MISUSED

    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["producer"] * 3
    for name in ("PRODUCER_COLOUR", "PRODUCER_SEED", "PRODUCER_NATS_URL"):
        assert sum(name in line for line in lines) == 1
