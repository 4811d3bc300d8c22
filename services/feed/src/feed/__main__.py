"""``python -m feed``: serve readings over Server-Sent Events until SIGTERM."""

import argparse
import sys

from feed.app import serve
from feed.settings import FeedSettings
from realtime.serving import run
from realtime.settings import BadSettingsError, read_settings, settings_help
from realtime.telemetry import configure_logging


def main() -> int:
    """Read the settings and serve; the exit status says whether it ended well."""
    argparse.ArgumentParser(
        prog="python -m feed",
        description="Fans readings from NATS JetStream out over Server-Sent Events.",
        epilog=settings_help(FeedSettings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    try:
        settings = read_settings(FeedSettings)
    except BadSettingsError as error:
        for problem in error.problems:
            print(f"feed: {problem}", file=sys.stderr)  # noqa: T201 - for the person who started it
        return 2
    configure_logging(settings.log_level, service="feed", format_=settings.log_format)
    return run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
