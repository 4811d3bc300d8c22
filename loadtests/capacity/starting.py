"""Servers that may take their time to start: what is measured comes after."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Final

from bench.pinned import Pinned
from infra.servers import Server

_PATIENCE: Final = timedelta(seconds=90)


def started(stack: ExitStack, server: Server, core: int) -> Pinned:
    """The server, ready, on ``core``; it stops with the stack."""
    pinned = Pinned(server, core)
    pinned.start(within=_PATIENCE)
    stack.callback(pinned.stop)
    return pinned
