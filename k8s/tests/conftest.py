"""What is rendered, once for the whole run."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from manifests import kustomize
from manifests.folders import K8S, kustomizations
from manifests.objects import Object, parse
from manifests.trying.nats import Cluster, cluster
from realtime import streams


@cache
def _render(directory: str) -> list[Object]:
    return parse(kustomize.render(K8S / directory))


@pytest.fixture(scope="session")
def rendered() -> Callable[[str], list[Object]]:
    """The objects of a kustomization, by its folder below k8s/."""
    return _render


@pytest.fixture(scope="session", params=kustomizations())
def objects(request: pytest.FixtureRequest) -> list[Object]:
    """The objects of each kustomization."""
    return _render(request.param)


@pytest.fixture(scope="session")
def local() -> list[Object]:
    """The objects of the overlay for one machine."""
    return _render("overlays/local")


@pytest.fixture(scope="session")
def everything() -> list[Object]:
    """The objects of what has most of them."""
    return _render("tests/everything-hpa")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three NATS servers on what the component nats-cluster renders, and its streams."""
    with cluster(_render("tests/nats-cluster"), tmp_path_factory.mktemp("nats")) as found:
        url = found.url("admin", found.ports[0])
        assert streams.main(["setup", "--nats-url", url, "--replicas", "3"]) == 0
        yield found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test the time to build kustomize, on a machine that has none."""
    for item in items:
        if item.path.is_relative_to(K8S):
            item.add_marker(pytest.mark.timeout(600))
