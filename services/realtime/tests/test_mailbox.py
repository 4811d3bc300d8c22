"""Ephemeral messages between the driver and who hears them."""

import asyncio

from realtime.mailbox import SLICE, Mailbox
from realtime.testing import wait_until


class Heard:
    def __init__(self) -> None:
        self.payloads: list[bytes] = []

    def __call__(self, _: str, payload: bytes) -> None:
        self.payloads.append(payload)
        if payload == b"bad":
            raise ValueError


def counted(first: int, last: int) -> list[bytes]:
    return [str(number).encode() for number in range(first, last + 1)]


async def test_a_full_box_loses_the_oldest_and_counts_them() -> None:
    heard = Heard()
    box = Mailbox(heard, size=3)
    for payload in counted(1, 3):
        box.put("a", payload)
    assert box.dropped == 0
    box.put("a", b"4")
    assert box.dropped == 1
    await wait_until(lambda: len(heard.payloads) == 3)
    assert heard.payloads == counted(2, 4)


async def test_others_get_their_turn_between_slices() -> None:
    heard = Heard()
    box = Mailbox(heard)
    for payload in counted(1, SLICE * 2 + 1):
        box.put("a", payload)
    seen: list[int] = []
    for _ in range(4):
        await asyncio.sleep(0)
        seen.append(len(heard.payloads))
    assert seen == [SLICE, SLICE * 2, SLICE * 2 + 1, SLICE * 2 + 1]


async def test_one_that_fails_does_not_hold_back_the_next() -> None:
    heard = Heard()
    box = Mailbox(heard)
    for payload in (b"bad", b"good"):
        box.put("a", payload)
    await wait_until(lambda: heard.payloads == [b"bad", b"good"])


async def test_a_closed_box_hands_over_nothing() -> None:
    heard = Heard()
    box = Mailbox(heard)
    box.put("a", b"1")
    box.close()
    box.put("a", b"2")
    await asyncio.sleep(0)
    assert heard.payloads == []
    assert box.dropped == 0
