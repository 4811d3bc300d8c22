"""What ``python -m <service>`` does in every service that is run by its settings alone."""

import argparse
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from realtime.serving import run
from realtime.settings import BadSettingsError, ServiceSettings, read_settings, settings_help
from realtime.telemetry import configure_logging

S = TypeVar("S", bound=ServiceSettings)

MISUSED: Final = 2
"""Exit status for what the caller has to put right, as argparse's."""


def run_service(
    name: str,
    description: str,
    kind: type[S],
    serve: Callable[[S], Coroutine[Any, Any, None]],
) -> int:
    """Read the settings and serve; returns the exit status. ``--help`` lists every setting."""
    argparse.ArgumentParser(
        prog=f"python -m {name}",
        description=description,
        epilog=settings_help(kind),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    try:
        settings = read_settings(kind)
    except BadSettingsError as error:
        for problem in error.problems:
            print(f"{name}: {problem}", file=sys.stderr)  # noqa: T201 - for a person
        return MISUSED
    configure_logging(settings.log_level, service=name, format_=settings.log_format)
    return run(serve(settings))
