"""Where Redis (or Valkey) is: one server's URL, or the Sentinels that know which one it is.

``redis+sentinel://[user:password@]host[:port],host[:port],…/name[/database]`` names the Sentinels
and what they call the servers that they watch; user and password are the servers' own. With
``rediss+sentinel://`` the servers are spoken to over TLS, the Sentinels are not.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

PLAIN: Final = ("redis", "rediss", "unix")
SENTINEL_PORT: Final = 26379
_SUFFIX: Final = "+sentinel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinels:
    """Whom to ask, and for what."""

    addresses: tuple[tuple[str, int], ...]
    name: str
    database: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False


def parse_sentinels(url: str) -> Sentinels | None:
    """Take the address apart; None if it is one of a single server.

    Raises:
        ValueError: it is neither; the message is for whoever set it, and holds no password.
    """
    scheme, _, rest = url.partition("://")
    if not scheme.endswith(_SUFFIX):
        _check_plain(url)
        return None
    if scheme.removesuffix(_SUFFIX) not in ("redis", "rediss"):
        raise ValueError(_MUST)
    place, _, path = rest.partition("/")
    credentials, _, hosts = place.rpartition("@")
    user, _, password = credentials.partition(":")
    name, _, database = path.partition("/")
    if not name or not (database or "0").isdecimal():
        message = "must end with /name or /name/database: what the Sentinels call the servers"
        raise ValueError(message)
    return Sentinels(
        addresses=tuple(_address(host) for host in hosts.split(",")),
        name=name,
        database=int(database or 0),
        user=unquote(user) or None,
        password=unquote(password) or None,
        tls=scheme.startswith("rediss"),
    )


_MUST: Final = (
    "must begin with redis://, rediss://, unix://, redis+sentinel:// or rediss+sentinel:// "
    "and name a server"
)


_EACH: Final = "must name each Sentinel as host or host:port, with commas between them"


def _check_plain(url: str) -> None:
    parts, _ = _split(url, otherwise=_MUST)
    # As it stands: the driver forgives neither a space before it nor large letters.
    if url.partition(":")[0] not in PLAIN or not (parts.netloc or parts.path):
        raise ValueError(_MUST)


def _address(text: str) -> tuple[str, int]:
    parts, port = _split(f"//{text}", otherwise=_EACH)
    if not parts.hostname:
        raise ValueError(_EACH)
    return parts.hostname, port or SENTINEL_PORT


def _split(url: str, *, otherwise: str) -> tuple[SplitResult, int | None]:
    """An address and its port; the library's own words would quote what may be a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(otherwise) from None
    return parts, port
