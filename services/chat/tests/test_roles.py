"""What readers, members and moderators of a room may do, by their tokens, over a real server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from chat.testing import MemoryHistory
from realtime.identity.errors import Denial
from realtime.testing import Issuer, MemoryBroker
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import Talker, talking


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture(params=["direct", "portable"])
async def served(
    request: pytest.FixtureRequest, issuer: Issuer, broker: MemoryBroker, history: MemoryHistory
) -> AsyncIterator[RunningChat]:
    direct = request.param == "direct"
    async with running_chat(
        broker, history, direct=direct, posts_burst=1_000, **issuer.settings
    ) as running:
        yield running


@pytest.fixture
async def people(served: RunningChat, issuer: Issuer) -> AsyncIterator[dict[str, Talker]]:
    """One of each role in the lobby, all of them there."""
    scopes = {"reader": ":reader", "member": "", "author": ":member", "moderator": ":moderator"}
    async with AsyncExitStack() as stack:
        found = {}
        for name, role in scopes.items():
            token = issuer.token(name, f"rooms:lobby{role} rooms:attic")
            found[name] = await stack.enter_async_context(talking(served.socket, token=token))
            assert (await found[name].join())["type"] == "joined"
        yield found


async def change(talker: Talker, type_: str, position: str, **fields: Any) -> dict[str, Any]:
    return await talker.ask(type_, "ack", room="lobby", position=position, cid=type_, **fields)


async def test_a_moderator_edits_and_deletes_what_others_wrote_and_a_member_does_not(
    served: RunningChat, people: dict[str, Talker]
) -> None:
    author, member, moderator = (people[name] for name in ("author", "member", "moderator"))
    position = (await author.post("c1", "rude"))["position"]
    for answer in (
        await change(member, "edit", position, text="mine"),
        await change(member, "delete", position),
    ):
        assert (answer["type"], answer["code"], answer["retryable"]) == (
            "error",
            "not_yours",
            False,
        )
    assert (await change(moderator, "edit", position, text="polite"))["type"] == "ack"
    (edited,) = await author.wait_for("edited")
    assert (edited["user"], edited["text"], edited["target"]) == ("moderator", "polite", position)
    assert (await change(moderator, "delete", position))["type"] == "ack"
    (deleted,) = await people["reader"].wait_for("deleted")
    assert (deleted["user"], deleted["target"]) == ("moderator", position)
    await served.wait_projected()
    (tombstone,) = (await member.history())["messages"]
    assert (tombstone["user"], tombstone["deleted"]) == ("author", True)


async def test_a_moderator_of_one_room_is_a_member_in_another(people: dict[str, Talker]) -> None:
    author, moderator = people["author"], people["moderator"]
    position = (await author.post("c1", room="attic"))["position"]
    for type_, fields in (("edit", {"text": "x"}), ("delete", {})):
        answer = await moderator.ask(
            type_, "ack", room="attic", position=position, cid=type_, **fields
        )
        assert answer["code"] == "not_yours"
    assert (await moderator.post("c2", room="attic"))["type"] == "ack"


async def test_a_reader_sees_everything_and_says_nothing(
    served: RunningChat, people: dict[str, Talker]
) -> None:
    reader, author = people["reader"], people["author"]
    position = (await author.post("c1"))["position"]
    await reader.wait_for("message")
    await served.wait_projected()
    assert len((await reader.history())["messages"]) == 1
    answers = [
        await reader.post("c1"),
        await change(reader, "edit", position, text="x"),
        await change(reader, "delete", position),
        await change(reader, "react", position, emoji="👍", on=True),
        await reader.ask("typing", "typing", room="lobby"),
    ]
    assert [(a["code"], a["retryable"]) for a in answers] == [("forbidden", False)] * 5
    assert [a.get("cid") for a in answers] == ["c1", "edit", "delete", "react", None]
    assert served.chat.replica.gate.refused[Denial.FORBIDDEN] == 5
    assert (await change(author, "react", position, emoji="👍", on=True))["type"] == "ack"
    (reacted,) = await reader.wait_for("reacted")
    assert reacted["user"] == "author"
    assert not author.all("typing", "edited", "deleted")
    assert reader.code is None
