"""What an image says of itself is held against what a cluster wants; each mistake is seen."""

from typing import Any

import pytest

from infra.images.configuration import Configuration

_LABELS = ("title", "description", "licenses", "version", "revision")
GOOD: dict[str, Any] = {
    "User": "10001:10001",
    "Entrypoint": ["python", "-m", "feed"],
    "Env": ["PATH=/bin"],
    "WorkingDir": "/airwave",
    "Labels": {f"org.opencontainers.image.{label}": "x" for label in _LABELS},
}


def test_a_good_image_has_no_fault() -> None:
    assert list(Configuration.of(GOOD).faults()) == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"User": ""}, "runs as root"),
        ({"User": "airwave"}, "runs as airwave"),
        ({"User": "0:0"}, "runs as 0:0"),
        ({"User": "1000:1000"}, "runs as 1000:1000"),
        ({"User": "10001"}, "runs as 10001"),
        ({"Entrypoint": None}, "no entry point"),
        ({"Entrypoint": ["/bin/sh", "-c", "python -m feed"]}, "starts a shell"),
        ({"Labels": {**GOOD["Labels"], "org.opencontainers.image.version": ""}}, "its version"),
    ],
)
def test_each_mistake_is_one_line(wrong: dict[str, Any], expected: str) -> None:
    (line,) = Configuration.of({**GOOD, **wrong}).faults()
    assert expected in line


def test_an_image_is_ended_by_sigterm_unless_it_says_otherwise() -> None:
    assert Configuration.of(GOOD).stop_signal == "SIGTERM"
    assert Configuration.of({**GOOD, "StopSignal": "SIGQUIT"}).stop_signal == "SIGQUIT"
