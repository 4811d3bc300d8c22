"""Publishes readings to NATS JetStream."""
