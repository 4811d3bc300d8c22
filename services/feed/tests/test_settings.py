"""What can be set, and what is so unless it is."""

import pytest

from feed.settings import FeedSettings
from realtime.settings import BadSettingsError, read_settings

NEEDED = {"FEED_NATS_URL": "nats://127.0.0.1:1"}


def test_an_address_has_no_default() -> None:
    with pytest.raises(BadSettingsError, match="FEED_NATS_URL must be set"):
        read_settings(FeedSettings, {})


def test_defaults_are_the_contracts() -> None:
    settings = read_settings(FeedSettings, NEEDED)
    assert (settings.port, settings.admin_port) == (8101, 9101)
    assert (settings.connections, settings.connections_per_ip) == (10_000, 200)
    assert (settings.connections_per_user, settings.limit_loopback) == (10, False)
    assert settings.unauthenticated.total_seconds() == 10
    assert settings.channels == 1_000
    assert settings.replay_events == 1_000
    assert (settings.ring_age.total_seconds(), settings.ring_bytes) == (60, 64 * 1024**2)
    assert settings.heartbeat.total_seconds() == 15
    assert settings.evict_after.total_seconds() == 30
    assert settings.ticket_life.total_seconds() == 30
    assert settings.poll_wait.total_seconds() == 10
    assert settings.drain_window.total_seconds() == 2


def test_an_unknown_name_refuses_to_start() -> None:
    with pytest.raises(BadSettingsError, match="FEED_HEARTBEATS is not a setting"):
        read_settings(FeedSettings, {**NEEDED, "FEED_HEARTBEATS": "1"})
