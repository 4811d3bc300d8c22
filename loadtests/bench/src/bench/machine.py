"""Where a run was made."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from bench.cores import Cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What absolute values depend on; ``load`` is the machine's load average as the run began."""

    processor: str
    cores: int
    memory_bytes: int
    kernel: str
    python: str
    server_core: int
    client_core: int
    load: float


def this_machine(cores: Cores) -> Machine:
    """Ask it."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 0,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        server_core=cores.server,
        client_core=cores.client,
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
