"""Whole streams copied into a folder and back, by JetStream's own snapshots.

A folder holds what the broker said of the stream (``backup.json``) and its blocks as the broker
packed them (``stream.tar.s2``): the layout of ``nats stream backup``. The protocol is that of the
JetStream API (``$JS.API.STREAM.SNAPSHOT`` and ``RESTORE``).
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from realtime.errors import AirwaveError, BrokerRefusedError, BrokerUnavailableError
from realtime.nats_stream import INCARNATION

FACTS: Final = "backup.json"
BLOCKS: Final = "stream.tar.s2"
CHUNK_BYTES: Final = 128 * 1024
SILENCE_SECONDS: Final = 30.0
"""How long the broker may take to pack, to send the next chunk, or to take one."""
_CONNECT_SECONDS: Final = 5
_NOT_FOUND: Final = 404


class StreamCopyError(AirwaveError):
    """A folder that holds no copy, or a copy that did not come whole."""

    code = "bad_copy"

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"{folder}: {reason}")


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds, or brought back."""

    stream: str
    messages: int
    last: int


@asynccontextmanager
async def connected(url: str, *, name: str) -> AsyncIterator[Client]:
    """A driver's connection while the context lasts.

    Raises:
        BrokerUnavailableError: nobody answers at ``url``.
    """
    try:
        client = await nats.connect(
            url,
            name=name,
            inbox_prefix=f"_INBOX.{name}",
            connect_timeout=_CONNECT_SECONDS,
            allow_reconnect=False,
            # Tried twice; the driver's own is 60 times, 2 s apart.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=_quiet,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        action = "connect"
        raise BrokerUnavailableError(action) from error
    try:
        yield client
    finally:
        await client.close()


async def _quiet(_: Exception) -> None:
    """Say nothing: what fails is raised to whoever asked, and the driver would log it as well."""


async def take(client: Client, stream: str, folder: Path) -> Copied:
    """Copy ``stream`` into ``folder``, which is made; what was there is overwritten at the end.

    Raises:
        BrokerError: it refuses, or falls silent.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    chunks: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=chunks.put)
    try:
        # A cluster has no answer at all to a request for a snapshot of what is not there.
        await _ask(client, f"$JS.API.STREAM.INFO.{stream}", {})
        wish = {"deliver_subject": inbox, "no_consumers": True, "chunk_size": CHUNK_BYTES}
        facts = await _ask(client, f"$JS.API.STREAM.SNAPSHOT.{stream}", wish)
        partial = folder / (BLOCKS + ".part")
        with partial.open("wb") as file:
            await _receive(chunks, stream, file)
    finally:
        await subscription.unsubscribe()
    partial.replace(folder / BLOCKS)
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return _copied(facts)


async def _receive(chunks: asyncio.Queue[Msg], stream: str, file: IO[bytes]) -> None:
    action = f"copy of {stream}"
    while True:
        try:
            chunk = await asyncio.wait_for(chunks.get(), SILENCE_SECONDS)
        except TimeoutError as error:
            raise BrokerUnavailableError(action) from error
        if not chunk.data:
            # An end with a status other than 204 is one that came too early.
            status = (chunk.headers or {}).get("Status", "204")
            if status != "204":
                said = (chunk.headers or {}).get("Description", "")
                raise BrokerRefusedError(action, f"{status} {said}".strip())
            return
        file.write(chunk.data)
        if chunk.reply:  # the broker waits for it before it sends more
            await chunk.respond(b"")


async def bring_back(client: Client, folder: Path, *, replicas: int | None) -> Copied:
    """Make the stream that ``folder`` holds, with a new epoch.

    A new one, because what was published after the copy was made is gone while its positions are
    with clients: taken for the old epoch's, they would soon mean other messages. ``replicas``:
    None takes as many as there were.

    Raises:
        StreamCopyError: the folder holds none, or not all of it came back.
        BrokerError: it refuses (a stream of that name exists, too few servers), or falls silent.
    """
    facts, blocks = _read_facts(folder), folder / BLOCKS
    wish = {"config": _config(facts, replicas), "state": facts["state"]}
    name = facts["config"]["name"]
    to = (await _ask(client, f"$JS.API.STREAM.RESTORE.{name}", wish))["deliver_subject"]
    with blocks.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if answer := await _send(client, to, chunk):
                _checked(answer, f"restore of {name}")
    made = _checked(await _send(client, to, b""), f"restore of {name}")
    found, wanted = _copied(made), _copied(facts)
    # Younger than max_age is a matter of time: what has expired since is no loss.
    if found.last != wanted.last:
        reason = f"ends at {found.last} and not at {wanted.last}"
        raise StreamCopyError(folder, reason)
    return found


async def remove(client: Client, stream: str) -> None:
    """Delete ``stream`` and all that it holds; one that is not there is no error.

    Raises:
        BrokerError: it refuses, or falls silent.
    """
    subject = f"$JS.API.STREAM.DELETE.{stream}"
    answer = json.loads(await _send(client, subject, b""))
    error = answer.get("error", {})
    if error and error.get("code") != _NOT_FOUND:
        raise BrokerRefusedError(subject, str(error.get("description", error)))


def _config(facts: Any, replicas: int | None) -> Any:
    config = dict(facts["config"])
    # Not one more than the copy's: later ones may have been used since, for what is lost now.
    incarnation = {INCARNATION: str(int(time.time()))}
    config["metadata"] = {**config.get("metadata", {}), **incarnation}
    config["num_replicas"] = replicas or config["num_replicas"]
    return config


def _read_facts(folder: Path) -> Any:
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StreamCopyError(folder, f"no copy is here: {error}") from error
    if not (folder / BLOCKS).is_file():
        raise StreamCopyError(folder, f"{BLOCKS} is missing")
    return facts


async def _ask(client: Client, subject: str, wish: Any) -> Any:
    return _checked(await _send(client, subject, json.dumps(wish).encode()), subject)


async def _send(client: Client, subject: str, payload: bytes) -> bytes:
    try:
        return (await client.request(subject, payload, timeout=SILENCE_SECONDS)).data
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise BrokerUnavailableError(subject) from error


def _checked(answer: bytes, action: str) -> Any:
    found = json.loads(answer)
    if (error := found.get("error")) is not None:
        raise BrokerRefusedError(action, str(error.get("description", error)))
    return found


def _copied(facts: Any) -> Copied:
    state = facts["state"]
    return Copied(facts["config"]["name"], state["messages"], state["last_seq"])
