"""What can be set, with the default and the reason for it."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from realtime.budget_settings import BudgetSettings
from realtime.departure_settings import DepartureSettings
from realtime.identity.settings import IdentitySettings
from realtime.settings import Duration, Pause, Port, Rate


class FeedSettings(IdentitySettings, DepartureSettings, BudgetSettings):
    """Settings of the feed, from ``FEED_*``. Durations are given in seconds."""

    model_config = SettingsConfigDict(env_prefix="FEED_")
    prefix: ClassVar[str] = "FEED_"

    port: Port = 8101
    """port of the HTTP routes"""
    admin_port: Port = 9101
    """port of /livez, /readyz and /metrics"""
    trusted_proxies: str = "127.0.0.1"
    """whose X-Forwarded-For is believed"""

    flush: Pause = timedelta(milliseconds=20)
    """under load, what arrives within it becomes one event"""
    heartbeat: Duration = timedelta(seconds=15)
    """longest silence of a stream, unless the client asks for another"""
    stale_after: Duration = timedelta(seconds=30)
    """a sensor that is silent for longer is shown as stale"""
    gzip: bool = True
    """0: streams are never compressed"""
    evict_after: Duration = timedelta(seconds=30)
    """how long a subscriber's socket may stay full"""

    ring_age: Pause = timedelta(seconds=60)
    """recent readings kept in memory: by age"""
    ring_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    """by encoded bytes"""
    ring_entries: int = Field(default=500_000, gt=0)
    """by number"""

    connections: int = Field(default=10_000, gt=0)
    """open streams of this replica"""
    connections_per_ip: int = Field(default=200, gt=0)
    """open streams of one address (loopback is exempt)"""
    admissions_per_second: Rate = 2_000
    """new streams a second on average, beyond the burst"""
    admissions_burst: int = Field(default=5_000, gt=0)
    """new streams at once after quiet"""
    limit_loopback: bool = False
    """1: loopback is not exempt"""
    channels: int = Field(default=1_000, gt=0)
    """distinct filters served at a time"""
    sensors: int = Field(default=10_000, gt=0)
    """sensors known by their latest reading"""
    replay_events: int = Field(default=1_000, gt=0)
    """events of 500 messages that a resume may read from the stream"""
    poll_wait: Pause = Field(default=timedelta(seconds=10), le=timedelta(seconds=20))
    """how long a poll may wait for something newer, at most; the edge gives an answer 30 s"""
