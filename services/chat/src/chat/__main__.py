"""``python -m chat``: serve chat rooms over WebSocket until SIGTERM."""

import sys

from chat.app import serve
from chat.settings import ChatSettings
from realtime.command import run_service

DESCRIPTION = "Carries chat rooms over WebSocket, on NATS JetStream and Redis."

if __name__ == "__main__":
    sys.exit(run_service("chat", DESCRIPTION, ChatSettings, serve))
