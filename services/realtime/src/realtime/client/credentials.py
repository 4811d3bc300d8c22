"""Who the client says it is."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeAlias

Provider: TypeAlias = Callable[[], str | Awaitable[str]]
"""Gives a token or ticket when asked; an ``OSError`` of it counts as a failed attempt."""


class Credentials:
    """A token (kept until it is refused) or a ticket (another one for each attempt)."""

    def __init__(
        self, *, token: str | Provider | None = None, ticket: Provider | None = None
    ) -> None:
        self._provider = token if callable(token) else None
        self._token = token if isinstance(token, str) else None
        self._ticket = ticket

    @property
    def renewable(self) -> bool:
        """Whether asking again can bring another one."""
        return self._provider is not None or self._ticket is not None

    @property
    def has_provider(self) -> bool:
        """Whether there is somebody to ask for a token, as a refresh in band needs one."""
        return self._provider is not None

    async def headers(self) -> dict[str, str]:
        """Header fields of the next attempt."""
        if self._token is None and self._provider is not None:
            self._token = await _ask(self._provider)
        return {} if self._token is None else {"Authorization": f"Bearer {self._token}"}

    async def query(self) -> dict[str, str]:
        """Query fields of the next attempt."""
        return {} if self._ticket is None else {"ticket": await _ask(self._ticket)}

    async def renew(self) -> str:
        """Ask for another token, for `has_provider` only."""
        assert self._provider is not None  # noqa: S101 - what the caller asked first
        self._token = await _ask(self._provider)
        return self._token

    def spoil(self) -> None:
        """The token is of no more use: ask before the next attempt."""
        if self._provider is not None:
            self._token = None


async def _ask(provider: Provider) -> str:
    given = provider()
    return await given if isawaitable(given) else given
