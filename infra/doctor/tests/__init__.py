"""A package, so that its modules find `stack` beside them."""
