import socket

import pytest

from infra import ports
from infra.errors import NoFreePortError


def test_free_ports_are_different_and_can_be_listened_on() -> None:
    found = ports.free_ports(20)
    assert len(set(found)) == 20
    for port in found:
        assert not ports.taken(port)


def test_who_asks_again_is_given_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_FREE", range(20_000, 20_500))
    assert not set(ports.free_ports(150)) & set(ports.free_ports(150))


def test_free_ports_are_never_those_of_outgoing_connections() -> None:
    assert max(ports.free_ports(50)) < 32768


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_someone_listens_on_is_taken(host: str) -> None:
    with socket.create_server((host, 0)) as listener:
        assert ports.taken(listener.getsockname()[1])


def test_more_ports_than_there_are_is_an_error() -> None:
    with pytest.raises(NoFreePortError):
        ports.free_ports(40_000)
