"""Changing messages in a dialog, and looking at what becomes of them."""

from typing import Any

from chat.replica import Replica
from chat.testing.dialog import Dialog, Frame, dialog


async def edit(talk: Dialog, position: str, text: str, cid: str = "e1", **fields: Any) -> Frame:
    """Give a message another text."""
    fields = {"room": "lobby", "position": position, "text": text, "cid": cid, **fields}
    return await talk.say("edit", **fields)


async def delete(talk: Dialog, position: str, cid: str = "d1", **fields: Any) -> Frame:
    """Take a message back."""
    return await talk.say("delete", **{"room": "lobby", "position": position, "cid": cid, **fields})


async def react(
    talk: Dialog, position: str, emoji: str = "👍", *, on: bool = True, cid: str = "r1"
) -> Frame:
    """Put an emoji to a message."""
    return await talk.say("react", room="lobby", position=position, emoji=emoji, on=on, cid=cid)


async def posted(talk: Dialog, cid: str = "c1", text: str = "secret") -> str:
    """Say something; gives its position."""
    return str((await talk.post(cid, text))["position"])


async def listed(replica: Replica, room: str = "lobby") -> list[dict[str, Any]]:
    """The room as a newcomer is shown it."""
    with dialog(replica, "newcomer") as talk:
        messages: list[dict[str, Any]] = (await talk.join(room))["messages"]
        return messages


async def paged(replica: Replica, room: str = "lobby") -> list[dict[str, Any]]:
    """The room's history."""
    with dialog(replica, "reader") as talk:
        answer = await talk.say("history", room=room, limit=100)
        messages: list[dict[str, Any]] = answer["messages"]
        return messages
