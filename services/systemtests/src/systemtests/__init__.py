"""Real servers and clients for tests of the whole."""
