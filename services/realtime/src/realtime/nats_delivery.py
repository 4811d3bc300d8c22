"""A message of the driver as what the port hands over."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from nats.aio.msg import Msg

from realtime.broker import Delivery


def is_stored(headers: Mapping[str, str]) -> bool:
    """Whether this is a message of a stream, and not the broker's word about a request."""
    return "Nats-Subject" in headers


def delivery_of(message: Msg) -> Delivery:
    """What the broker stored, by the headers that a direct get and a republish carry."""
    headers = message.headers or {}
    return Delivery(
        headers["Nats-Subject"],
        message.data,
        int(headers["Nats-Sequence"]),
        _unix(headers["Nats-Time-Stamp"]),
        headers,
    )


def _unix(stamp: str) -> float:
    """Read RFC 3339 with up to nine digits of fraction as Unix seconds (microseconds kept)."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return _unix_second(whole) + float(f"0.{fraction or '0'}")


@lru_cache(maxsize=16)
def _unix_second(whole: str) -> float:
    """Thousands of messages are of the same second."""
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp()
