"""The probes of a WebSocket endpoint, in their order."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from doctor.conversation import Conversation
from doctor.errors import DoctorError
from doctor.observations import SocketObserved
from doctor.plan import Plan
from doctor.probes.dial import dial
from doctor.probes.fingerprint import fingerprint
from doctor.probes.listener import ask
from doctor.probes.stream_exam import FOREIGN
from doctor.probes.talker import Talker, talking
from doctor.progress import Progress
from doctor.proxy import recognise
from doctor.recording import json_object

_AIRWAVE: Final = "airwave.chat.v1"
_STRANGE: Final = "doctor.invalid"
_SETTLE: Final = 2.0  # seconds in which a server that says nothing would have closed
_AIRWAVE_FRAME: Final = 64 * 1024 + 1
_LARGE_FRAME: Final = 1024 * 1024


class SocketExam:
    """Examines ``plan.target`` as a WebSocket."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self._plan = plan
        self._progress = progress
        self._patience = plan.patience_s

    async def observe(self) -> SocketObserved:
        """Everything there is to observe, within the plan's bounds.

        Raises:
            DoctorError: no connection to begin with.
        """
        plan, target = self._plan, self._plan.target
        self._progress.say(f"{target.host}: name, connection, TLS")
        line = await dial(target, plan.trust)
        self._progress.say("shaking hands")
        pages, plain, opening = await asyncio.gather(
            fingerprint(target, plan.trust, within=min(3.0, self._patience)),
            ask(target, plan.trust, {**plan.headers, "Accept": "*/*"}, within=self._patience),
            self._open(plan.subprotocols),
        )
        airwave = _is_airwave(opening)
        rest = await self._further(airwave=airwave) if opening.upgraded else {}
        return SocketObserved(
            line=line,
            local=target.local,
            tls=target.tls,
            airwave=airwave,
            proxies=plan.proxies or recognise((*pages, plain)),
            opening=opening,
            plain=plain,
            crowd=await self._crowd() if opening.upgraded else (),
            **rest,
        )

    async def _further(self, *, airwave: bool) -> dict[str, Conversation | None]:
        self._progress.say("as a page from elsewhere, and with other offers")
        offered = (_AIRWAVE,) if airwave else self._plan.subprotocols
        settle = self._patience if airwave else min(_SETTLE, self._patience)
        foreign, null, strange, deflated, oversized = await asyncio.gather(
            self._talk(settle, origin=FOREIGN),
            self._talk(settle, origin="null"),
            self._talk(settle, subprotocols=(_STRANGE,)),
            self._talk(settle, subprotocols=offered, deflate=True),
            self._oversized(airwave=airwave),
        )
        idle = await self._progress.wait(
            "saying nothing, waiting for a cut", self._plan.watch_s, self._idle()
        )
        return {
            "foreign": foreign,
            "null": null,
            "strange": strange,
            "deflated": deflated,
            "oversized": oversized,
            "idle": idle,
        }

    async def _open(self, subprotocols: Sequence[str]) -> Conversation:
        async with self._talking(subprotocols=subprotocols) as talker:
            await talker.listen(self._patience, until=lambda one: one.head is not None)
            await talker.listen(min(_SETTLE, self._patience), until=_spoke)
            if talker.open:
                talker.ping()
                await talker.listen(self._patience, until=lambda one: one.ponged)
            return talker.conversation()

    async def _talk(
        self,
        settle: float,
        *,
        origin: str | None = None,
        subprotocols: Sequence[str] = (),
        deflate: bool = False,
    ) -> Conversation:
        async with self._talking(origin, subprotocols, deflate=deflate) as talker:
            await talker.listen(self._patience, until=lambda one: one.head is not None)
            await talker.listen(settle, until=_spoke)
            return talker.conversation()

    async def _oversized(self, *, airwave: bool) -> Conversation | None:
        """One frame that is too large; others' endpoints get none unless asked for."""
        if not airwave and not self._plan.frames:
            return None
        async with self._talking(subprotocols=self._plan.subprotocols) as talker:
            await talker.listen(self._patience, until=lambda one: one.head is not None)
            if talker.open:
                talker.send(b" " * (_AIRWAVE_FRAME if airwave else _LARGE_FRAME))
                await talker.listen(self._patience, until=_closed)
            return talker.conversation()

    async def _idle(self) -> Conversation:
        """Say nothing; then see whether the connection is really there."""
        async with self._talking(subprotocols=self._plan.subprotocols) as talker:
            await talker.listen(self._plan.watch_s)
            if talker.open:
                talker.ping()
                await talker.listen(self._patience, until=lambda one: one.ponged)
            return talker.conversation()

    async def _crowd(self) -> tuple[Conversation | None, ...]:
        count = self._plan.connections
        self._progress.say(f"{count} connections at once")
        return tuple(await asyncio.gather(*(self._one_of_many() for _ in range(count))))

    async def _one_of_many(self) -> Conversation | None:
        try:
            return await self._talk(0.0)
        except DoctorError:
            return None

    def _talking(
        self, origin: str | None = None, subprotocols: Sequence[str] = (), *, deflate: bool = False
    ) -> AbstractAsyncContextManager[Talker]:
        return talking(
            self._plan.target,
            self._plan.trust,
            origin=origin or self._plan.target.origin,
            subprotocols=subprotocols,
            deflate=deflate,
            headers=dict(self._plan.headers),
        )


def _spoke(talker: Talker) -> bool:
    return any(frame.kind in ("text", "binary", "close") for frame in talker.said)


def _closed(talker: Talker) -> bool:
    return any(frame.kind == "close" for frame in talker.said)


def _is_airwave(opening: Conversation) -> bool:
    texts = [frame.text for frame in opening.said if frame.kind == "text"]
    first = json_object(texts[0]) if texts else {}
    return first.get("type") == "welcome" and {"heartbeat", "limits"} <= first.keys()
