"""A service under examination, and what it holds."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2

from infra.ports import free_port
from infra.servers import NatsServer, ServiceServer
from infra.servers.program import Program


class Patient(ServiceServer):
    """A service that can be looked into; ``leaks`` name what it is made to leak."""

    def __init__(
        self, name: str, directory: Path, *, settings: Mapping[str, str], leaks: Sequence[str] = ()
    ) -> None:
        super().__init__(name, directory, settings=settings)
        self.leaks = tuple(leaks)
        self.inspection_port = free_port()

    @property
    def program(self) -> Program:
        """What is run."""
        module = ("-m", "systemtests.leaks.inspected", str(self.inspection_port), self.name)
        return replace(super().program, command=(sys.executable, *module, *self.leaks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a service holds at a moment; ``rss`` in bytes."""

    fds: int
    tasks: int
    slots: int
    subscriptions: int
    rss: int

    def beyond(self, base: "Holdings", *, rss: int) -> dict[str, int]:
        """What is more than at ``base``; memory only beyond ``rss`` bytes."""
        grown = {
            "fds": self.fds - base.fds,
            "tasks": self.tasks - base.tasks,
            "slots": self.slots - base.slots,
            "subscriptions": self.subscriptions - base.subscriptions,
        }
        over = {name: count for name, count in grown.items() if count > 0}
        if self.rss - base.rss > rss:
            over["rss"] = self.rss - base.rss
        return over


async def holdings_of(patient: Patient, nats: NatsServer) -> Holdings:
    """Look into a service, ask its metrics, and ask the broker about it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", patient.inspection_port)
    told = json.loads(await reader.read())
    writer.close()
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        metrics = (await client.get(patient.admin_url + "/metrics")).text
        broker = (await client.get(f"{nats.monitor_url}/connz?subs=1")).json()
    subscriptions = sum(one["subscriptions"] for one in broker["connections"])
    return Holdings(
        fds=told["fds"],
        tasks=told["tasks"],
        slots=_gauge(metrics, f"{patient.name}_connections"),
        subscriptions=subscriptions,
        rss=told["rss"],
    )


def _gauge(metrics: str, name: str) -> int:
    (line,) = [line for line in metrics.splitlines() if line.startswith(name + " ")]
    return int(float(line.rpartition(" ")[2]))
