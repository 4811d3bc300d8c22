"""``python -m chat``: serve chat rooms over WebSocket until SIGTERM."""

import argparse
import sys

from chat.app import serve
from chat.settings import ChatSettings
from realtime.serving import run
from realtime.settings import BadSettingsError, read_settings, settings_help
from realtime.telemetry import configure_logging


def main() -> int:
    """Read the settings and serve; the exit status says whether it ended well."""
    argparse.ArgumentParser(
        prog="python -m chat",
        description="Carries chat rooms over WebSocket, on NATS JetStream and Redis.",
        epilog=settings_help(ChatSettings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    try:
        settings = read_settings(ChatSettings)
    except BadSettingsError as error:
        for problem in error.problems:
            print(f"chat: {problem}", file=sys.stderr)  # noqa: T201 - for the person who started it
        return 2
    configure_logging(settings.log_level, service="chat", format_=settings.log_format)
    return run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
