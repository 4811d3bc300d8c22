"""Tickets: what stands for a token in a URL, once, for seconds.

A ticket is 192 random bits. What it stands for lies in a stream under the ticket's hash, so any
replica can redeem it, and whoever reads the stream has no ticket. Redeeming it publishes a mark
under an id made of the hash: the broker stores one id once, so of several replicas that redeem the
same ticket exactly one is not told that its mark is a duplicate (decision 0012).
"""

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from realtime.broker import Broker, Delivery, StreamSpec
from realtime.errors import BrokerError, BrokerRefusedError, StreamMissingError
from realtime.identity.errors import Denial, IdentityUnavailableError, Lack, TokenRefusedError
from realtime.identity.scope import parse_scope
from realtime.identity.who import Identity

LIFE: Final = timedelta(seconds=30)
TICKETS: Final = StreamSpec(
    name="TICKETS",
    subjects=("tickets.>",),
    republish_prefix="live.",
    # The broker forgets a ticket as soon as no clock of ours could still take it.
    max_age=LIFE * 2,
    max_bytes=64 * 1024 * 1024,
    # Longer than a ticket lives: within it a second mark is a duplicate.
    duplicate_window=LIFE * 2,
)
_TICKET = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
_BYTES: Final = 24
_LOOKS: Final = 3
_LOOK_AGAIN: Final = timedelta(milliseconds=100)
"""A follower of the stream that lags by milliseconds may answer the first read."""


class _Standing(msgspec.Struct, forbid_unknown_fields=True):
    """What a ticket stands for; times in Unix seconds."""

    user: str
    scope: str
    expires: float
    until: float
    issued: float | None = None
    token_id: str | None = None


_decoder = msgspec.json.Decoder(_Standing)


class Tickets:
    """Issues and redeems the tickets of one service, by whatever replica.

    ``life``: for how long a ticket is taken, at most `LIFE`. ``clock`` is in Unix seconds.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        service: str,
        life: timedelta = LIFE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._broker = broker
        self._service = service
        self._life = min(life, LIFE).total_seconds()
        self._clock = clock
        self.issued = 0
        self.redeemed = 0

    @property
    def life(self) -> float:
        """Seconds for which a ticket is taken."""
        return self._life

    async def issue(self, identity: Identity) -> str:
        """Make a ticket for an identity that a token has given.

        Raises:
            IdentityUnavailableError: the broker does not store it.
        """
        ticket = secrets.token_urlsafe(_BYTES)
        standing = _Standing(
            user=identity.user,
            scope=identity.scope.text,
            expires=identity.expires or 0.0,
            until=self._clock() + self._life,
            issued=identity.issued,
            token_id=identity.token_id,
        )
        await self._store(self._subject(ticket), msgspec.json.encode(standing))
        self.issued += 1
        return ticket

    async def redeem(self, ticket: str) -> Identity:
        """Give the identity that a ticket stands for, and never again.

        Raises:
            TokenRefusedError: unknown, too old, or already redeemed, here or elsewhere.
            IdentityUnavailableError: the broker doesn't answer; the ticket may be used up.
        """
        if _TICKET.fullmatch(ticket) is None:
            raise TokenRefusedError(Denial.TICKET)
        try:
            standing = await self._look(self._subject(ticket))
            if self._clock() >= standing.until:
                raise TokenRefusedError(Denial.TICKET)
            if self._clock() >= standing.expires:
                raise TokenRefusedError(Denial.EXPIRED)
            mark = self._subject(ticket) + ".used"
            stored = await self._broker.publish(mark, b"", message_id=mark)
        except BrokerError as error:
            raise IdentityUnavailableError(Lack.TICKETS) from error
        if stored.duplicate:
            raise TokenRefusedError(Denial.TICKET)
        self.redeemed += 1
        return Identity(
            scope=parse_scope(standing.scope),
            user=standing.user,
            expires=standing.expires,
            issued=standing.issued,
            token_id=standing.token_id,
        )

    def _subject(self, ticket: str) -> str:
        digest = hashlib.sha256(ticket.encode()).hexdigest()
        return f"tickets.{self._service}.{digest}"

    async def _store(self, subject: str, payload: bytes) -> None:
        try:
            try:
                await self._broker.publish(subject, payload, message_id=subject)
            except BrokerRefusedError:
                # Nobody has made the stream yet, or somebody has deleted it.
                await self._broker.ensure_stream(TICKETS)
                await self._broker.publish(subject, payload, message_id=subject)
        except BrokerError as error:
            raise IdentityUnavailableError(Lack.TICKETS) from error

    async def _look(self, subject: str) -> _Standing:
        for again in range(_LOOKS):
            if again:
                await asyncio.sleep(_LOOK_AGAIN.total_seconds())
            for delivery in await self._read(subject):
                return _decoder.decode(delivery.payload)
        raise TokenRefusedError(Denial.TICKET)

    async def _read(self, subject: str) -> list[Delivery]:
        try:
            return await self._broker.read(TICKETS.name, after=0, limit=1, subject=subject)
        except StreamMissingError:
            return []
