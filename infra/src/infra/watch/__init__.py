"""Prometheus beside a local run: the same rules and labels as in a cluster."""
