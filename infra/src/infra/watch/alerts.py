"""Says on a terminal which alerts begin and end."""

import asyncio
from datetime import timedelta
from typing import Final, NamedTuple, TextIO

from infra.errors import DiedError, NotReadyError
from infra.servers import PrometheusServer
from infra.watch import queries

EVERY: Final = timedelta(seconds=5)


class Firing(NamedTuple):
    """An alert that fires."""

    name: str
    severity: str
    summary: str
    runbook: str


def firing(port: int) -> set[Firing]:
    """The alerts that fire now.

    Raises:
        NotReadyError: Prometheus does not answer.
    """
    return {
        Firing(
            alert["labels"]["alertname"],
            alert["labels"].get("severity", ""),
            alert["annotations"].get("summary", ""),
            alert["annotations"].get("runbook", ""),
        )
        for alert in queries.get(port, "/api/v1/alerts")["alerts"]
        if alert["state"] == "firing"
    }


async def follow(server: PrometheusServer, stream: TextIO, *, every: timedelta = EVERY) -> None:
    """Write a line for each that begins or ends, until cancelled.

    Raises:
        DiedError: Prometheus has ended.
    """
    before: set[Firing] = set()
    while server.running:
        try:
            now = await asyncio.to_thread(firing, server.port)
        except NotReadyError:
            now = before
        for alert in sorted(now - before):
            _say(stream, f"{alert.severity}: {alert.name}: {alert.summary} ({alert.runbook})")
        for alert in sorted(before - now):
            _say(stream, f"over: {alert.name}")
        before = now
        await asyncio.sleep(every.total_seconds())
    raise DiedError(server.name, "ended", server.log_tail())


def _say(stream: TextIO, line: str) -> None:
    stream.write(f"watch: {line}\n")
    stream.flush()
