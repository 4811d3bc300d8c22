"""Every bound of every setting: the last value is taken, and the next refuses to start."""

from typing import Final

import pytest

from chat.settings import ChatSettings
from feed.settings import FeedSettings
from producer.settings import ProducerSettings
from realtime.settings import BadSettingsError, ServiceSettings, read_settings
from realtime.testing.bounds import Side, bounds, numbers, sides

SERVICES: Final = (FeedSettings, ChatSettings, ProducerSettings)
PORTS: Final = {"PORT": "<=65535 >=0", "ADMIN_PORT": "<=65535 >=0"}
HOLDING: Final = PORTS | {
    "TRACE_SHARE": "<=1 >=0",
    "LAG_LIMIT": ">=0",
    "STALL_AFTER": ">0",
    "SPARE_DESCRIPTORS": ">=16",
    "MEMORY_BYTES": ">=0",
    "CONNECTION_AGE": ">=0",
    "DRAIN_PAUSE": ">=0",
    "DRAIN_WINDOW": ">=0",
    "SHED_SHARE": "<=1 >=0",
    "SHED_EVERY": ">0",
    "SHED_MARGIN": "<=1 >0",
    "SHED_SETTLE": ">=0",
    "JWKS_REFRESH": ">0",
    "LEEWAY": "<=60 >=0",
    "CONNECTIONS_PER_USER": ">0",
    "UNAUTHENTICATED": ">0",
    "EXPIRY_WARNING": ">=0",
    "TICKET_LIFE": "<=30 >0",
    "EVICT_AFTER": ">0",
    "RING_AGE": ">=0",
    "RING_BYTES": ">0",
    "RING_ENTRIES": ">0",
    "CONNECTIONS": ">0",
    "CONNECTIONS_PER_IP": ">0",
    "ADMISSIONS_PER_SECOND": ">0",
    "ADMISSIONS_BURST": ">0",
    "CHANNELS": ">0",
}
EXPECTED: Final = {
    FeedSettings: HOLDING
    | {
        "FLUSH": ">=0",
        "HEARTBEAT": ">0",
        "STALE_AFTER": ">0",
        "SENSORS": ">0",
        "REPLAY_EVENTS": ">0",
        "POLL_WAIT": "<=20 >=0",
    },
    ChatSettings: HOLDING
    | {
        "ROOMS": ">0",
        "TEXT_BYTES": "<=32768 >0",
        "POSTS_PER_SECOND": ">0",
        "POSTS_BURST": ">0",
        "POSTS_REFUSED": "<=10000 >0",
        "POSTS_REFUSED_WITHIN": ">0",
        "PRESENCE_TTL": "<=3600 >=5",
        "REPLAY": ">0",
        "HISTORY_PAUSE": ">=0",
        "HISTORY_MESSAGES": ">0",
        "HISTORY_AGE": "<=2592000 >0",
        "EDITS": ">0",
        "EMOJI_BYTES": "<=64 >=4",
        "EMOJIS": ">0",
        "REACTORS": ">0",
        "MODERATION_LINKS": ">=0",
    },
    ProducerSettings: {
        "TRACE_SHARE": "<=1 >=0",
        "ADMIN_PORT": "<=65535 >=0",
        "DEVICES": "<=10000 >=1",
        "RATE_HZ": "<=1000 >0",
        "DAY": ">0",
        "HOST_PERIOD": ">0",
        "REPLAY_SPEED": ">0",
        "IN_FLIGHT": "<=10000 >=1",
        "SPOOL_READINGS": ">=1",
        "DRAIN": ">=0",
    },
}
UNBOUNDED: Final = {"SEED"}
"""Any whole number is one."""
ADDRESSES: Final = {
    "FEED_NATS_URL": "nats://127.0.0.1:1",
    "CHAT_NATS_URL": "nats://127.0.0.1:1",
    "CHAT_REDIS_URL": "redis://127.0.0.1:2",
    "PRODUCER_NATS_URL": "nats://127.0.0.1:1",
}


@pytest.mark.parametrize("kind", SERVICES)
def test_bounds_are_those_that_were_chosen(kind: type[ServiceSettings]) -> None:
    assert bounds(kind) == EXPECTED[kind]


@pytest.mark.parametrize("kind", SERVICES)
def test_every_number_and_duration_has_a_bound(kind: type[ServiceSettings]) -> None:
    assert numbers(kind).keys() - bounds(kind).keys() <= UNBOUNDED


def check(kind: type[ServiceSettings], variable: str, text: str, *, taken: bool) -> None:
    """A service starts with a value, or says in one line whose value it can't start with."""
    environ = {**ADDRESSES, variable: text}
    if taken:
        read_settings(kind, environ)
        return
    with pytest.raises(BadSettingsError) as caught:
        read_settings(kind, environ)
    assert caught.value.problems
    for problem in caught.value.problems:
        assert problem.startswith(f"{variable}={text!r}: "), problem


@pytest.mark.parametrize(
    ("kind", "side"),
    [pytest.param(kind, side, id=str(side)) for kind in SERVICES for side in sides(kind)],
)
def test_the_last_value_starts_and_the_next_is_refused_by_name(
    kind: type[ServiceSettings], side: Side
) -> None:
    check(kind, side.variable, side.text, taken=side.taken)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400"])
@pytest.mark.parametrize("kind", SERVICES)
def test_what_is_no_number_is_refused_by_name(kind: type[ServiceSettings], text: str) -> None:
    for name in numbers(kind):
        check(kind, kind.prefix + name, text, taken=False)
