import asyncio

from producer.link import Link
from realtime.testing import MemoryBroker


async def test_a_link_that_is_up_is_not_waited_for() -> None:
    await Link(MemoryBroker()).wait_up()


async def test_everybody_who_waits_is_told_when_the_connection_comes() -> None:
    broker = MemoryBroker()
    broker.go_down()
    link = Link(broker)
    with link.heard():
        waiting = [asyncio.ensure_future(link.wait_up()) for _ in range(3)]
        await asyncio.sleep(0)
        broker.come_up()
        await asyncio.gather(*waiting)


async def test_a_connection_that_goes_again_at_once_is_waited_for() -> None:
    broker = MemoryBroker()
    broker.go_down()
    link = Link(broker)
    with link.heard():
        waiting = asyncio.ensure_future(link.wait_up())
        await asyncio.sleep(0)
        broker.come_up()
        broker.go_down()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()

        broker.come_up()
        await waiting


async def test_a_connection_that_comes_without_a_word_is_noticed() -> None:
    broker = MemoryBroker()
    broker.connected = False
    waiting = asyncio.ensure_future(Link(broker).wait_up())
    await asyncio.sleep(0)

    broker.connected = True

    await waiting


async def test_a_link_forgets_its_broker_with_its_context() -> None:
    broker = MemoryBroker()
    with Link(broker).heard():
        assert len(broker._links) == 1

    assert broker._links == []
