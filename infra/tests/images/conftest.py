"""The images, each built once in a run; the run's last lines say by what, and on what."""

import hashlib
from collections.abc import Callable
from functools import cache

import pytest

from infra.images.building import Image, build
from infra.images.finding import builder
from infra.images.recipe import RECIPES
from infra.repository import ROOT

# Two checkouts have a tag each: what one builds is not what the other starts.
_MARK = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
_said: list[str] = []


@pytest.fixture(scope="session")
def built() -> Callable[[str], Image]:
    """Gives the image of a name."""

    @cache
    def find(name: str) -> Image:
        image = build(builder(), RECIPES[name], tag=f"localhost/airwave/{name}:tests-{_MARK}")
        _said.append(image.said)
        return image

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _said:
        terminalreporter.write_line(f"image {line}")
