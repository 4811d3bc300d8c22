"""Examines a deployed SSE or WebSocket endpoint from outside and names the knob to turn."""
