"""aiosseclient, as its README has it."""

from collections.abc import AsyncIterator

from aiosseclient import aiosseclient  # type: ignore[import-untyped]

from systemtests.others.listen import Told


async def listen(url: str, headers: dict[str, str]) -> AsyncIterator[Told]:
    """What it yields."""
    async for event in aiosseclient(url, headers=headers):
        yield event.event, event.data, event.id or ""
