"""This machine's own readings: processor, memory, load, disk, network, temperatures."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from producer.clock import Clock, beats
from producer.sources.probes import ABSENT, Measured, Probe
from realtime.contracts import Record

log = structlog.stdlib.get_logger()


class Host:
    """Readings named ``host/<what>[/<part>]``, all of them once per ``period``."""

    name = "host"
    can_wait = False

    def __init__(self, probes: Sequence[Probe], *, period: timedelta, clock: Clock) -> None:
        self._probes = probes
        self._period = period
        self._clock = clock
        self._missing: set[str] = set()

    async def readings(self) -> AsyncGenerator[Record]:
        """Yield what every probe finds at each beat; the first only primes rates and loads."""
        times = beats(self._clock, self._period)
        await anext(times)
        loop = asyncio.get_running_loop()
        # Off the loop, because thermometers can take tens of milliseconds to answer; in one thread,
        # because psutil remembers a processor's last load per thread.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="host") as thread:
            await loop.run_in_executor(thread, self.measure)
            async for time in times:
                for measured in await loop.run_in_executor(thread, self.measure):
                    name = f"host/{measured.what}"
                    yield Record(n=name, u=measured.unit, v=measured.value, t=time)

    def measure(self) -> list[Measured]:
        """Ask every probe; what this machine lacks is said once and left out."""
        return [measured for probe in self._probes for measured in self._ask(probe)]

    def _ask(self, probe: Probe) -> list[Measured]:
        try:
            return probe.measure()
        except ABSENT as error:
            if probe.name not in self._missing:
                self._missing.add(probe.name)
                log.info("host_facility_missing", facility=probe.name, reason=repr(error))
            return []
