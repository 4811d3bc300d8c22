from datetime import timedelta
from typing import ClassVar

import pytest
from pydantic_settings import SettingsConfigDict

from realtime.settings import BadSettingsError, Port, Seconds, ServiceSettings, read_settings


class ExampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="EXAMPLE_")
    prefix: ClassVar[str] = "EXAMPLE_"

    port: Port = 1
    window: Seconds = timedelta(seconds=1)


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettingsError) as caught:
        read_settings(ExampleSettings, environ)
    return caught.value.problems


def test_durations_are_seconds_and_other_prefixes_are_not_ours() -> None:
    environ = {"EXAMPLE_NATS_URL": "nats://x", "EXAMPLE_WINDOW": "2.5", "OTHER_PORT": "x"}
    settings = read_settings(ExampleSettings, environ)
    assert settings.window == timedelta(seconds=2.5)
    assert settings.port == 1


def test_an_address_has_no_default() -> None:
    assert problems({}) == ["EXAMPLE_NATS_URL must be set"]


def test_an_unknown_name_refuses_to_start() -> None:
    found = problems({"EXAMPLE_NATS_URL": "nats://x", "EXAMPLE_PROT": "1"})
    assert found == ["EXAMPLE_PROT is not a setting of this service"]
    # Of two spellings one would win silently.
    found = problems({"EXAMPLE_NATS_URL": "nats://x", "EXAMPLE_PORT": "1", "EXAMPLE_Port": "2"})
    assert found == ["EXAMPLE_Port is not a setting of this service"]


def test_a_problem_is_one_line_whatever_a_name_has_in_it() -> None:
    found = problems({"EXAMPLE_NATS_URL": "nats://x", "EXAMPLE_A\r\nB": "1"})
    assert found == ["EXAMPLE_A\\r\\nB is not a setting of this service"]


def test_every_problem_is_named_at_once() -> None:
    found = problems({"EXAMPLE_PORT": "70000", "EXAMPLE_WINDOW": "soon", "EXAMPLE_X": ""})
    assert [line.split("=")[0].split(" ")[0] for line in found] == [
        "EXAMPLE_X",
        "EXAMPLE_NATS_URL",
        "EXAMPLE_PORT",
        "EXAMPLE_WINDOW",
    ]


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_NATS_URL", "nats://y")
    assert read_settings(ExampleSettings).nats_url == "nats://y"


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e300"])
def test_a_duration_that_has_no_end_is_a_problem_not_a_traceback(value: str) -> None:
    found = problems({"EXAMPLE_NATS_URL": "nats://x", "EXAMPLE_WINDOW": value})
    assert found[0].startswith(f"EXAMPLE_WINDOW='{value}'")
