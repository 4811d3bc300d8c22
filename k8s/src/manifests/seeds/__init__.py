"""Mistakes to be found: for each rule at least one, put into what is right.

A rule that finds none of them would find nothing in a manifest either.
"""

from manifests.seeds import ending, naming, running, securing
from manifests.seeds.seed import SEEDS, Objects, Seed, get

__all__ = ["SEEDS", "Objects", "Seed", "ending", "get", "naming", "running", "securing"]
