"""What must be true of everything that we render, each rule on its own.

A rule is a function that looks at all objects of one rendering and yields a line for each thing
that is wrong.
"""

from typing import Final

from manifests.rules import ending, naming, probing, running, scaling, securing
from manifests.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *ending.RULES,
    *naming.RULES,
    *probing.RULES,
    *running.RULES,
    *scaling.RULES,
    *securing.RULES,
)

__all__ = ["RULES", "Rule"]
