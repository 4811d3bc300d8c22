"""How many descriptors this process has open, and may have."""

import os
import resource
from typing import Final

UNLIMITED: Final = 1 << 60


def descriptor_limit() -> int:
    """How many may be open; asked each time, for it may be changed from outside."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return UNLIMITED if soft == resource.RLIM_INFINITY else soft


def first_free_descriptor() -> int:
    """The lowest number that is not taken: at least so many are open.

    What the next accept would get, for the price of two system calls. `UNLIMITED` without any.
    """
    try:
        free = os.dup(0)
    except OSError:
        return UNLIMITED
    os.close(free)
    return free
