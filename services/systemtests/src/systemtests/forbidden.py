"""What no role may do, for NATS and for Valkey, and whether a server refuses it.

One table for the cluster's servers and for those of the local run.
"""

from typing import Any, Final

import nats

from realtime.testing import wait_until

UNSAID: Final = {
    "producer": (
        "rooms.lobby",
        "live.sensors.x",
        "presence.lobby",
        "$JS.API.STREAM.CREATE.SENSORS",
        "$JS.API.STREAM.UPDATE.SENSORS",
        "$JS.API.STREAM.DELETE.SENSORS",
        "$JS.API.STREAM.PURGE.SENSORS",
        "$JS.API.STREAM.INFO.CHAT",
        "$SYS.REQ.SERVER.PING",
        "replicas.feed",
    ),
    "feed": (
        "sensors.a.b",
        "rooms.lobby",
        "live.sensors.x",
        "$JS.API.STREAM.CREATE.SENSORS",
        "$JS.API.STREAM.DELETE.SENSORS",
        "$JS.API.STREAM.PURGE.SENSORS",
        "$JS.API.STREAM.MSG.DELETE.SENSORS",
        "$JS.API.DIRECT.GET.CHAT",
        "tickets.chat.x",
        "revocations.user",
        "replicas.chat",
    ),
    "chat": (
        "sensors.a.b",
        "live.rooms.lobby",
        "$JS.API.STREAM.CREATE.CHAT",
        "$JS.API.STREAM.DELETE.CHAT",
        "$JS.API.STREAM.PURGE.CHAT",
        "$JS.API.STREAM.UPDATE.SENSORS",
        "tickets.feed.x",
        "revocations.user",
        "replicas.feed",
    ),
}
"""Subjects that a user may not publish to."""
UNHEARD: Final = {
    "producer": ("live.>", "rooms.*", "_INBOX.>", "_INBOX.feed.>"),
    "feed": (
        "live.rooms.*",
        "sensors.>",
        "presence.*",
        "_INBOX.chat.>",
        "tickets.>",
        "replicas.*",
        ">",
    ),
    "chat": ("live.sensors.>", "rooms.*", "_INBOX.feed.>", "tickets.>", "replicas.feed", ">"),
}
"""Subjects that a user may not subscribe to."""

VALKEY: Final = (
    ("CONFIG", "GET", "*"),
    ("ACL", "LIST"),
    ("FLUSHALL",),
    ("KEYS", "*"),
    ("SHUTDOWN",),
    ("SAVE",),
    ("MONITOR",),
    ("REPLICAOF", "127.0.0.1", "1"),
    ("MODULE", "LIST"),
    ("SET", "elsewhere", "x"),
    ("GET", "elsewhere"),
    ("PUBLISH", "news", "x"),
)
"""Commands that chat may not give."""


async def check_refused(url: str, user: str) -> None:
    """Do all that ``user``, whose URL it is, may not do, and see each refused."""
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error).lower())

    async def hear(_: Any) -> None:
        pass

    client = await nats.connect(url, error_cb=note)
    try:
        for subject in UNSAID[user]:
            await client.publish(subject, b"x")
        for subject in UNHEARD[user]:
            await client.subscribe(subject, cb=hear)
        await client.flush()
        expected = [f'publish to "{subject}"'.lower() for subject in UNSAID[user]]
        expected += [f'subscription to "{subject}"'.lower() for subject in UNHEARD[user]]

        def missing() -> list[str]:
            return [words for words in expected if not any(words in said for said in refused)]

        await wait_until(lambda: not missing(), what="all refusals")
    finally:
        await client.close()
