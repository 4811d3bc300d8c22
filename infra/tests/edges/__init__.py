"""One suite of probes behind every proxy: what each does to a stream is a word, and compared."""
