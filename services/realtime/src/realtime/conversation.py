"""What is said over one WebSocket, as the connection that carries it needs it."""

from typing import Protocol

from realtime.closing import Ending


class Conversation(Protocol):
    """Takes what the client says; writes to the sink that it was made with."""

    @property
    def ending(self) -> Ending | None:
        """Why it is over, once it decided so itself."""
        ...

    async def take(self, text: str | None) -> None:
        """Take one frame; None stands for a binary one. Raises nothing of ours."""
        ...

    def evict(self) -> None:
        """End: the client leaves everything unread."""
        ...

    def ended(self, ending: Ending, *, client_code: int | None) -> None:
        """Give everything back: the connection is over."""
        ...
