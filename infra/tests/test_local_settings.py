from pathlib import Path

import pytest

from infra.local.settings import DEFAULT_PORTS, BadSettingError, read
from infra.repository import DATA


def problems(**environ: str) -> list[str]:
    with pytest.raises(BadSettingError) as refused:
        read(environ)
    return list(refused.value.lines)


def test_an_empty_environment_is_the_documented_run() -> None:
    settings = read({})
    assert settings.ports == DEFAULT_PORTS
    assert settings.url == "http://127.0.0.1:8080/"
    assert settings.data == DATA / "8080"
    assert settings.nats_url is None
    assert settings.redis_url is None
    assert settings.listening() == DEFAULT_PORTS


def test_a_variable_set_to_nothing_is_not_set() -> None:
    assert read({"EDGE_PORT": "", "NATS_URL": "", "AIRWAVE_DATA": ""}) == read({})


def test_another_edge_port_has_data_of_its_own() -> None:
    settings = read({"EDGE_PORT": "9090"})
    assert settings.url == "http://127.0.0.1:9090/"
    assert settings.data == DATA / "9090"


def test_the_data_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read({"AIRWAVE_DATA": "here"}).data == tmp_path / "here"


@pytest.mark.parametrize("port", ["80", "1", "1023", "0"])
def test_a_port_that_asks_for_root_is_one_clear_line(port: str) -> None:
    (line,) = problems(EDGE_PORT=port)
    assert line.startswith(f"EDGE_PORT={port}: ports below 1024 need root rights")


@pytest.mark.parametrize("port", ["abc", "8080x", "-1", "65536", "9_000", "1e4", "٨٠٨٠"])
def test_what_is_no_port_is_one_clear_line(port: str) -> None:
    assert problems(NATS_PORT=port) == [
        f"NATS_PORT={port} is no port: give a number from 1024 to 65535"
    ]


def test_the_limits_themselves_are_ports() -> None:
    assert read({"EDGE_PORT": "1024"}).ports["EDGE_PORT"] == 1024
    assert read({"EDGE_PORT": "65535"}).ports["EDGE_PORT"] == 65535


def test_two_servers_on_one_port_are_one_clear_line() -> None:
    assert problems(CHAT_PORT="8101") == ["FEED_PORT and CHAT_PORT are both 8101"]


def test_every_problem_has_its_line() -> None:
    assert len(problems(EDGE_PORT="80", NATS_PORT="x", CHAT_HOST="0.0.0.0")) == 3


def test_a_server_of_the_users_own_needs_no_port_of_ours() -> None:
    settings = read({"NATS_URL": "nats://broker:4222", "REDIS_URL": "redis://cache"})
    assert not {"NATS_PORT", "MQTT_PORT", "NATS_MONITOR_PORT", "REDIS_PORT"} & set(
        settings.listening()
    )
    assert read({"NATS_URL": "tls://broker", "FEED_PORT": "4222"}).ports["FEED_PORT"] == 4222


@pytest.mark.parametrize("url", ["broker:4222", "http://broker", "nats://", "nats://b:port"])
def test_what_is_no_url_is_one_clear_line_without_its_password(url: str) -> None:
    (line,) = problems(NATS_URL=url)
    assert line == "NATS_URL is not a URL such as nats://127.0.0.1:4222"


def test_settings_of_services_are_handed_on_under_their_prefix() -> None:
    services = read({"FEED_HEARTBEAT": "5", "CHAT_AUTH": "jwt", "FEED_PORT": "8111"}).services
    assert services["feed"] == {"HEARTBEAT": "5"}
    assert services["chat"] == {"AUTH": "jwt"}
    assert services["producer"] == {}


@pytest.mark.parametrize(
    ("name", "use"),
    [("FEED_NATS_URL", "NATS_URL"), ("CHAT_REDIS_URL", "REDIS_URL"), ("CHAT_NATS_URL", "NATS_URL")],
)
def test_what_the_run_decides_is_refused_and_not_ignored(name: str, use: str) -> None:
    assert problems(**{name: "nats://elsewhere:4222"}) == [
        f"{name} is set by the local run: use {use} instead"
    ]


@pytest.mark.parametrize("name", ["FEED_HOST", "CHAT_HOST", "PRODUCER_ADMIN_HOST"])
def test_nothing_listens_beyond_loopback(name: str) -> None:
    assert problems(**{name: "0.0.0.0"}) == [f"{name}: the local run listens on 127.0.0.1 only"]
    read({name: "127.0.0.1"})
