"""Whose word a request's id is, as a probe of an edge."""

import re

from infra.testing import fetch

from .probes import FEED, Edge
from .services import Services

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
"""What services take for an id; they drop anything else."""


async def request_ids(edge: Edge, behind: Services) -> str:
    """Whether a request comes with an id of the edge's own, and the client is told which."""
    forged = {"X-Request-Id": "forged"}
    given, told = set(), []
    for path in (f"{FEED}?do=refuse&n=1", f"{FEED}?do=refuse&n=2", "/chat/rooms?n=3"):
        asked = f"{path}&id={edge.name}-{edge.port}"
        answer = await fetch(edge.port, asked, headers=forged)
        ids = behind.ids[asked.removeprefix("/feed").removeprefix("/chat")]
        if not ids:
            return "none"
        (one,) = ids
        assert TOKEN.fullmatch(one), one
        given.add(one)
        told.append(answer.headers.get("x-request-id") == one)
    if "forged" in given or len(given) != len(told):
        return str(given)
    return "given and told" if all(told) else "given"
