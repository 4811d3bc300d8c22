"""``python -m feed``: serve readings over Server-Sent Events until SIGTERM."""

import sys

from feed.app import serve
from feed.settings import FeedSettings
from realtime.command import run_service

DESCRIPTION = "Fans readings from NATS JetStream out over Server-Sent Events."

if __name__ == "__main__":
    sys.exit(run_service("feed", DESCRIPTION, FeedSettings, serve))
