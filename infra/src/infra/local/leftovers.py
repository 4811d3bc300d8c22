"""What a run that was killed could not end itself (on Linux its processes end with it)."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable

from infra.local.identity import identity
from infra.local.lock import Member

_PATIENCE = 10.0  # seconds; a service drains before it goes
_POLL = 0.05


def end_leftovers(members: Iterable[Member], say: Callable[[str], None]) -> None:
    """End those of ``members`` that still run and are the ones that were started then."""
    running = [member for member in members if _runs(member)]
    for member in running:
        say(f"the last run was killed and left {member.name} behind (pid {member.pid}): ending it")
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(member.pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while any(map(_runs, running)) and time.monotonic() < deadline:
        time.sleep(_POLL)
    for member in filter(_runs, running):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(member.pid, signal.SIGKILL)


def _runs(member: Member) -> bool:
    return bool(member.started) and identity(member.pid) == member.started
