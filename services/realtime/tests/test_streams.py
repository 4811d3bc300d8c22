from datetime import timedelta

import pytest

from realtime.broker import StreamSpec, StreamState
from realtime.errors import BrokerRefusedError
from realtime.streams import STREAMS, main, set_up
from realtime.testing import MemoryBroker


class LeaderlessBroker(MemoryBroker):
    """Says no until it was asked ``refusals`` times: a cluster before its election."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals

    async def ensure_stream(self, spec: StreamSpec) -> StreamState:
        if self.refusals:
            self.refusals -= 1
            action = "create"
            raise BrokerRefusedError(action, "no suitable peers for placement")
        return await super().ensure_stream(spec)


async def test_every_stream_is_made_and_making_them_again_changes_nothing() -> None:
    broker, said = MemoryBroker(), list[str]()
    await set_up(broker, said.append)
    first = [await broker.stream_state(spec.name) for spec in STREAMS]
    await set_up(broker, said.append)
    assert [await broker.stream_state(spec.name) for spec in STREAMS] == first
    assert [line.split(":")[0] for line in said] == 2 * [spec.name for spec in STREAMS]


async def test_a_broker_without_a_leader_is_waited_for() -> None:
    broker = LeaderlessBroker(refusals=1)
    await set_up(broker, lambda _: None)
    assert broker.refusals == 0


async def test_a_broker_that_goes_on_refusing_is_an_error() -> None:
    with pytest.raises(BrokerRefusedError, match="no suitable peers"):
        await set_up(LeaderlessBroker(10), lambda _: None, patience=timedelta(0))


@pytest.mark.parametrize("command", [["backup", "there"], ["restore", "there"]])
def test_a_broker_that_is_away_is_one_line(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--nats-url", "nats://127.0.0.1:9"]) == 1
    assert capsys.readouterr().out == "streams: the broker did not answer in time: connect\n"
