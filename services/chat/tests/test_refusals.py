"""What people do wrong, by accident or not, and the code that each of it gets."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from chat.errors import Code
from chat.testing import MemoryHistory
from realtime.closing import EndedBy
from realtime.testing import MemoryBroker, wait_until
from systemtests.raw_socket import Op, frame, raw_socket
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import Frame, Talker, talking

STORM = 10_000


@pytest.fixture(params=["direct", "portable"])
async def served(
    request: pytest.FixtureRequest, broker: MemoryBroker, history: MemoryHistory
) -> AsyncIterator[RunningChat]:
    direct = request.param == "direct"
    async with running_chat(
        broker, history, direct=direct, posts_burst=STORM, rooms=20, channels=30
    ) as running:
        yield running


Wrong = Callable[[Talker, str], Awaitable[Frame]]


def asking(type_: str, **fields: Any) -> Wrong:
    """Ask so in the lobby, where ``position`` is that of somebody else's message."""

    async def ask(eve: Talker, position: str) -> Frame:
        given = {name: position if value is ... else value for name, value in fields.items()}
        return await eve.ask(type_, **{"room": "lobby", **given})

    return ask


async def reuse(eve: Talker, _: str) -> Frame:
    assert (await eve.post("mine", "one"))["type"] == "ack"
    return await eve.post("mine", "two")


async def join_too_many(eve: Talker, _: str) -> Frame:
    answers = [await eve.join(f"room{number}") for number in range(20)]
    return next(answer for answer in answers if answer["type"] == "error")


async def edit_a_deleted(eve: Talker, _: str) -> Frame:
    position = (await eve.post("gone"))["position"]
    await eve.ask("delete", "ack", room="lobby", position=position, cid="d1")
    return await eve.ask("edit", "ack", room="lobby", position=position, text="x", cid="e1")


def reacting(emoji: str) -> Wrong:
    """React to somebody's message so."""
    return asking("react", position=..., emoji=emoji, on=True, cid="r")


@pytest.mark.parametrize(
    ("wrong", "code", "cid"),
    [
        pytest.param(reuse, "cid_reused", "mine", id="a cid with another text"),
        pytest.param(
            asking("edit", position=..., text="mine now", cid="e"), "not_yours", "e", id="an edit"
        ),
        pytest.param(asking("delete", position=..., cid="d"), "not_yours", "d", id="a deletion"),
        pytest.param(edit_a_deleted, "already_deleted", "e1", id="an edit of nothing"),
        *(
            pytest.param(reacting(emoji), "bad_emoji", "r", id=ascii(emoji))
            for emoji in ("ok", "", " ", "👍👍👍👍👍👍👍👍👍", "<b>", "é", "\u202e", "1")
        ),
        pytest.param(
            asking("post", cid="c", text="é" * 2_049), "text_too_long", "c", id="4,098 bytes"
        ),
        pytest.param(asking("post", cid="c", text="\t \n"), "text_empty", "c", id="no text"),
        pytest.param(asking("post", cid="c" * 65, text="t"), "bad_cid", None, id="a long cid"),
        pytest.param(asking("join", room="a.b"), "bad_name", None, id="a name with a dot"),
        pytest.param(asking("leave", room="attic"), "not_joined", None, id="not there"),
        pytest.param(asking("typing", room="attic"), "not_joined", None, id="typing elsewhere"),
        pytest.param(asking("history", limit=101), "bad_limit", None, id="a long page"),
        pytest.param(asking("history", before="x"), "bad_position", None, id="a page of nowhere"),
        pytest.param(asking("dance"), "bad_frame", None, id="an unknown type"),
        pytest.param(asking("post", cid="c", text=7), "bad_frame", "c", id="a wrong type"),
        pytest.param(join_too_many, "too_many_rooms", None, id="a 21st room"),
    ],
)
async def test_each_has_its_code_and_the_connection_goes_on(
    served: RunningChat, wrong: Wrong, code: str, cid: str | None
) -> None:
    async with talking(served.socket, name="ada") as ada, talking(served.socket) as eve:
        await ada.join()
        await eve.join()
        position = (await ada.post("hers"))["position"]
        error = await wrong(eve, position)
        assert (error["type"], error["code"], error["retryable"]) == ("error", code, False)
        assert error.get("cid") == cid
        assert served.chat.replica.counts.errors == {Code(code): 1}
        assert (await eve.post("after"))["type"] == "ack"
        await ada.wait_for("message", count=2)
        assert not ada.all("edited", "deleted", "reacted", "error") or code == "already_deleted"


async def test_two_tabs_of_one_guest_are_two_names_or_one_place(served: RunningChat) -> None:
    async with talking(served.socket, name="ada") as one, talking(served.socket, name="ada") as two:
        assert one.user == "ada"
        assert two.user.startswith("ada-")
        session = one.welcome["session"]
        async with talking(served.socket, name="ada", session=session) as again:
            assert await one.wait_closed() == 4505
            assert again.user == "ada"
            assert (await again.join())["members"] == ["ada"]
        assert two.code is None


async def test_ten_megabytes_of_text_are_1009(served: RunningChat) -> None:
    async with raw_socket(served.socket) as raw:
        heard = await raw.abuse(frame(Op.TEXT, says_length=10_000_000))
        assert heard.code == 1009
    post = json.dumps({"type": "post", "room": "lobby", "cid": "c", "text": "x" * 10_000_000})
    async with connect(served.socket, max_size=None) as socket:
        with suppress(ConnectionClosed):
            await socket.send(post)
        await socket.wait_closed()
        # Who goes on sending may be reset before it has read the code.
        assert socket.close_code in (1009, 1006)
    await wait_until(lambda: served.chat.replica.counts.ended[EndedBy.PROTOCOL] == 2)


async def test_a_replica_with_all_its_rooms_says_so_and_serves_those_it_has(
    served: RunningChat,
) -> None:
    async with talking(served.socket) as ada, talking(served.socket) as eve:
        for number in range(20):
            assert (await ada.join(f"a{number}"))["type"] == "joined"
        answers = [await eve.join(f"e{number}") for number in range(12)]
        assert [answer["type"] for answer in answers] == ["joined"] * 10 + ["error"] * 2
        assert (answers[-1]["code"], answers[-1]["retryable"]) == ("channels", True)
        assert (await eve.join("a0"))["type"] == "joined"
        assert (await ada.ask("leave", "left", room="a1"))["type"] == "left"
        assert (await eve.join("e11"))["type"] == "joined"


def storm(*rooms: str) -> bytes:
    frames = (json.dumps({"type": "join", "room": room}).encode() for room in rooms)
    return b"".join(frame(Op.TEXT, text) for text in frames)


@pytest.mark.parametrize("distinct", [True, False])
async def test_ten_thousand_joins_on_one_connection_hold_up_nobody(
    broker: MemoryBroker, history: MemoryHistory, *, distinct: bool
) -> None:
    async with (
        running_chat(broker, history, posts_burst=STORM) as served,
        talking(served.socket, name="bob") as bob,
        raw_socket(served.socket) as raw,
    ):
        await bob.join("bobs")
        assert (await raw.frame())[0] is Op.TEXT
        joins = storm(*(f"room{number if distinct else 0}" for number in range(STORM)))
        raw.writer.write(joins)
        heard: list[Frame] = []
        errors = served.chat.replica.counts.errors
        acked = 0
        while len(heard) < STORM:
            text = json.loads((await raw.frame())[1])
            heard += [text] if text["type"] in ("joined", "error") else []
            if len(heard) % 1_000 == 500 and text is heard[-1]:
                # In the midst of it.
                mark, before = len(heard), errors.total()
                assert (await bob.post(f"c{mark}", room="bobs"))["type"] == "ack"
                acked += 1
                # One read of the server's has some 5,000 of them.
                assert errors.total() - before < 1_500
        assert acked == 10
        joined = sum(frame["type"] == "joined" for frame in heard)
        if distinct:
            assert joined == 20
            assert errors == {Code.TOO_MANY_ROOMS: STORM - 20}
        else:
            assert joined == STORM
            assert served.chat.replica.rooms.members("room0")[1] == 1
