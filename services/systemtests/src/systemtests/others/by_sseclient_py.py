"""sseclient-py, as its README has it: it reads what another library fetches, and blocks."""

from collections.abc import AsyncIterator

import httpx
from sseclient import SSEClient

from systemtests.others.listen import PATIENCE_SECONDS, Told


async def listen(url: str, headers: dict[str, str]) -> AsyncIterator[Told]:
    """What it yields."""
    timeout = httpx.Timeout(PATIENCE_SECONDS, read=None)
    with (
        httpx.Client(timeout=timeout, trust_env=False) as client,
        # It blocks, and nothing else runs in this process.
        client.stream("GET", url, headers=headers) as response,  # noqa: ASYNC212
    ):
        events = SSEClient(response.iter_bytes()).events()
        for event in events:
            yield event.event, event.data, event.id or ""
