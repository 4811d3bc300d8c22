"""What can be set, with the default and the reason for it."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, FilePath
from pydantic_settings import SettingsConfigDict

from chat.redis_address import parse_sentinels
from realtime.budget_settings import BudgetSettings
from realtime.departure_settings import DepartureSettings
from realtime.identity.settings import IdentitySettings
from realtime.settings import Duration, Pause, Port, Rate, Seconds
from realtime.subjects import CHAT


def _redis_address(url: str) -> str:
    """Refuse here, in one line, what the driver would refuse with a traceback."""
    parse_sentinels(url)
    return url


class ChatSettings(IdentitySettings, DepartureSettings, BudgetSettings):
    """Settings of chat, from ``CHAT_*``. Durations are given in seconds."""

    model_config = SettingsConfigDict(env_prefix="CHAT_")
    prefix: ClassVar[str] = "CHAT_"

    redis_url: Annotated[str, AfterValidator(_redis_address)]
    """where Redis (or Valkey) is, as redis://host:port or redis+sentinel://host,host,host/name"""
    port: Port = 8102
    """port of the WebSocket and the HTTP routes"""
    admin_port: Port = 9102
    """port of /livez, /readyz and /metrics"""
    trusted_proxies: str = "127.0.0.1"
    """whose X-Forwarded-For is believed"""

    evict_after: Duration = timedelta(seconds=30)
    """how long a client may leave everything unread"""

    ring_age: Pause = timedelta(hours=1)
    """recent messages kept in memory: by age"""
    ring_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    """by encoded bytes"""
    ring_entries: int = Field(default=100_000, gt=0)
    """by number"""

    connections: int = Field(default=10_000, gt=0)
    """open WebSockets of this replica"""
    connections_per_ip: int = Field(default=200, gt=0)
    """open WebSockets of one address (loopback is exempt)"""
    admissions_per_second: Rate = 2_000
    """new connections a second on average, beyond the burst"""
    admissions_burst: int = Field(default=5_000, gt=0)
    """new connections at once after quiet"""
    limit_loopback: bool = False
    """1: loopback is not exempt"""
    rooms: int = Field(default=20, gt=0)
    """rooms of one connection"""
    channels: int = Field(default=1_000, gt=0)
    """rooms that have members on this replica"""

    text_bytes: int = Field(default=4 * 1024, gt=0, le=32 * 1024)
    """longest message, in bytes of UTF-8"""
    posts_per_second: Rate = 5.0
    """posts of one user per second on average, over all their connections (loopback is exempt)"""
    posts_burst: int = Field(default=20, gt=0)
    """posts of one user at once after quiet"""
    posts_refused: int = Field(default=100, gt=0, le=10_000)
    """posts refused for their rate after which a connection is closed ..."""
    posts_refused_within: Duration = timedelta(seconds=10)
    """... if they come within this time"""

    presence_ttl: Seconds = Field(
        default=timedelta(seconds=15), ge=timedelta(seconds=5), le=timedelta(hours=1)
    )
    """the members of a replica that died are gone from all others within it, 5 at least"""

    replay: int = Field(default=1_000, gt=0)
    """messages that a resume may read from the stream"""
    history_pause: Pause = timedelta(seconds=1)
    """least time between two writings of history; what is newer is read from memory"""
    history_messages: int = Field(default=10_000, gt=0)
    """messages that history keeps of one room"""
    history_age: Duration = Field(default=timedelta(days=30), le=CHAT.max_age)
    """how long history keeps a message; the stream keeps it for 30 days"""

    edits: int = Field(default=100, gt=0)
    """edits of one message"""
    emoji_bytes: int = Field(default=32, ge=4, le=64)
    """longest emoji of a reaction, in bytes of UTF-8"""
    emojis: int = Field(default=20, gt=0)
    """different emojis on one message"""
    reactors: int = Field(default=50, gt=0)
    """users listed per emoji; of more the number is told"""

    echo: bool = False
    """1: a route /echo that says back what it hears, for suites of others"""

    moderation_words: FilePath | None = None
    """file of words that refuse a message, one per line; none: every word may be said"""
    moderation_links: int | None = Field(default=None, ge=0)
    """links that one message may have; none: any number"""
