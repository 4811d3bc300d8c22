"""Faults against a running Airwave, and proof of what it promises under them (`make chaos`)."""
