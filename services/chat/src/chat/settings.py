"""What can be set, with the default and the reason for it."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from realtime.settings import Port, Seconds, ServiceSettings


def _words(value: Any) -> Any:
    """Take a comma-separated list, so that nobody has to write JSON in an environment."""
    if isinstance(value, str):
        return tuple(word for word in (part.strip() for part in value.split(",")) if word)
    return value


class ChatSettings(ServiceSettings):
    """Settings of chat, from ``CHAT_*``. Durations are given in seconds."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="CHAT_")
    prefix: ClassVar[str] = "CHAT_"

    redis_url: str = Field(pattern=r"^(rediss?|unix)://.")
    port: Port = 8102
    admin_port: Port = 9102
    trusted_proxies: str = "127.0.0.1"
    origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    """Exact allow-list for ``Origin``; empty allows the page of the same host and port."""

    evict_after: Seconds = timedelta(seconds=30)

    ring_age: Seconds = timedelta(hours=1)
    ring_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    ring_entries: int = Field(default=100_000, gt=0)

    connections: int = Field(default=10_000, gt=0)
    connections_per_ip: int = Field(default=200, gt=0)
    limit_loopback: bool = False
    rooms: int = Field(default=20, gt=0)
    """Rooms per connection."""
    channels: int = Field(default=1_000, gt=0)
    """Rooms with members on this replica."""
    text_bytes: int = Field(default=4 * 1024, gt=0, le=32 * 1024)
    posts_per_second: float = Field(default=5.0, gt=0)
    posts_burst: int = Field(default=20, gt=0)
    replay: int = Field(default=1_000, gt=0)
    """Messages that a resume may read from the stream."""
    history_messages: int = Field(default=10_000, gt=0)
    """Messages that history keeps of one room."""

    drain_pause: Seconds = timedelta(0)
    drain_window: Seconds = timedelta(seconds=2)
