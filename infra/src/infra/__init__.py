"""The local run and the edge."""
