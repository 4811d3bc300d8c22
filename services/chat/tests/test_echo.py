"""The echo route: not there unless asked for, and then behind what `/ws` is behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chat.testing import MemoryHistory
from realtime.sink import HIGH_BYTES
from realtime.testing import MemoryBroker, wait_until
from systemtests.raw_socket import Op, frame, raw_socket
from systemtests.running_chat import RunningChat, running_chat


@pytest.fixture(params=["direct", "portable"])
async def served(
    request: pytest.FixtureRequest, broker: MemoryBroker, history: MemoryHistory
) -> AsyncIterator[RunningChat]:
    direct = request.param == "direct"
    async with running_chat(
        broker, history, direct=direct, echo=True, connections=2, origins=("https://a.example",)
    ) as running:
        yield running


def echo_of(running: RunningChat) -> str:
    return running.socket.removesuffix("/ws") + "/echo"


@pytest.mark.parametrize("direct", [True, False])
async def test_it_is_not_there_by_default(
    broker: MemoryBroker, history: MemoryHistory, *, direct: bool
) -> None:
    async with running_chat(broker, history, direct=direct) as running:
        with pytest.raises(InvalidStatus) as raised:
            await connect(echo_of(running))
        assert raised.value.response.status_code == 404


async def test_texts_and_bytes_come_back_in_their_order(served: RunningChat) -> None:
    before = len(asyncio.all_tasks())
    said: list[str | bytes] = ["", "grün", b"", b"\xff\x00", "x" * 65_536, b"y" * 65_536]
    async with connect(echo_of(served)) as socket:
        for one in said * 3:
            await socket.send(one)
        assert [await socket.recv() for _ in range(18)] == said * 3
        assert served.chat.admission.connections == 1
    await wait_until(lambda: served.chat.admission.connections == 0)
    await wait_until(lambda: len(asyncio.all_tasks()) <= before)
    assert len(served.chat.replica.departures) == 0


async def test_who_may_come_in_is_as_for_rooms(served: RunningChat) -> None:
    async with connect(echo_of(served), origin="https://b.example") as stranger:  # type: ignore[arg-type]
        await stranger.wait_closed()
        assert stranger.close_code == 4503
    async with connect(echo_of(served)), connect(served.socket), connect(echo_of(served)) as third:
        await third.wait_closed()
        assert third.close_code == 1013
    with pytest.raises(InvalidStatus):
        await connect(echo_of(served), subprotocols=["mqtt"])  # type: ignore[list-item]


async def test_it_drains_with_the_others(served: RunningChat) -> None:
    async with connect(echo_of(served)) as socket:
        served.chat.replica.departures.hurry()
        served.server.stop()
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1012
    await wait_until(lambda: served.chat.admission.connections == 0)


@pytest.mark.parametrize("opcode", [Op.TEXT, Op.BINARY])
async def test_who_reads_nothing_is_not_read_and_read_again_later(
    broker: MemoryBroker, history: MemoryHistory, opcode: Op
) -> None:
    async with (
        running_chat(broker, history, echo=True) as running,
        raw_socket(echo_of(running)) as raw,
    ):
        sent = await raw.push(frame(opcode, b"x" * 50_000), most=2_000)
        assert sent < 2_000
        for _ in range(sent):
            assert await raw.frame() == (opcode, b"x" * 50_000)
        assert 50_000 * sent > HIGH_BYTES
