"""Others' clients of a stream, from npm and PyPI, held against the feed: one table of answers."""
