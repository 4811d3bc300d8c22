"""A package, so that its modules find `stack` beside them; not ``tests``, which infra's are."""
