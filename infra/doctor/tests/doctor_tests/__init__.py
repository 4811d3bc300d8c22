"""A package, so that its modules find `stack` beside them.

Within `tests` and by a name of its own: ``infra/tests`` is a package called ``tests`` already, and
two of one name can't be collected in one run.
"""
