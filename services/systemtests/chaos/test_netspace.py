"""A network namespace whose packets are lost in earnest, where this machine has one to give."""

import json
import socket
import subprocess
import sys

import pytest

from systemtests.chaos.netspace import Netspace, missing, netspace

REASON = missing()
pytestmark = pytest.mark.skipif(bool(REASON), reason=f"no network namespace: {REASON}")

# Asks through the link whether a server outside answers; run within the namespace.
ASK = """
import json, socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3])) as s:
        print(json.dumps("connected"))
except OSError as error:
    print(json.dumps(type(error).__name__))
"""


def asked(space: Netspace, port: int, *, within: float = 10.0) -> str:
    command = space.command((sys.executable, "-c", ASK, space.near, str(port), str(within)))
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    answer: str = json.loads(said.stdout)
    return answer


def test_a_cut_is_silent_a_reset_is_not_and_both_heal() -> None:
    with netspace() as space, socket.create_server((space.near, 0)) as server:
        port = server.getsockname()[1]
        assert asked(space, port) == "connected"
        with space.cut():
            assert asked(space, port, within=0.3) == "TimeoutError"
        with space.resetting():
            assert asked(space, port) == "ConnectionRefusedError"
        with space.losing(10), space.narrow(64):
            assert asked(space, port) == "connected"
        assert asked(space, port) == "connected"


def test_two_at_a_time_do_not_know_each_other() -> None:
    with netspace() as one, netspace() as other:
        assert one.name != other.name
        assert one.near != other.near
