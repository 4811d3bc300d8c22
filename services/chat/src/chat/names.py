"""Guests: which name a connection gets, and how it gets the same one again.

A name belongs to one live connection of this replica. A session id is ``<secret>.<name>``: whoever
shows the session of a connection that still stands here takes its place (a half-open connection
must not keep its owner out), and a session of another replica, or from before a restart, brings its
name along, if that is free. So a post that is sent again after a reconnect comes from the same
user, which is what makes it recognisable.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

NAME_CHARS: Final = 64
FALLBACK: Final = "guest"
_SUFFIX_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_SUFFIX_CHARS: Final = 4
_SECRET_BYTES: Final = 16
_SESSION = re.compile(r"[A-Za-z0-9_-]{22}\.([A-Za-z0-9_-]{1,64})", re.ASCII)


def clean_name(text: str) -> str:
    """Make a token of what somebody calls themselves.

    Accents are dropped, other runs of forbidden characters become one ``-``.
    """
    plain = unicodedata.normalize("NFKD", text[: NAME_CHARS * 4]).encode("ascii", "ignore").decode()
    token = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[:NAME_CHARS]
    return token or FALLBACK


@dataclass(frozen=True, slots=True, eq=False)
class Guest:
    """A connection's identity, for as long as it stands."""

    user: str
    session: str
    replace: Callable[[], None]
    """Ends the connection: a newer one has shown its session."""


class Names:
    """The names in use on this replica.

    ``prefix``: how every guest's name begins, where others have theirs by a token.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._holders: dict[str, Guest] = {}

    def __len__(self) -> int:
        return len(self._holders)

    def enter(self, *, name: str, session: str, replace: Callable[[], None]) -> Guest:
        """Give a connection its name; give it back with `leave`.

        ``name`` is what was asked for, in any characters. A ``session`` that is none is ignored.
        """
        shown = _SESSION.fullmatch(session)
        wanted = self._prefixed(shown[1] if shown else clean_name(name))
        holder = self._holders.get(wanted)
        if holder is not None and not (shown and secrets.compare_digest(holder.session, session)):
            shown, wanted, holder = None, self._with_suffix(wanted), None
        kept = session if shown else f"{secrets.token_urlsafe(_SECRET_BYTES)}.{wanted}"
        guest = Guest(wanted, kept, replace)
        self._holders[wanted] = guest
        if holder is not None:
            holder.replace()
        return guest

    def known(self, user: str, replace: Callable[[], None]) -> Guest:
        """A connection whose user a token names: nobody else can be it, so nothing is reserved."""
        return Guest(user, f"{secrets.token_urlsafe(_SECRET_BYTES)}.{user}", replace)

    def leave(self, guest: Guest) -> None:
        """Free the name, unless a newer connection of the same session holds it."""
        if self._holders.get(guest.user) is guest:
            del self._holders[guest.user]

    def _prefixed(self, name: str) -> str:
        return name if name.startswith(self._prefix) else (self._prefix + name)[:NAME_CHARS]

    def _with_suffix(self, name: str) -> str:
        while True:
            suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(_SUFFIX_CHARS))
            candidate = f"{name[: NAME_CHARS - _SUFFIX_CHARS - 1]}-{suffix}"
            if candidate not in self._holders:
                return candidate
