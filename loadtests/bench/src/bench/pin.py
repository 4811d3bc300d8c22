"""Runs before a server: ``pin.py CORE COMMAND ...`` pins itself and becomes the command.

Threads and children inherit it, and a Go program counts one processor. Started with ``-I -S``;
imports nothing of ours.
"""

import os
import sys

os.sched_setaffinity(0, {int(sys.argv[1])})
try:
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the point of this file
except OSError as error:
    sys.exit(f"{sys.argv[2]} can't be started: {error.strerror}")
