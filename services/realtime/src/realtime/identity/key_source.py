"""Where the keys come from: a file or an address, read in the background and never per request."""

import asyncio
import re
import time
import urllib.request
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from realtime.health import Health
from realtime.identity.errors import BadKeysError, IdentityUnavailableError, KeysFault, Lack
from realtime.identity.keys import KeySet, parse_keys

BYTES_MAX: Final = 1024 * 1024
FETCH_SECONDS: Final = 5.0
RETRY: Final = timedelta(seconds=1)
"""After a failed read: keys are what everybody waits for."""
PAUSE: Final = timedelta(seconds=10)
"""Between reads that unknown keys ask for: anybody can send a token that names one."""
# All of it: to a reader of URLs the host of "evil.example[::1]" is ::1.
_NEAR: Final = re.compile(
    r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?(?:[/?#].*)?", re.IGNORECASE
)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def is_address(place: str) -> bool:
    """Whether keys are fetched from ``place``, rather than read from a file."""
    return "://" in place


def check_place(place: str) -> str:
    """Give ``place`` back if keys can be had there safely.

    Raises:
        ValueError: an address where anybody on the way could put keys of their own.
    """
    if is_address(place):
        parts = urlsplit(place)
        # As it stands: a reader of URLs takes away what is in front, and line ends anywhere.
        near = _NEAR.fullmatch(place) is not None
        far = place.lower().startswith("https://")
        if not (far or near) or not parts.hostname or "@" in parts.netloc:
            message = "must be a file, or an https:// address (http:// only on this machine)"
            raise ValueError(message)
    return place


class KeySource:
    """Keeps the key set of ``place``, a file or an address, and reads it every ``refresh``.

    A set that can't be read leaves the last one standing, and the process degraded.
    """

    def __init__(
        self, place: str, *, algorithms: Collection[str], refresh: timedelta, health: Health
    ) -> None:
        self._place = place
        self._algorithms = algorithms
        self._refresh = refresh.total_seconds()
        self._health = health
        self._raw = b""
        self._keys: KeySet | None = None
        self._wanted = asyncio.Event()

    def keys(self) -> KeySet:
        """The keys of now.

        Raises:
            IdentityUnavailableError: none could be read so far.
        """
        if self._keys is None:
            raise IdentityUnavailableError(Lack.KEYS)
        return self._keys

    @property
    def ready(self) -> bool:
        """Whether there are keys."""
        return self._keys is not None

    def want(self) -> None:
        """Read again soon: a token named a key that isn't here, and may be new."""
        self._wanted.set()

    async def run(self) -> None:
        """Keep the keys until cancelled."""
        while True:
            if await self._read():
                await asyncio.sleep(min(PAUSE.total_seconds(), self._refresh))
                await self._wait_for_reason()
            else:
                await asyncio.sleep(RETRY.total_seconds())

    async def _wait_for_reason(self) -> None:
        rest = max(self._refresh - PAUSE.total_seconds(), 0.0)
        try:
            async with asyncio.timeout(rest):
                await self._wanted.wait()
        except TimeoutError:
            pass
        self._wanted.clear()

    async def _read(self) -> bool:
        try:
            raw = await asyncio.to_thread(_fetch if is_address(self._place) else _open, self._place)
            if raw != self._raw:
                self._keys = parse_keys(raw, algorithms=self._algorithms)
                self._raw = raw
                log.info("keys_read", keys=sorted(self._keys))
        except (OSError, ValueError, BadKeysError) as error:
            # The address may hold a secret, so only the kind of a failure to read is told.
            said = str(error) if isinstance(error, BadKeysError) else type(error).__name__
            log.warning("keys_unreadable", error=said, have=len(self._keys or ()))
            self._health.set_degraded("keys", said)
            return False
        self._health.set_degraded("keys", None)
        return True


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever can redirect could redirect to http."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none; the answer is an error then."""


_opener = urllib.request.build_opener(_NoRedirects)


def _fetch(address: str) -> bytes:
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 - checked by check_place
    until = time.monotonic() + FETCH_SECONDS
    raw = b""
    with _opener.open(request, timeout=FETCH_SECONDS) as answer:
        # Piece by piece: the timeout is for each, and a trickle would hold the thread for ever.
        while piece := answer.read1(BYTES_MAX):
            raw += piece
            if len(raw) > BYTES_MAX or time.monotonic() > until:
                raise BadKeysError(KeysFault.TOO_LONG)
    return raw


def _open(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(BYTES_MAX)
