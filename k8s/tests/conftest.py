"""What is rendered, once for the whole run."""

from functools import cache
from pathlib import Path

import pytest

from manifests import kustomize
from manifests.objects import Object, parse

K8S = Path(__file__).parents[1]


@cache
def _render(directory: str) -> list[Object]:
    return parse(kustomize.render(K8S / directory))


@pytest.fixture(scope="session", params=["base", "overlays/local"])
def objects(request: pytest.FixtureRequest) -> list[Object]:
    """The objects of each kustomization that is meant to be applied, or built upon."""
    return _render(request.param)


@pytest.fixture(scope="session")
def local() -> list[Object]:
    """The objects of the overlay for one machine."""
    return _render("overlays/local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test the time to build kustomize, on a machine that has none."""
    for item in items:
        if item.path.is_relative_to(K8S):
            item.add_marker(pytest.mark.timeout(600))
