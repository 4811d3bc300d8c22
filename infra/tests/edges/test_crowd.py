"""More streams than Envoy's old limit, through each proxy to one service."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from infra.edge.timeouts import load

from .probes import FEED, Edge
from .running import KINDS, Replacements, hurried, proxy, started
from .services import FIRST, services
from .wire import PATIENCE, Wire, wire

ENVOYS_OWN = 1024
CROWD = ENVOYS_OWN + 76
ROOMY = {"send": 60, "idle": 60, "client_header": 60, "connect": 20, "response": 60}
BREAKERS = ("max_connections", "max_pending_requests", "max_requests")


@pytest.fixture(autouse=True)
def _descriptors() -> Iterator[None]:
    """Two for each stream, in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def answered(edge: Edge, within: float) -> int:
    """How many of a crowd get their first event, while all stay open."""
    async with AsyncExitStack() as stack:

        async def one() -> bool:
            client: Wire = await stack.enter_async_context(wire(edge.port))
            try:
                async with asyncio.timeout(within):
                    await client.ask(f"{FEED}?do=beat&every=600")
                    await client.until(FIRST, within)
            except TimeoutError:
                return False
            return True

        return sum(await asyncio.gather(*(one() for _ in range(CROWD))))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_crowd_is_let_through(tmp_path: Path, kind: str) -> None:
    async with services() as behind:
        address = behind.address
        edge = proxy(tmp_path / kind, kind, feed=address, chat=address, timeouts=hurried(**ROOMY))
        async with started(edge):
            assert await answered(edge, 2 * PATIENCE) == CROWD


async def test_envoys_own_limit_leaves_the_rest_without_an_answer(tmp_path: Path) -> None:
    most = load().limits.upstream_connections
    own: Replacements = {"envoy.yaml": {f"{name}: {most}": f"{name}: null" for name in BREAKERS}}
    async with services() as behind:
        address = behind.address
        edge = proxy(
            tmp_path / "envoy",
            "envoy",
            feed=address,
            chat=address,
            timeouts=hurried(**ROOMY),
            replacements=own,
        )
        async with started(edge):
            # Who gets an answer has it long before; the others have none at all.
            assert await answered(edge, 8) <= ENVOYS_OWN
