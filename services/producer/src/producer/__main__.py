"""``python -m producer``: see ``--help``."""

import os
import sys
from collections.abc import Mapping, Sequence

from producer.app import produce
from producer.cli import parse_arguments
from producer.settings import ProducerSettings
from producer.sources.rows import ReplayFileError
from realtime.command import MISUSED
from realtime.serving import run
from realtime.settings import BadSettingsError, read_settings
from realtime.telemetry import configure_logging


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the producer as the command line and the environment say; returns the exit status."""
    try:
        settings = read_settings(ProducerSettings, {**environ, **parse_arguments(arguments)})
        configure_logging(settings.log_level, service="producer", format_=settings.log_format)
        return run(produce(settings))
    except BadSettingsError as error:
        problems = error.problems
    except ReplayFileError as error:
        problems = [str(error)]
    for problem in problems:
        print(f"producer: {problem}", file=sys.stderr)  # noqa: T201 - for a person
    return MISUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
