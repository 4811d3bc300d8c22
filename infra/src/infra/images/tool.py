"""Running a builder's command: its output, or an error with the end of what it said."""

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from infra.images.errors import ToolFailedError

_PATIENCE: Final = timedelta(minutes=10)  # a build fetches a hundred packages


def output(command: Sequence[str], *, within: timedelta = _PATIENCE) -> str:
    """What ``command`` wrote to standard output.

    Raises:
        ToolFailedError: it failed, hung, or isn't there.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a builder found on the user's own PATH
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=within.total_seconds(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolFailedError(command, str(error)) from error
    if done.returncode:
        raise ToolFailedError(command, done.stdout + done.stderr)
    return done.stdout


def works(command: Sequence[str], *, within: timedelta = _PATIENCE) -> bool:
    """Whether ``command`` ends well."""
    try:
        output(command, within=within)
    except ToolFailedError:
        return False
    return True
