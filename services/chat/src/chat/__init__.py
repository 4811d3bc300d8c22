"""Chat rooms over WebSocket on one log."""
