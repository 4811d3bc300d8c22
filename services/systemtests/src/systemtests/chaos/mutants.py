"""``python -m systemtests.chaos.mutants NAME SERVICE``: a service with one good habit taken away.

A run on one of these has to fail: otherwise the run proves nothing about the good ones.
"""

import runpy
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final


def forgets_holes() -> None:
    """The tail passes on whatever comes live, and never reads what is missing."""
    from realtime.tail import Tail  # noqa: PLC0415 - only where it is to be broken

    patched: Any = Tail

    def arrived(self: Any, delivery: Any) -> None:
        if delivery.offset > self._head:
            self._pass_on(delivery)

    async def read_up_to(self: Any, last: int) -> None:
        self._head = max(self._head, last)

    patched._arrived = arrived
    patched._read_up_to = read_up_to


def stores_again() -> None:
    """A post that is sent again is stored again."""
    import uuid  # noqa: PLC0415 - as above

    from chat import publisher  # noqa: PLC0415 - as above

    patched: Any = publisher
    patched.message_id = lambda *_, **__: uuid.uuid4().hex


def acks_anyway() -> None:
    """A post is acknowledged although the broker has not stored it."""
    from chat.publisher import Publisher  # noqa: PLC0415 - as above
    from realtime.broker import Stored  # noqa: PLC0415 - as above
    from realtime.errors import BrokerError  # noqa: PLC0415 - as above
    from realtime.position import Position  # noqa: PLC0415 - as above

    patched: Any = Publisher
    store = patched._store

    async def _store(self: Any, *given: Any) -> Any:
        try:
            return await store(self, *given)
        except BrokerError:
            at = Position(self._hub.epoch, self._hub.flushed)
            return Stored(at.offset, duplicate=False), None, at

    patched._store = _store


def skips_in_history() -> None:
    """One in twenty messages is never written into history."""
    from chat import projection  # noqa: PLC0415 - as above

    patched: Any = projection
    read_entries = patched.read_entries

    def most_entries(deliveries: Any) -> Any:
        return read_entries(delivery for delivery in deliveries if delivery.offset % 20)

    patched.read_entries = most_entries


def resumes_late() -> None:
    """Who comes back misses the first that it missed, and is told that it missed nothing."""
    from feed.stream import Stream  # noqa: PLC0415 - as above

    patched: Any = Stream
    resume = patched._resume

    def _resume(self: Any, position: Any) -> None:
        offset = min(position.offset + 1, self._fanout.hub.flushed)
        resume(self, position._replace(offset=offset))

    patched._resume = _resume


def cuts_at_once() -> None:
    """Who is asked to end tells nobody, and is gone."""
    from realtime.lifecycle import Departures  # noqa: PLC0415 - as above

    patched: Any = Departures

    async def drain(self: Any) -> None:
        self._health.draining = True

    patched.drain = drain


def counts_nothing() -> None:
    """Whoever comes is let in, however little is left."""
    from realtime.budgets import Budgets  # noqa: PLC0415 - as above

    patched: Any = Budgets
    patched.obstacle = lambda _: None
    patched.look = lambda _: None


def ages_by_the_wall() -> None:
    """How long a connection has been open is told by the wall clock."""
    from realtime import lifecycle  # noqa: PLC0415 - as above

    patched: Any = lifecycle

    class Wall:
        monotonic = staticmethod(time.time)

    patched.time = Wall


MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    "forgets-holes": forgets_holes,
    "stores-again": stores_again,
    "acks-anyway": acks_anyway,
    "skips-in-history": skips_in_history,
    "resumes-late": resumes_late,
    "cuts-at-once": cuts_at_once,
    "counts-nothing": counts_nothing,
    "ages-by-the-wall": ages_by_the_wall,
}


def main() -> None:
    """Break the service and run it."""
    name, service = sys.argv[1:]
    MUTANTS[name]()
    sys.argv = [service]
    runpy.run_module(service, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
