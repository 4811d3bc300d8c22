"""Lets readings out to those only whose token reaches so far."""

from contextlib import ExitStack
from dataclasses import replace

import structlog
from starlette.requests import HTTPConnection, Request

from feed.query import ReadingsQuery, SensorFilter
from realtime.admission import Admission, Refusal, RefusedError, Slot
from realtime.identity.errors import ForbiddenError, IdentityUnavailableError
from realtime.identity.gate import Gate
from realtime.identity.who import Identity
from realtime.request_id import request_id
from realtime.telemetry import Sampler

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def address_of(request: HTTPConnection) -> str:
    """Where a request comes from, as the edge says."""
    return request.client.host if request.client else ""


class Guard:
    """Stands before every route of the feed.

    A scope becomes part of the filter: what it leaves out is in no snapshot, no replay and no live
    event, without a question per event, and all who may see the same share one channel.
    """

    def __init__(self, gate: Gate, admission: Admission) -> None:
        self.gate = gate
        self._admission = admission
        self._sampler = Sampler()

    def enter(self, request: HTTPConnection) -> Slot:
        """Take a place for a connection; give it back with `Slot.leave`.

        Raises:
            RefusedError: not now.
        """
        return self._admission.enter(address_of(request))

    def refuse_elsewhere(self) -> RefusedError | None:
        """Why nobody comes in here now, where another replica may have a place; counted."""
        reason = self._admission.obstacle()
        return None if reason is None else self._admission.refuse(reason)

    def say_refused(self, request: HTTPConnection, error: RefusedError) -> None:
        """Write the line of a connection that came to nothing, sampled by its reason."""
        held_back = self._sampler.admit(error.code)
        if held_back is not None:
            log.info(
                "stream_refused",
                reason=error.code,
                ip=address_of(request),
                request_id=request_id(request.headers) or None,
                held_back=held_back,
            )

    async def admit(
        self, request: HTTPConnection, query: ReadingsQuery, slot: Slot
    ) -> tuple[Identity, ReadingsQuery]:
        """Who asks for a stream, and what of it they get; gives the slot back if nothing.

        Raises:
            RefusedError: not now.
            IdentityError: not them.
        """
        with ExitStack() as undo:
            undo.enter_context(slot)
            try:
                identity = await self.gate.identify(request)
            except IdentityUnavailableError as error:
                raise self._admission.refuse(Refusal.IDENTITY) from error
            sensors = self._narrowed(identity, query.sensors)
            slot.claim(identity.user)
            undo.pop_all()
        return identity, replace(query, sensors=sensors)

    async def identify(self, request: Request) -> Identity:
        """Who asks.

        Raises:
            IdentityError: that is not known.
        """
        return await self.gate.identify(request)

    async def narrow(self, request: Request, sensors: SensorFilter) -> SensorFilter:
        """What of the sensors asked for may be shown.

        Raises:
            IdentityError: names the pattern that is outside of the scope, if it is that.
        """
        return self._narrowed(await self.gate.identify(request), sensors)

    def _narrowed(self, identity: Identity, sensors: SensorFilter) -> SensorFilter:
        try:
            return SensorFilter(identity.narrow(sensors.patterns))
        except ForbiddenError as error:
            raise self.gate.note(error) from None
