"""Who comes in: the one question that feed and chat ask of identity."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from starlette.requests import HTTPConnection

from realtime.broker import Broker
from realtime.health import Health
from realtime.identity.carriers import Carrier, Credential, find_credential
from realtime.identity.errors import (
    Denial,
    IdentityError,
    IdentityUnavailableError,
    Lack,
    OriginRefusedError,
    TokenRefusedError,
)
from realtime.identity.key_source import KeySource
from realtime.identity.origin import cookie_allowed
from realtime.identity.revocation import Revocations
from realtime.identity.scope import parse_scope
from realtime.identity.settings import IdentitySettings
from realtime.identity.tickets import Tickets
from realtime.identity.verifier import Terms, Verifier
from realtime.identity.watch import Watch
from realtime.identity.who import GUEST, GUEST_PREFIX, Identity
from realtime.telemetry import Sampler

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TokenParts:
    """What it takes to go by tokens."""

    keys: KeySource
    verifier: Verifier
    revocations: Revocations
    tickets: Tickets


class Gate:
    """Says whose request it is.

    Without ``tokens`` everybody is a guest who may do everything. With them, ``guest`` is who
    brings no token, or None if they are turned away. ``patience``: how long it may take to know.
    """

    def __init__(
        self,
        *,
        watch: Watch,
        tokens: TokenParts | None = None,
        guest: Identity | None = GUEST,
        origins: Sequence[str] = (),
        patience: timedelta = timedelta(seconds=10),
    ) -> None:
        self.watch = watch
        self.tokens = tokens
        self._guest = guest
        self._origins = origins
        self._patience = patience.total_seconds()
        self._sampler = Sampler()
        self.verified = 0
        self.refused: Counter[Denial] = Counter()

    @property
    def guest_prefix(self) -> str:
        """How guests' names begin: where users have names by token, no guest may take one."""
        return "" if self.tokens is None else GUEST_PREFIX

    @property
    def background(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What has to run as long as the service does."""
        tokens = self.tokens
        return [] if tokens is None else [tokens.keys.run, tokens.revocations.run]

    async def identify(self, connection: HTTPConnection, *, tickets: bool = True) -> Identity:
        """Say whose request it is. ``tickets``: whether one is taken here.

        Raises:
            TokenRefusedError: by no token, or one that is none.
            OriginRefusedError: by a cookie that another page's request carried.
            IdentityUnavailableError: it can't be known right now.
        """
        if self.tokens is None:
            return GUEST
        try:
            async with asyncio.timeout(self._patience):
                return await self._identify(self.tokens, connection, tickets=tickets)
        except TimeoutError:
            raise self.note(IdentityUnavailableError(Lack.TIME)) from None
        except IdentityError as error:
            raise self.note(error) from error.__cause__

    def verify(self, token: str) -> Identity:
        """Say whose token it is, outside of any request.

        Raises:
            TokenRefusedError, IdentityUnavailableError: as `identify`.
        """
        try:
            if self.tokens is None:
                raise TokenRefusedError(Denial.KEYLESS)
            return self._verify(self.tokens, token)
        except IdentityError as error:
            raise self.note(error) from error.__cause__

    async def issue_ticket(self, connection: HTTPConnection) -> str | None:
        """Make a ticket for whoever asks by token or cookie; None where tokens aren't taken.

        Raises:
            IdentityError: as `identify`.
        """
        if self.tokens is None:
            return None
        identity = await self.identify(connection, tickets=False)
        try:
            if identity.is_guest:
                raise TokenRefusedError(Denial.MISSING)
            return await self.tokens.tickets.issue(identity)
        except IdentityError as error:
            raise self.note(error) from error.__cause__

    def note(self, error: IdentityError) -> IdentityError:
        """Count a refusal, say it in the log now and then, and give it back."""
        self.refused[error.denial] += 1
        held_back = self._sampler.admit(error.denial)
        if held_back is not None:
            log.info("identity_refused", reason=error.denial.value, held_back=held_back)
        return error

    async def _identify(
        self, tokens: TokenParts, connection: HTTPConnection, *, tickets: bool
    ) -> Identity:
        credential = find_credential(connection)
        if credential is None:
            if self._guest is None:
                raise TokenRefusedError(Denial.MISSING)
            return self._guest
        if credential.carrier is Carrier.TICKET:
            if not tickets:
                raise TokenRefusedError(Denial.TICKET)
            return await self._redeem(tokens, credential)
        by_cookie = credential.carrier is Carrier.COOKIE
        if by_cookie and not cookie_allowed(connection.headers, self._origins):
            raise OriginRefusedError
        return self._verify(tokens, credential.text)

    def _verify(self, tokens: TokenParts, token: str) -> Identity:
        tokens.revocations.check_known()
        try:
            identity = tokens.verifier.verify(token)
        except TokenRefusedError as error:
            if error.denial is Denial.UNKNOWN_KEY:
                tokens.keys.want()
            raise
        self._check_revoked(tokens, identity)
        self.verified += 1
        return identity

    async def _redeem(self, tokens: TokenParts, credential: Credential) -> Identity:
        tokens.revocations.check_known()
        identity = await tokens.tickets.redeem(credential.text)
        self._check_revoked(tokens, identity)
        return identity

    def _check_revoked(self, tokens: TokenParts, identity: Identity) -> None:
        if tokens.revocations.is_revoked(identity):
            raise TokenRefusedError(Denial.REVOKED)


def make_gate(settings: IdentitySettings, broker: Broker, health: Health, *, service: str) -> Gate:
    """Put a gate together as the settings ask for."""
    if settings.auth == "guests":
        return Gate(watch=Watch(warning=settings.expiry_warning))
    revocations = Revocations(broker)
    watch = Watch(warning=settings.expiry_warning, is_revoked=revocations.is_revoked)
    revocations.listeners.append(watch.revoked)
    keys = KeySource(
        settings.jwks,
        algorithms=settings.algorithms,
        refresh=settings.jwks_refresh,
        health=health,
    )
    terms = Terms(
        issuer=settings.issuer,
        audience=settings.audience,
        algorithms=settings.algorithms,
        leeway=settings.leeway,
    )
    scope = settings.guest_scope
    return Gate(
        watch=watch,
        tokens=TokenParts(
            keys=keys,
            verifier=Verifier(terms, keys.keys),
            revocations=revocations,
            tickets=Tickets(broker, service=service, life=settings.ticket_life),
        ),
        guest=None if scope is None else Identity(parse_scope(scope)),
        origins=settings.origins,
        patience=settings.unauthenticated,
    )
