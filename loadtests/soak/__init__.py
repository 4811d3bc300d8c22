"""A long run: whatever comes and goes, nothing may grow."""
