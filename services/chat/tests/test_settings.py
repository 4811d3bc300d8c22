"""What can be set, and what refuses to start."""

import pytest

from chat.settings import ChatSettings
from realtime.settings import BadSettingsError, read_settings

NEEDED = {"CHAT_NATS_URL": "nats://127.0.0.1:1", "CHAT_REDIS_URL": "redis://127.0.0.1:2"}


def test_addresses_have_no_default() -> None:
    with pytest.raises(BadSettingsError) as raised:
        read_settings(ChatSettings, {})
    assert raised.value.problems == ["CHAT_NATS_URL must be set", "CHAT_REDIS_URL must be set"]


def test_defaults_are_the_contracts() -> None:
    settings = read_settings(ChatSettings, NEEDED)
    assert (settings.port, settings.admin_port) == (8102, 9102)
    assert (settings.connections, settings.connections_per_ip) == (10_000, 200)
    assert (settings.rooms, settings.text_bytes) == (20, 4096)
    assert (settings.posts_per_second, settings.posts_burst) == (5, 20)
    assert settings.evict_after.total_seconds() == 30
    assert settings.drain_window.total_seconds() == 2
    assert settings.presence_ttl.total_seconds() == 15
    assert settings.origins == ()


@pytest.mark.parametrize("seconds", [5, 3_600])
def test_the_ttl_of_presence_has_bounds(seconds: int) -> None:
    given = NEEDED | {"CHAT_PRESENCE_TTL": str(seconds)}
    assert read_settings(ChatSettings, given).presence_ttl.total_seconds() == seconds


def test_origins_are_a_list_with_commas() -> None:
    given = NEEDED | {"CHAT_ORIGINS": " https://a.example , http://b:8080,"}
    assert read_settings(ChatSettings, given).origins == ("https://a.example", "http://b:8080")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAT_NOPE", "1"),
        ("CHAT_REDIS_URL", "localhost:6379"),
        ("CHAT_REDIS_URL", "http://127.0.0.1"),
        ("CHAT_REDIS_URL", "redis://"),
        ("CHAT_REDIS_URL", "redis://127.0.0.1:many"),
        ("CHAT_REDIS_URL", "redis://127.0.0.1:99999"),
        ("CHAT_ROOMS", "0"),
        ("CHAT_PORT", "70000"),
        ("CHAT_EVICT_AFTER", "soon"),
        ("CHAT_POSTS_PER_SECOND", "0"),
        ("CHAT_PRESENCE_TTL", "4.9"),
        ("CHAT_PRESENCE_TTL", "3601"),
    ],
)
def test_what_cannot_be_taken_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettingsError) as raised:
        read_settings(ChatSettings, NEEDED | {name: value})
    (problem,) = raised.value.problems
    assert problem.startswith(name)
