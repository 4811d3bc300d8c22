from datetime import timedelta
from pathlib import Path

import pytest

from producer.settings import ProducerSettings
from realtime.settings import BadSettingsError, read_settings

URL = {"PRODUCER_NATS_URL": "nats://127.0.0.1:4222"}


def read(**given: str) -> ProducerSettings:
    return read_settings(ProducerSettings, {**URL, **given})


def test_the_defaults_are_this_machine_and_simulated_greenhouses() -> None:
    settings = read()

    assert settings.sources == ("host", "simulate")
    assert settings.replay_file is None
    assert settings.admin_port == 9103
    assert settings.in_flight == 256
    assert settings.spool_readings == 100_000
    assert settings.drain == timedelta(seconds=2)


def test_everything_can_be_said_in_the_environment() -> None:
    settings = read(
        PRODUCER_SOURCES=" simulate , host",
        PRODUCER_RATE_HZ="2.5",
        PRODUCER_DAY="600",
        PRODUCER_REPLAY_FILE="lab.csv",
        PRODUCER_REPLAY_SPEED="max",
        PRODUCER_REPLAY_LOOP="true",
        PRODUCER_DRAIN="0.5",
    )

    assert settings.sources == ("simulate", "host")
    assert settings.rate_hz == 2.5
    assert settings.day == timedelta(minutes=10)
    assert settings.replay_file == Path("lab.csv")
    assert settings.replay_speed == "max"
    assert settings.replay_loop
    assert settings.drain == timedelta(milliseconds=500)


def test_empty_means_no_source_and_no_file() -> None:
    settings = read(PRODUCER_SOURCES="", PRODUCER_REPLAY_FILE="")

    assert settings.sources == ()
    assert settings.replay_file is None


def test_variables_without_the_prefix_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEED", "5")
    monkeypatch.setenv("HOST", "elsewhere")

    assert read().seed == 1
    assert read().host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRODUCER_SEEED", "1"),
        ("PRODUCER_SOURCES", "host,gps"),
        ("PRODUCER_DEVICES", "0"),
        ("PRODUCER_RATE_HZ", "0"),
        ("PRODUCER_DAY", "0"),
        ("PRODUCER_REPLAY_SPEED", "-1"),
        ("PRODUCER_REPLAY_SPEED", "fast"),
        ("PRODUCER_IN_FLIGHT", "0"),
        ("PRODUCER_SPOOL_READINGS", "0"),
        ("PRODUCER_DRAIN", "-1"),
        ("PRODUCER_ADMIN_PORT", "70000"),
    ],
)
def test_an_unknown_or_impossible_setting_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(BadSettingsError, match=name):
        read(**{name: value})


def test_an_address_has_no_default() -> None:
    with pytest.raises(BadSettingsError, match="PRODUCER_NATS_URL must be set"):
        read_settings(ProducerSettings, {})
