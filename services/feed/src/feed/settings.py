"""What can be set, with the default and the reason for it."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from realtime.settings import Port, Seconds, ServiceSettings


class FeedSettings(ServiceSettings):
    """Settings of the feed, from ``FEED_*``. Durations are given in seconds."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="FEED_")
    prefix: ClassVar[str] = "FEED_"

    port: Port = 8101
    admin_port: Port = 9101
    trusted_proxies: str = "127.0.0.1"

    flush: Seconds = timedelta(milliseconds=20)
    heartbeat: Seconds = timedelta(seconds=15)
    stale_after: Seconds = timedelta(seconds=30)
    evict_after: Seconds = timedelta(seconds=30)

    ring_age: Seconds = timedelta(seconds=60)
    ring_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    ring_entries: int = Field(default=500_000, gt=0)

    connections: int = Field(default=10_000, gt=0)
    connections_per_ip: int = Field(default=200, gt=0)
    limit_loopback: bool = False
    channels: int = Field(default=1_000, gt=0)
    sensors: int = Field(default=10_000, gt=0)
    replay_events: int = Field(default=1_000, gt=0)

    drain_pause: Seconds = timedelta(0)
    drain_window: Seconds = timedelta(seconds=2)
