"""What has to stand beside every figure: where, when and with what it was measured."""

import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``title``: what was run; ``target``: at what; ``machine``: the generator's."""

    title: str
    target: str
    machine: str
    ended: str

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def facts_of(title: str, target: str) -> Facts:
    """Now, here."""
    ended = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Facts(title=title, target=target, machine=machine(), ended=ended)


def machine() -> str:
    """This machine in one line."""
    processor = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    return (
        f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )
