"""One fault: what it does to a world, and what may come of it."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from systemtests.chaos.world import World

Act = Callable[[World, random.Random, float], Awaitable[None]]
"""Does it, for so many seconds where that means something, and heals it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``row`` says which kind of fault it is an example of, ``hits`` what suffers it.

    ``seconds``: how long it lasts. ``bound``: how long something acknowledged may be on its way.
    ``tells``: the log itself loses something, so a loss may be told; nothing else may tell one.
    ``wounds``: it does something to the log of messages that a room's history can't be held to.
    ``cuts``: connections may end without a farewell; where not, the one that ends was told to.
    ``needs``: the kind of world: "one" broker, "clocks" that step, a "cluster", a small "disk", a
    "netspace", "limits" of other processes.
    """

    name: str
    row: str
    hits: str
    act: Act
    seconds: float = 3.0
    bound: float = 45.0
    tells: bool = False
    wounds: bool = False
    cuts: bool = True
    needs: str = "one"
