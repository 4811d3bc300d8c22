"""What is to be run: a value that the local run's supervisor and a test's server both start."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from infra.servers.probes import Probe

_LAUNCH: Final = Path(__file__).with_name("launch.py")

# 143 is 128 + SIGTERM: what a shell, and our services, say after an orderly end by SIGTERM.
ENDED_WELL: Final = frozenset({0, 128 + signal.SIGTERM, -signal.SIGTERM})

_FOREIGN: Final = ("MAKE", "MFLAGS")
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"})


@dataclass(frozen=True, kw_only=True)
class StopStep:
    """A signal, and how long the process may take after it before the next step."""

    signal: signal.Signals
    patience: timedelta


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process: ``prepare`` writes what it reads, and runs before every start.

    ``ends_for_good`` are exit statuses that a restart can't cure, ``ends_well`` those of an orderly
    end.
    """

    name: str
    command: tuple[str, ...]
    ready: Probe
    addresses: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    ends_for_good: frozenset[int] = frozenset()
    ends_well: frozenset[int] = ENDED_WELL
    stop: tuple[StopStep, ...] = (StopStep(signal=signal.SIGTERM, patience=timedelta(seconds=10)),)


def inherited() -> dict[str, str]:
    """The environment that children get: without proxies and without make's own variables."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in _PROXIES and not name.startswith(_FOREIGN)
    }


def launch_command(program: Program) -> tuple[str, ...]:
    """The command that ties ``program`` to this process' life and then becomes it.

    Linux ties a child to the thread that started it, so only the main thread's children are tied;
    a test's thread that ends must not take its server along.
    """
    tied = threading.current_thread() is threading.main_thread()
    parent = str(os.getpid() if tied else 0)
    return (sys.executable, "-I", "-S", str(_LAUNCH), parent, *program.command)


def ending(status: int) -> str:
    """How a process ended, for people; ``status`` as `subprocess` gives it."""
    if status < 0:
        return f"died (signal {-status})"
    return "ended by itself (status 0)" if status == 0 else f"died (status {status})"
