"""Runs first in every child, then becomes the program: ``launch.py PARENT COMMAND ...``.

A program of its own and not a ``preexec_fn``, which may deadlock where the parent has threads.
It is started with ``-I -S`` (no site, 15 ms) and imports nothing of ours.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h; kept across exec
_MOST_FILES = 1 << 20  # the kernel's own default ceiling; "unlimited" makes some programs very slow


def _die_with(parent: int) -> None:
    """Ask Linux for SIGTERM when ``parent`` ends, however it ends. Elsewhere: nothing."""
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we could ask
        sys.exit(1)


def _raise_file_limit() -> None:
    """Every stream costs descriptors: take as many as the system gives without root rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS says "infinity" and then refuses more than 10,240 (OPEN_MAX).
    for wanted in (_MOST_FILES, 10_240):
        limit = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        if soft != resource.RLIM_INFINITY and soft >= limit:
            return
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (OSError, ValueError):
            continue
        return


def _main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    _die_with(parent)
    _raise_file_limit()
    # Python ignores these two, and what is ignored stays so across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the point of this file
    except OSError as error:
        sys.exit(f"{command[0]} can't be started: {error.strerror}")


_main()
