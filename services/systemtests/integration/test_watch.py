"""Prometheus beside the running stack: every panel of every dashboard has something to show."""

import json
import math
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Final

import httpx2
import pytest

from infra.errors import NotReadyError
from infra.servers import PrometheusServer, ServiceServer, binaries
from infra.watch import queries
from infra.watch.boards.render import DASHBOARDS
from realtime.testing import wait_until
from systemtests.listener import listening
from systemtests.stack import Stack, running_stack
from systemtests.talker import talking

OPENMETRICS: Final = {"Accept": "application/openmetrics-text; version=1.0.0"}
MEANT: Final = {"$namespace": ".*", "$__rate_interval": "10s"}
"""What Grafana puts in the place of its variables; seconds, because the test has no minutes."""
WITHIN: Final = timedelta(seconds=90)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def services(stack: Stack) -> dict[str, ServiceServer]:
    assert stack.producer is not None
    return {"feed": stack.feed, "chat": stack.chat, "producer": stack.producer}


@pytest.fixture(scope="module")
def prometheus(
    services: dict[str, ServiceServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrometheusServer]:
    targets = {name: server.admin_url.removeprefix("http://") for name, server in services.items()}
    folder = tmp_path_factory.mktemp("prometheus")
    with PrometheusServer(folder, targets=targets, interval=timedelta(seconds=1)) as server:
        yield server


def panel_queries() -> dict[str, str]:
    """What each panel asks, by where it is."""
    found = {}
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", ()):
                text = target["expr"]
                for variable, meant in MEANT.items():
                    text = text.replace(variable, meant)
                found[f"{path.stem}: {panel['title']}: {target['legendFormat']}"] = text
    return found


def has_data(prometheus: PrometheusServer, expression: str) -> bool:
    try:
        lines = queries.ask(prometheus.port, expression)
    except NotReadyError as error:
        if "timed out" in str(error):
            return False
        raise
    return any(math.isfinite(line.value) for line in lines)


@pytest.mark.timeout(180)
async def test_every_panel_has_data(stack: Stack, prometheus: PrometheusServer) -> None:
    missing, posts = panel_queries(), count()
    assert len(missing) > 80
    socket = stack.url.replace("http", "ws", 1) + "/chat/ws"

    async def filled() -> bool:
        # Something has to happen for a rate or a quantile to be one.
        await ada.ask("post", "ack", room="lobby", cid=f"c{next(posts)}", text="hello")
        for where in [where for where, text in missing.items() if has_data(prometheus, text)]:
            del missing[where]
        return not missing

    gzip = {"Accept-Encoding": "gzip"}
    async with listening(stack.url + "/feed/readings", headers=gzip), talking(socket) as ada:
        await ada.ask("join", "joined", room="lobby")
        try:
            await wait_until(filled, within=WITHIN.total_seconds())
        except AssertionError:
            pytest.fail(f"no data: {missing}")


def test_a_panel_of_a_metric_that_nobody_has_would_be_noticed(
    prometheus: PrometheusServer,
) -> None:
    assert not has_data(prometheus, 'feed_conections{namespace=~".*"}')


@pytest.mark.parametrize("name", ["feed", "chat", "producer"])
def test_promtool_finds_nothing_wrong_with_the_metrics(
    services: dict[str, ServiceServer], name: str
) -> None:
    text = httpx2.get(services[name].admin_url + "/metrics", trust_env=False).text
    checked = subprocess.run(  # noqa: S603 - a program that was found for this
        [binaries.promtool(), "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_newer_format_is_answered_to_who_asks_for_it(
    services: dict[str, ServiceServer],
) -> None:
    url = services["feed"].admin_url + "/metrics"
    answer = httpx2.get(url, headers=OPENMETRICS, trust_env=False)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
