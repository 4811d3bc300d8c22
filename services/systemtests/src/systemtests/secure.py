"""What the tests of a run with TLS look at: whom a client believes, and what it could see."""

import json
import ssl
import subprocess
from pathlib import Path

import httpx2


def trusting(authority: Path) -> ssl.SSLContext:
    """A client that believes ``authority``, a PEM file, and nobody else."""
    return ssl.create_default_context(cafile=str(authority))


async def sensors_of(stream: httpx2.Response, *, events: int) -> tuple[set[str], list[str]]:
    """Of the sensors in the first events of readings, and the positions of all events."""
    names: set[str] = set()
    positions: list[str] = []
    kind = ""
    async for line in stream.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "id":
            positions.append(value)
        elif name == "data" and kind in ("snapshot", "readings"):
            names |= {record["n"] for record in json.loads(value)}
            events -= 1
            if events == 0:
                break
    return names, positions


def command_lines() -> bytes:
    """Of every process that this user sees."""
    if (proc := Path("/proc")).is_dir():
        return b"\n".join(_read(path) for path in proc.glob("[0-9]*/cmdline"))
    listed = subprocess.run(["/bin/ps", "axww", "-o", "args="], stdout=subprocess.PIPE, check=True)
    return listed.stdout


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
