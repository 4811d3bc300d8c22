"""The edge: one file of timeouts, and what each proxy makes of it."""
