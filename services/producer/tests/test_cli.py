import pytest

from producer.cli import parse_arguments
from producer.settings import ProducerSettings


def test_without_a_command_the_settings_decide() -> None:
    assert parse_arguments([]) == {}


def test_options_are_settings() -> None:
    assert parse_arguments(["--nats-url", "nats://127.0.0.1:1", "--admin-port", "0"]) == {
        "PRODUCER_NATS_URL": "nats://127.0.0.1:1",
        "PRODUCER_ADMIN_PORT": "0",
    }


def test_simulate_publishes_nothing_else() -> None:
    assert parse_arguments(["simulate", "--seed", "7", "--devices", "2", "--rate-hz", "10"]) == {
        "PRODUCER_SOURCES": "simulate",
        "PRODUCER_REPLAY_FILE": "",
        "PRODUCER_SEED": "7",
        "PRODUCER_DEVICES": "2",
        "PRODUCER_RATE_HZ": "10",
    }


def test_host_publishes_nothing_else() -> None:
    assert parse_arguments(["host", "--period", "5"]) == {
        "PRODUCER_SOURCES": "host",
        "PRODUCER_REPLAY_FILE": "",
        "PRODUCER_HOST_PERIOD": "5",
    }


def test_replay_takes_a_file_a_speed_and_a_loop() -> None:
    arguments = ["replay", "lab.csv", "--speed", "max", "--loop", "--nats-url", "nats://h:1"]

    assert parse_arguments(arguments) == {
        "PRODUCER_SOURCES": "",
        "PRODUCER_REPLAY_FILE": "lab.csv",
        "PRODUCER_REPLAY_SPEED": "max",
        "PRODUCER_REPLAY_LOOP": "true",
        "PRODUCER_NATS_URL": "nats://h:1",
    }
    assert parse_arguments(["replay", "lab.csv"]).keys() == {
        "PRODUCER_SOURCES",
        "PRODUCER_REPLAY_FILE",
    }


def test_help_names_every_setting_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--help"])

    text = capsys.readouterr().out
    assert "Publishes sensor readings" in text
    for name in ProducerSettings.model_fields:
        assert f"PRODUCER_{name.upper()} " in text
    assert "default host,simulate" in text
    assert "default 86400" in text


@pytest.mark.parametrize("arguments", [["replay"], ["sing"], ["host", "--seed", "1"]])
def test_a_usage_error_is_told_and_ends(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments(arguments)

    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err
