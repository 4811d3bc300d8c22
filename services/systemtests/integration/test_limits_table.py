"""The table of limits names tests, settings and metrics that there are, and forgets no setting."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from chat.app import create_app as create_chat
from chat.settings import ChatSettings
from chat.testing import MemoryDirectory, MemoryHistory, MemoryPresence
from feed.app import create_app as create_feed
from feed.settings import FeedSettings
from infra.repository import ROOT
from producer.metrics import Metrics
from producer.settings import ProducerSettings
from realtime.settings import read_settings
from realtime.testing import MemoryBroker
from realtime.testing.bounds import numbers

TEXT: Final = (ROOT / "services/systemtests/README.md").read_text(encoding="utf-8")
TIMEOUTS: Final = (ROOT / "infra/edge/timeouts.toml").read_text(encoding="utf-8")
SERVICES: Final = (FeedSettings, ChatSettings, ProducerSettings)
HEAD: Final = "| limit | setting | metric | refusal | test |\n| --- | --- | --- | --- | --- |\n"
NO_LIMITS: Final = {
    "PORT",
    "ADMIN_PORT",
    "TRACE_SHARE",
    "SEED",
    "DEVICES",
    "RATE_HZ",
    "REPLAY_SPEED",
}
"""Numbers that bound nothing which somebody else asks for."""


def rows(text: str) -> list[list[str]]:
    """The cells of the table of limits."""
    body = text.partition(HEAD)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in body.splitlines()]


def named(cell: str) -> Iterator[str]:
    """What stands in backticks; of feed and of chat, where a star stands for both."""
    for name in re.findall(r"`([^`]+)`", cell):
        services = ("feed", "chat") if name.startswith("*") else ("",)
        for service in services:
            yield name.replace("*", service.upper() if name.isupper() else service)


def problems(found: list[list[str]]) -> Iterator[str]:
    for cells in found:
        if len(cells) != 5 or not all(cells):
            yield f"{cells} is not limit, setting, metric, refusal, test"
            continue
        _, setting, metric, _, test = cells
        yield from (f"{one} is no setting" for one in named(setting) if not is_setting(one))
        yield from (f"{one} is no metric" for one in named(metric) if one not in metrics())
        yield from (f"{one} is no test" for one in named(test) if not is_test(one))
        if "::" not in test:
            yield f"{cells} names no test"


def is_setting(name: str) -> bool:
    """Of a service, or of the file of timeouts as ``table.key``."""
    if name.isupper():
        kinds = [kind for kind in SERVICES if name.startswith(kind.prefix)]
        return any(name.removeprefix(one.prefix).lower() in one.model_fields for one in kinds)
    table, _, key = name.partition(".")
    within = TIMEOUTS.partition(f"[{table}]\n")[2].partition("\n[")[0]
    return re.search(rf"^{key} = ", within, re.MULTILINE) is not None


def is_test(name: str) -> bool:
    """As pytest takes it, from the repository's root."""
    path, _, function = name.partition("::")
    return function.startswith("test_") and function in functions(ROOT / path)


@cache
def functions(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, kinds))


@cache
def metrics() -> frozenset[str]:
    """What each service tells of itself from the start, with its labels and without."""
    broker = MemoryBroker()
    feed = create_feed(read_settings(FeedSettings, {"FEED_NATS_URL": "nats://unused"}), broker)
    addresses = {"CHAT_NATS_URL": "nats://unused", "CHAT_REDIS_URL": "redis://unused"}
    settings = read_settings(ChatSettings, addresses)
    stores = (MemoryHistory(), MemoryPresence(), MemoryDirectory())
    chat = create_chat(settings, broker, *stores)
    producers = CollectorRegistry()
    Metrics(producers).watch(spool=lambda: 0, in_flight=lambda: 0)
    told = (generate_latest(one).decode() for one in (feed.registry, chat.registry, producers))
    samples = [line.rpartition(" ")[0] for text in told for line in text.splitlines()]
    return frozenset(samples) | {sample.partition("{")[0] for sample in samples}


def test_every_row_names_what_there_is() -> None:
    assert len(rows(TEXT)) > 40
    assert list(problems(rows(TEXT))) == []


def test_every_setting_that_is_a_number_is_in_the_table() -> None:
    listed = {name for cells in rows(TEXT) for name in named(cells[1])}
    counts = {
        kind.prefix + name
        for kind in SERVICES
        for name, type_ in numbers(kind).items()
        if type_ is not timedelta and name not in NO_LIMITS
    }
    assert counts - listed == set()


TEST: Final = "`infra/tests/test_edge_limits.py::test_requests_beyond_the_burst_are_refused`"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (f"| a | `FEED_SENSORS` | `feed_sensors` | b | {TEST} |", []),
        (f"| a | `limits.request_burst` | - | b | {TEST} |", []),
        (f"| a | `*_RING_BYTES` | `*_log_bytes` | b | {TEST} |", []),
        (f"| a | `*_SENSORS` | - | b | {TEST} |", ["CHAT_SENSORS is no setting"]),
        (f"| a | `limits.burst` | - | b | {TEST} |", ["limits.burst is no setting"]),
        (f"| a | `edge.request_burst` | - | b | {TEST} |", ["edge.request_burst is no setting"]),
        (f"| a | - | `*_sensors` | b | {TEST} |", ["chat_sensors is no metric"]),
        (
            f'| a | - | `feed_gaps_total{{reason="far"}}` | b | {TEST} |',
            ['feed_gaps_total{reason="far"} is no metric'],
        ),
        ("| a | - | - | b | `x.py::test_y` |", ["x.py::test_y is no test"]),
        ("| a | - | - | b | somebody looked |", ["names no test"]),
        ("| a | - | - | b |", ["is not limit, setting"]),
    ],
)
def test_what_is_not_there_is_found(row: str, found: list[str]) -> None:
    told = list(problems(rows(f"{HEAD}{row}\n\nmore")))
    assert len(told) == len(found)
    assert all(part in one for one, part in zip(told, found, strict=True))
