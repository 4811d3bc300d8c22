"""The probes of an SSE endpoint, in their order."""

import asyncio
from collections.abc import Callable
from typing import Final

from doctor.errors import DoctorError
from doctor.observations import Resumption, StreamObserved
from doctor.plan import Plan
from doctor.probes.dial import dial
from doctor.probes.fingerprint import fingerprint
from doctor.probes.listener import Listener, ask, listening
from doctor.progress import Progress
from doctor.proxy import recognise
from doctor.recording import Recording
from doctor.target import Target

FOREIGN: Final = "https://doctor.invalid"
"""An origin that nobody can have on an allow-list."""
_SHORTEST: Final = "5"  # seconds, of Airwave's ?heartbeat=
_LONGEST: Final = "60"
_SILENT: Final = "doctor/silence"  # a sensor that nobody publishes
_AWAY: Final = 1.0  # seconds between leaving a stream and coming back to it
_RESUMED: Final = 2.0  # seconds for which a stream is read on


class StreamExam:
    """Examines ``plan.target`` as an event stream."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self._plan = plan
        self._progress = progress
        self._patience = plan.patience_s

    async def observe(self) -> StreamObserved:
        """Everything there is to observe, within the plan's bounds.

        Raises:
            DoctorError: no connection to begin with.
        """
        plan, target = self._plan, self._plan.target
        self._progress.say(f"{target.host}: name, connection, TLS")
        line = await dial(target, plan.trust)
        self._progress.say("asking in different ways")
        pages, known, head_only, opening, squeezed = await asyncio.gather(
            fingerprint(target, plan.trust, within=min(3.0, self._patience)),
            self._ask(target.asking(heartbeat="doctor"), until=_has_head),
            self._ask(target, method="HEAD"),
            self._ask(target, {"Accept-Encoding": "identity"}, until=_has_event),
            self._ask(target, {"Accept-Encoding": "gzip"}, until=_has_event),
        )
        foreign, null = await asyncio.gather(
            self._ask(target, {"Origin": FOREIGN}, until=_has_head),
            self._ask(target, {"Origin": "null"}, until=_has_head),
        )
        airwave = b'"parameter":"heartbeat"' in known.body.replace(b" ", b"")
        streaming = opening.is_event_stream or bool(opening.events)
        crowd = await self._crowd() if streaming else ()
        lively = quiet = resumption = None
        if streaming or opening.head is None:
            lively, quiet, resumption = await self._watch(airwave=airwave, streaming=streaming)
        return StreamObserved(
            line=line,
            local=target.local,
            tls=target.tls,
            patience=self._patience,
            airwave=airwave,
            proxies=plan.proxies or recognise((*pages, known, head_only, opening, foreign)),
            head_only=head_only,
            opening=opening,
            squeezed=squeezed,
            foreign=foreign,
            null=null,
            crowd=crowd,
            resumption=resumption,
            lively=lively,
            quiet=quiet,
        )

    async def _watch(
        self, *, airwave: bool, streaming: bool
    ) -> tuple[Recording, Recording | None, Resumption | None]:
        plan, target = self._plan, self._plan.target
        lively = target.asking(heartbeat=_SHORTEST) if airwave else target
        silent = target.asking(heartbeat=_LONGEST, sensor=_SILENT)
        return await self._progress.wait(
            "listening for a cut",
            plan.watch_s,
            asyncio.gather(
                self._listen(lively),
                self._listen(silent) if airwave else _nothing(),
                self._resume(lively) if streaming else _nothing(),
            ),
        )

    async def _listen(self, target: Target) -> Recording:
        return await ask(
            target, self._plan.trust, self._headers({}), within=self._plan.watch_s, until=_ended
        )

    async def _resume(self, target: Target) -> Resumption | None:
        """Leave a stream and come back, while a witness stays; None where it gives no ids."""
        async with listening(target, self._plan.trust, self._headers({})) as witness:
            staying = asyncio.ensure_future(witness.listen(4 * self._patience))
            try:
                before = await self._ask(target, until=_has_id)
                left = before.events[-1].id if before.events else ""
                after = await self._come_back(target, left) if left else None
            finally:
                staying.cancel()
            return Resumption(before, witness.recording(), after, left) if after else None

    async def _come_back(self, target: Target, left: str) -> Recording:
        await asyncio.sleep(_AWAY)
        headers = self._headers({"Last-Event-ID": left})
        return await ask(target, self._plan.trust, headers, within=_RESUMED)

    async def _crowd(self) -> tuple[Recording | None, ...]:
        count = self._plan.connections
        self._progress.say(f"{count} connections at once")
        return tuple(await asyncio.gather(*(self._one_of_many() for _ in range(count))))

    async def _one_of_many(self) -> Recording | None:
        try:
            return await self._ask(self._plan.target, until=_has_head)
        except DoctorError:
            return None

    async def _ask(
        self,
        target: Target,
        headers: dict[str, str] | None = None,
        *,
        method: str = "GET",
        until: Callable[[Listener], bool] = lambda _: False,
    ) -> Recording:
        sent = self._headers(headers or {})
        return await ask(
            target, self._plan.trust, sent, method=method, within=self._patience, until=until
        )

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        return {**self._plan.headers, **headers}


def _has_head(listener: Listener) -> bool:
    # A refusal ends: its body is worth the wait.
    head = listener.head
    return head is not None and head.get("content-type").startswith("text/event-stream")


def _has_event(listener: Listener) -> bool:
    return bool(listener.events.events)


def _has_id(listener: Listener) -> bool:
    return bool(listener.events.events and listener.events.events[-1].id) and listener.now > _AWAY


def _ended(listener: Listener) -> bool:
    return listener.end is not None


async def _nothing() -> None:
    """A probe that is not made."""
