import asyncio

from structlog.testing import capture_logs

from producer.stream_keeper import StreamKeeper
from realtime.subjects import SENSORS
from realtime.testing import MemoryBroker, wait_until


async def test_a_keeper_makes_the_stream() -> None:
    broker = MemoryBroker()

    await StreamKeeper(broker).ensure()

    assert (await broker.stream_state(SENSORS.name)).last == 0


async def test_a_keeper_that_may_not_administer_says_so_and_goes_on() -> None:
    broker = MemoryBroker()
    broker.go_down()

    with capture_logs() as lines:
        await StreamKeeper(broker).ensure()

    assert [line["event"] for line in lines] == ["stream_not_ensured"]


async def test_a_doubt_has_the_stream_made_again() -> None:
    broker = MemoryBroker()
    keeper = StreamKeeper(broker)
    running = asyncio.ensure_future(keeper.run())
    for _ in range(2):
        keeper.doubt()
        await wait_until(lambda: SENSORS.name in broker._streams)
        broker.delete_stream(SENSORS.name)
    running.cancel()
    await asyncio.wait({running})
