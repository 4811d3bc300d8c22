"""A package, unlike other test folders.

pytest would otherwise name these modules ``infra.tests.…``, after the folder, and take the folder
for the package ``infra`` that they test.
"""
