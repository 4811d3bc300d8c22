"""People who write into rooms and come back when they are cut off, and what came of it."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime.position import parse_position
from systemtests.talker import Frame
from systemtests.verdict import Verdict

ACK_SECONDS = 20.0
RETRY_SECONDS = 0.02


class TryAgainError(Exception):
    """The chat could not take a post now, and says that it may be sent again."""


@dataclass
class Writer:
    """One user in one room who posts over any of ``urls`` until each post is acknowledged."""

    name: str
    room: str
    urls: Sequence[str]
    chance: random.Random
    acked: dict[str, int] = field(default_factory=dict)
    """The offset of each acknowledged post, by its cid."""
    seen: list[tuple[int, str]] = field(default_factory=list)
    """Every message that was shown, over all connections, in that order: offset and cid."""
    gaps: list[Frame] = field(default_factory=list)
    connections: int = 0
    contradictions: list[str] = field(default_factory=list)
    """A cid whose retry was acknowledged at another position than the post."""
    _session: str = ""
    _last: str | None = None

    async def write(self, count: int, *, cut_every: int, joined: asyncio.Barrier) -> None:
        """Post ``count`` messages; about one connection in ``cut_every`` posts is cut off.

        ``joined``: nobody writes before everybody is there.
        """
        left = [f"{self.name}:{number}" for number in range(count)]
        while left:
            try:
                await self._connection(left, cut_every, joined if not self.connections else None)
            except (ConnectionClosed, OSError, TryAgainError):
                await asyncio.sleep(RETRY_SECONDS)

    async def listen_until(self, offset: int) -> None:
        """Come back once more, and be shown everything up to ``offset``."""
        async with connect(self._url()) as socket:
            await self._enter(socket)
            async with asyncio.timeout(ACK_SECONDS):
                while not self.seen or self.seen[-1][0] < offset:
                    self._hear(json.loads(await socket.recv()))

    async def _connection(
        self, left: list[str], cut_every: int, joined: asyncio.Barrier | None
    ) -> None:
        self.connections += 1
        async with connect(self._url()) as socket:
            await self._enter(socket)
            if joined is not None:
                await joined.wait()
            while left:
                cid = left[0]
                await socket.send(
                    json.dumps({"type": "post", "room": self.room, "cid": cid, "text": cid})
                )
                if self.chance.randrange(cut_every) == 0:
                    # Gone before the answer: whether it is stored is not known.
                    return
                async with asyncio.timeout(ACK_SECONDS):
                    while cid not in self.acked:
                        self._hear(json.loads(await socket.recv()))
                left.remove(cid)

    def _url(self) -> str:
        query = f"?name={self.name}" + (f"&session={self._session}" if self._session else "")
        return self.chance.choice(self.urls) + query

    async def _enter(self, socket: object) -> None:
        send, recv = socket.send, socket.recv  # type: ignore[attr-defined]
        welcome = json.loads(await recv())
        assert welcome["user"] == self.name, welcome
        self._session = welcome["session"]
        after = {} if self._last is None else {"after": self._last}
        await send(json.dumps({"type": "join", "room": self.room, **after}))
        async with asyncio.timeout(ACK_SECONDS):
            while True:
                frame = json.loads(await recv())
                self._hear(frame)
                if frame["type"] == "joined":
                    assert frame["resumed"] is (self._last is not None), frame
                    if self._last is None:
                        self._last = frame["head"]
                    return

    def _hear(self, frame: Frame) -> None:
        match frame["type"]:
            case "joined":
                for message in frame["messages"]:
                    self._see(message)
            case "message":
                self._see(frame)
            case "ack":
                offset = _offset(frame)
                if self.acked.setdefault(frame["cid"], offset) != offset:
                    self.contradictions.append(frame["cid"])
            case "gap":
                self.gaps.append(frame)
            case "error" if frame["retryable"] and "cid" in frame:
                raise TryAgainError(frame)
            case "error":
                raise AssertionError(frame)

    def _see(self, message: Frame) -> None:
        self.seen.append((_offset(message), message["cid"]))
        self._last = message["position"]


def _offset(frame: Frame) -> int:
    position = parse_position(frame["position"])
    assert position is not None, frame
    return position.offset


def judge_room(writers: Iterable[Writer]) -> Verdict:
    """Compare what was acknowledged in one room with what each of its members was shown."""
    writers = list(writers)
    acked = {offset: cid for writer in writers for cid, offset in writer.acked.items()}
    verdict = Verdict()
    for writer in writers:
        offsets = [offset for offset, _ in writer.seen]
        verdict.lost += sorted(set(acked) - set(offsets))
        verdict.duplicate += [offset for offset, times in Counter(offsets).items() if times > 1]
        verdict.reordered += [after for before, after in pairwise(offsets) if after < before]
        verdict.phantom += [offset for offset, cid in writer.seen if acked.get(offset) != cid]
    return verdict
