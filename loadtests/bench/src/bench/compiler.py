"""Compiles the C programs of the benchmark, once for each state of their sources."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench.errors import NoCompilerError, NotCompiledError

SOURCES: Final = Path(__file__).with_name("c")
_FLAGS: Final = ("-O2", "-Wall", "-Wextra", "-std=gnu11")


def compiled(name: str, cache: Path) -> Path:
    """The program made of ``name``.c, in ``cache``.

    Raises:
        NoCompilerError: there is no ``cc``.
        NotCompiledError: with what it said.
    """
    source = SOURCES / f"{name}.c"
    state = hashlib.sha256(source.read_bytes() + (SOURCES / "clock.h").read_bytes())
    program = cache / f"{name}-{state.hexdigest()[:12]}"
    if program.exists():
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompilerError
    cache.mkdir(parents=True, exist_ok=True)
    # Moved into place when whole: two runs may compile at once.
    unfinished = program.with_suffix(f".{os.getpid()}")
    said = subprocess.run(  # noqa: S603 - our own source
        [compiler, *_FLAGS, "-o", str(unfinished), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise NotCompiledError(source.name, said.stderr)
    return unfinished.rename(program)
