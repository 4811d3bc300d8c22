"""``python -m systemtests.chaos``: each fault alone, or a random mix; `make chaos`."""

import argparse
import asyncio
import re
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from infra.servers import NatsServer
from systemtests import descriptors, wall_clock
from systemtests.chaos import faults_disk, netspace
from systemtests.chaos.catalogue import ALL, SHORT, find
from systemtests.chaos.crowd import Size
from systemtests.chaos.fault import Fault
from systemtests.chaos.mutants import MUTANTS
from systemtests.chaos.outcome import Outcome
from systemtests.chaos.report import table_of, write_report
from systemtests.chaos.runs import run_alone, run_random, slug
from systemtests.chaos.world import World, running_world

RESULTS: Final = Path(__file__).parents[3] / "results"
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


def say(text: str) -> None:
    """To the terminal."""
    print(text, flush=True)  # noqa: T201 - a command line tool


def duration(text: str) -> float:
    """Seconds of ``20m``, ``90s``, ``1h`` or a bare number."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        message = f"{text!r} is no duration: 20m, 90s, 1h"
        raise argparse.ArgumentTypeError(message)
    return float(match[1]) * _UNITS[match[2]]


class Campaign:
    """The runs that were asked for, one world after the other."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self._arguments = arguments
        self._folder = folder
        self._size = Size()
        self.outcomes: list[Outcome] = []
        self.left_out: dict[str, str] = {}
        self.no_netspace = netspace.missing()
        self.no_clocks = wall_clock.missing()

    async def run(self) -> None:
        """Do all of them."""
        if self._arguments.random is not None:
            brokers, clocks = self._arguments.brokers, not self.no_clocks
            async with self._world("random", brokers=brokers, clocks=clocks) as world:
                seconds = self._arguments.random
                self._keep(await run_random(world, self._folder, seconds=seconds, size=self._size))
            return
        faults = self._chosen()

        def that_need(*needs: str) -> list[Fault]:
            return [fault for fault in faults if fault.needs in needs]

        await self._alone("one", that_need("one", "limits", "netspace"))
        await self._alone("clocks", that_need("clocks"), clocks=True)
        await self._alone("cluster", that_need("cluster"), brokers=3)
        await self._on_small_disk(that_need("disk"))

    def _chosen(self) -> list[Fault]:
        names = self._arguments.only or (SHORT if self._arguments.short else ())
        faults = find(names) if names else list(ALL)
        kept = []
        for fault in faults:
            reasons = {
                "netspace": self.no_netspace,
                "clocks": self.no_clocks,
                "limits": descriptors.missing(),
                "disk": faults_disk.missing(),
            }
            if reason := reasons.get(fault.needs, ""):
                self.left_out[fault.name] = reason
                say(f"left out: {fault.name}: {reason}")
            else:
                kept.append(fault)
        return kept

    async def _alone(
        self, name: str, faults: Sequence[Fault], *, brokers: int = 1, clocks: bool = False
    ) -> None:
        if not faults:
            return
        async with self._world(name, brokers=brokers, clocks=clocks) as world:
            for fault in faults:
                await self._one(world, fault)

    async def _on_small_disk(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            with faults_disk.small_disk(self._folder / "world-disk" / "small") as disk:
                async with self._world("disk", broker=partial(_broker_on, disk)) as world:
                    await self._one(world, fault)

    async def _one(self, world: World, fault: Fault) -> None:
        lasting = self._arguments.lasting
        self._keep(await run_alone(world, fault, self._folder, size=self._size, lasting=lasting))

    def _keep(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        said = "pass" if outcome.ok else "FAIL " + "; ".join(outcome.problems)
        say(f"{outcome.name:30} {outcome.seconds:6.1f} s  {said}")

    @asynccontextmanager
    async def _world(
        self,
        name: str,
        *,
        brokers: int = 1,
        clocks: bool = False,
        broker: Callable[[Path], NatsServer] = NatsServer,
    ) -> AsyncIterator[World]:
        """A world with the namespace that this machine allows."""
        with ExitStack() as stack:
            space = None
            if not self.no_netspace and not self._arguments.short:
                space = stack.enter_context(netspace.netspace())
            async with running_world(
                self._folder / f"world-{slug(name)}",
                seed=self._arguments.seed,
                brokers=brokers,
                netspace=space,
                mutant=self._arguments.mutant,
                clocks=clocks,
                broker=broker,
            ) as world:
                yield world


def _broker_on(disk: Path, _: Path) -> NatsServer:
    return NatsServer(disk / "nats")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m systemtests.chaos", description=__doc__)
    parser.add_argument("--random", type=duration, metavar="20m", help="a random mix for so long")
    parser.add_argument("--seed", default="", help="of the dice; printed when not given")
    parser.add_argument("--only", action="append", default=[], metavar="FAULT")
    parser.add_argument("--short", action="store_true", help="a few faults, near clients only")
    parser.add_argument("--lasting", type=duration, help="each fault, where not its own time")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="of a random mix")
    parser.add_argument("--mutant", default="", choices=("", *MUTANTS), help="must make it fail")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--keep", type=Path, help="folder for all notes and logs, kept")
    parser.add_argument("--list", action="store_true", help="print the faults' names")
    arguments = parser.parse_args(given)
    arguments.seed = arguments.seed or str(secrets.randbelow(1_000_000))
    return arguments


def main(given: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 when a promise was broken."""
    arguments = _arguments(given)
    if arguments.list:
        say("\n".join(f"{fault.name:30} {fault.row}" for fault in ALL))
        return 0
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    results = arguments.results / f"chaos-{moment}-{arguments.seed}"
    say(f"seed {arguments.seed}")
    # However it is asked to end (a background job ignores SIGINT), it takes everything along.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    with _folder(arguments.keep) as folder:
        campaign = Campaign(arguments, folder)
        say(f"network faults: {_network(campaign.no_netspace)}")
        if campaign.no_clocks:
            say(f"no steps of wall clocks: {campaign.no_clocks}")
        asyncio.run(campaign.run())
        notes = {
            "seed": arguments.seed,
            "network faults": _network(campaign.no_netspace),
            "wall clocks": campaign.no_clocks or "step, but for the broker's",
            "left out": "; ".join(f"{n}: {why}" for n, why in campaign.left_out.items()) or "none",
        }
        page = write_report(results, campaign.outcomes, notes=notes)
    say(table_of(campaign.outcomes))
    say(f"report: {page}")
    broken = [outcome.name for outcome in campaign.outcomes if not outcome.ok]
    if broken or not campaign.outcomes:
        say(f"the promise was broken: {', '.join(broken) or 'nothing ran'} (seed {arguments.seed})")
        return 1
    return 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="airwave-chaos-") as folder:
        yield Path(folder)


def _network(reason: str) -> str:
    through = "through the fault proxy (delay, stalls, bandwidth, cut, reset, half-close)"
    if reason:
        return f"{through}; no packets: {reason}"
    return f"{through}; by packets in a network namespace (cut, loss, reset, bandwidth)"


if __name__ == "__main__":
    sys.exit(main())
