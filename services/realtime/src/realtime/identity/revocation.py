"""Revocations: tokens and users that are shut out before their tokens expire.

They lie in a stream that every replica follows: one that runs hears of them within milliseconds
(within 2 s when the live delivery is lost), one that starts later reads them first.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec
import structlog

from realtime.broker import Broker, Delivery, StreamSpec
from realtime.errors import BrokerRefusedError
from realtime.identity.errors import IdentityUnavailableError, Lack
from realtime.identity.verifier import LIFE_MAX
from realtime.identity.who import Identity
from realtime.tail import Tail
from realtime.telemetry import Sampler

REVOCATIONS: Final = StreamSpec(
    name="REVOCATIONS",
    subjects=("revocations.*",),
    republish_prefix="live.",
    # As long as any token lives.
    max_age=LIFE_MAX,
    max_bytes=64 * 1024 * 1024,
    duplicate_window=timedelta(minutes=2),
)
REMEMBERED_MAX: Final = 200_000
"""Revocations in memory; beyond, those that end soonest are forgotten, and counted."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is shut out: one token by its id, or a user by name.

    ``until``: when the last token that it speaks of has expired. ``before``: a user's tokens issued
    up to then; those without a time of issue count as issued before. Both in Unix seconds.
    """

    until: float
    token: str | None = None
    user: str | None = None
    before: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """What it is remembered by."""
        return ("token", self.token) if self.token is not None else ("user", self.user or "")

    def hits(self, identity: Identity) -> bool:
        """Whether it speaks of this identity."""
        if identity.is_guest:
            return False
        if self.token is not None:
            return identity.token_id == self.token
        issued = identity.issued
        return identity.user == self.user and (issued is None or issued <= self.before)


_decoder = msgspec.json.Decoder(Revocation)


async def revoke(broker: Broker, revocation: Revocation) -> None:
    """Tell every replica, those that run and those to come.

    Raises:
        BrokerError: it is not known to be stored; telling it again is harmless.
    """
    subject = f"revocations.{revocation.key[0]}"
    payload = msgspec.json.encode(revocation)
    # A hash: a token's id may hold anything, and this becomes a header.
    message_id = hashlib.sha256(payload).hexdigest()
    try:
        await broker.publish(subject, payload, message_id=message_id)
    except BrokerRefusedError:
        await broker.ensure_stream(REVOCATIONS)
        await broker.publish(subject, payload, message_id=message_id)


class Revocations:
    """What this replica knows to be revoked; `run` follows the stream.

    Those in ``listeners`` hear of each new one. ``clock`` is in Unix seconds.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.listeners: list[Callable[[Revocation], None]] = []
        self._clock = clock
        self._known: dict[tuple[str, str], Revocation] = {}
        self._sampler = Sampler()
        self.tail = Tail(broker, REVOCATIONS, self, warm=REVOCATIONS.max_age)
        self.counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._known)

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        await self.tail.run()

    def check_known(self) -> None:
        """Return if this replica knows what was revoked before it started.

        Raises:
            IdentityUnavailableError: not yet.
        """
        if not self.tail.started.is_set():
            raise IdentityUnavailableError(Lack.REVOCATIONS)

    def is_revoked(self, identity: Identity) -> bool:
        """Whether the identity's token may no longer be used. Two look-ups."""
        keys = (("token", identity.token_id or ""), ("user", identity.user))
        found = (self._known.get(key) for key in keys)
        return any(revocation is not None and revocation.hits(identity) for revocation in found)

    # ---------------------------------------------------------------- what the tail says

    def deliver(self, delivery: Delivery) -> None:
        """Remember a revocation, and tell."""
        try:
            revocation = _decoder.decode(delivery.payload)
        # ValueError: every error of msgspec, and text that is no UTF-8; it would end the process.
        except (ValueError, RecursionError) as error:
            self.counts["unreadable"] += 1
            if self._sampler.admit("unreadable") is not None:
                log.warning("revocation_unreadable", error=str(error))
            return
        if revocation.until <= self._clock():
            return
        known = self._known.get(revocation.key)
        if known is None or known.before < revocation.before:
            self._known[revocation.key] = revocation
        self.counts["heard"] += 1
        if len(self._known) > REMEMBERED_MAX:
            self._forget()
        for listener in self.listeners:
            listener(revocation)

    def erased(self, upto: int) -> None:
        """Nothing: revocations are not erased singly, and one that was is none any more."""

    def lost(self, after: int, upto: int) -> None:
        """Nothing can be done: the stream dropped what is older than any token, or was purged."""

    def restarted(self, epoch: str, floor: int) -> None:
        """Keep what is known: a new stream doesn't take a revocation back."""

    def upstream(self, *, up: bool) -> None:
        """The service's own relay tells."""

    def _forget(self) -> None:
        """Drop those that have ended; if that isn't enough, those that end soonest."""
        now = self._clock()
        lasting = sorted(
            (item for item in self._known.items() if item[1].until > now),
            key=lambda item: item[1].until,
        )
        kept = lasting[-(REMEMBERED_MAX * 9 // 10) :]
        if len(kept) < len(lasting):
            self.counts["forgotten"] += len(lasting) - len(kept)
            log.warning("revocations_forgotten", count=len(lasting) - len(kept))
        self._known = dict(kept)
