"""httpx-sse, as its README has it."""

from collections.abc import AsyncIterator

import httpx
from httpx_sse import aconnect_sse

from systemtests.others.listen import PATIENCE_SECONDS, Told


async def listen(url: str, headers: dict[str, str]) -> AsyncIterator[Told]:
    """What it yields."""
    timeout = httpx.Timeout(PATIENCE_SECONDS, read=None)
    async with (
        httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
        aconnect_sse(client, "GET", url, headers=headers) as source,
    ):
        async for event in source.aiter_sse():
            yield event.event, event.data, event.id
