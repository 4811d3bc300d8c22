"""Who somebody is: what a verified token says, or nothing more than a guest."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from realtime.identity.errors import ForbiddenError
from realtime.identity.scope import EVERY_ROOM, EVERY_SENSOR, Role, Scope, parse_scope
from realtime.subjects import is_token

GUEST_PREFIX: Final = "guest-"
"""Where tokens are needed, the names of guests begin so, and no user's does."""
_HASH_CHARS: Final = 12
_CLEAN_CHARS: Final = 64 - len("user--") - _HASH_CHARS


@dataclass(frozen=True, slots=True)
class Identity:
    """Who, what they may do, until when.

    ``user`` is a token of a subject; a guest has none until chat gives it a name. ``expires`` and
    ``issued`` are in Unix seconds; a guest doesn't expire.
    """

    scope: Scope
    user: str = ""
    expires: float | None = None
    issued: float | None = None
    token_id: str | None = None

    @property
    def is_guest(self) -> bool:
        """Whether no token says who this is."""
        return self.expires is None

    def may_see(self, sensor: str) -> bool:
        """Whether readings of a sensor may be shown."""
        return self.scope.may_see(sensor)

    def may_read(self, room: str) -> bool:
        """Whether a room's messages may be shown."""
        return self.scope.role_in(room) is not None

    def may_post(self, room: str) -> bool:
        """Whether messages may be written to a room."""
        return (self.scope.role_in(room) or 0) >= Role.MEMBER

    def moderates(self, room: str) -> bool:
        """Whether others' messages in a room may be changed. Guests never may."""
        return not self.is_guest and self.scope.role_in(room) is Role.MODERATOR

    def narrow(self, patterns: frozenset[str]) -> frozenset[str]:
        """The sensor patterns to serve for those that are asked for; none asked for means all.

        Raises:
            ForbiddenError: names the pattern that the scope doesn't cover.
        """
        allowed = self.scope.sensors
        for pattern in sorted(patterns):
            if not self.scope.covers(pattern):
                raise ForbiddenError("sensor", pattern)
        if patterns or EVERY_SENSOR in allowed:
            return patterns
        if not allowed:
            # An empty filter would mean every sensor.
            raise ForbiddenError("sensor", EVERY_SENSOR)
        return allowed


EVERYTHING: Final = parse_scope(f"sensors:{EVERY_SENSOR} rooms:{EVERY_ROOM}")
GUEST: Final = Identity(EVERYTHING)
"""Whoever comes where no tokens are asked for."""


def user_of(subject: str) -> str:
    """Make a user's name of a ``sub`` claim: itself if it can stand in a subject.

    Others (``auth0|5f1``, an address, a name in another script) get a readable part and a hash, so
    that two of them never become the same user.
    """
    if is_token(subject) and not subject.startswith((GUEST_PREFIX, "user-")):
        return subject
    plain = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode()
    clean = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[:_CLEAN_CHARS]
    digest = hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()
    return f"user-{clean}-{digest[:_HASH_CHARS]}"
