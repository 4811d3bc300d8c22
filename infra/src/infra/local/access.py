"""How the parts of a run find, believe and identify themselves to each other."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra import certificates
from infra.local.settings import Settings
from infra.passwords import kept, write_private
from infra.ports import LOOPBACK
from infra.rights import NATS_USERS, VALKEY_USERS

ADMIN: Final = "admin"
_TRUST: Final = "trusted.pem"


@dataclass(frozen=True, kw_only=True)
class Access:
    """Passwords by user, of servers that are the run's own; None where the user runs the server.

    ``tls`` is a folder of `infra.certificates`; ``trust`` has its authority, and what this machine
    believes besides.
    """

    settings: Settings
    nats: Mapping[str, str] | None
    valkey: Mapping[str, str] | None
    tls: Path | None
    trust: Path | None

    def nats_url(self, user: str) -> str:
        """Where NATS is, as ``user``; the user's own server as it was named."""
        return self.settings.nats_url or _url(
            "nats" if self.tls is None else "tls", user, self.nats, self.settings.ports["NATS_PORT"]
        )

    def redis_url(self, user: str) -> str:
        """Where Valkey is, as ``user``; the user's own server as it was named."""
        scheme = "redis" if self.tls is None else "rediss"
        return self.settings.redis_url or _url(
            scheme, user, self.valkey, self.settings.ports["REDIS_PORT"]
        )

    def environment(self, user: str) -> dict[str, str]:
        """What a command needs to come in as ``user``: a service, or `ADMIN`."""
        if user == ADMIN:
            urls = {name: self.nats_url(ADMIN) for name in ("STREAMS_NATS_URL", "TOKENS_NATS_URL")}
        else:
            urls = {f"{user.upper()}_NATS_URL": self.nats_url(user)}
            if self.nats is not None:
                urls[f"{user.upper()}_NATS_STREAMS"] = "use"
            if user in VALKEY_USERS:
                urls[f"{user.upper()}_REDIS_URL"] = self.redis_url(user)
        return {**self.believing, **urls}

    @property
    def believing(self) -> dict[str, str]:
        """What makes a process believe the run's certificate; nothing, without TLS."""
        return {} if self.trust is None else {"SSL_CERT_FILE": str(self.trust)}


def access(settings: Settings, *, anew: bool = True) -> Access:
    """The access of a run on ``settings.data``; what is missing of it is made.

    ``anew``: with a new certificate, as at a start; not below servers that run.
    """
    secrets = settings.data / "secrets"
    tls = settings.data / "tls" if settings.tls else None
    if tls is not None and (anew or not (tls / _TRUST).exists()):
        certificates.issue(tls)
        _write_trust(tls)
    return Access(
        settings=settings,
        nats=None if settings.nats_url else kept(secrets / "nats", NATS_USERS),
        valkey=None if settings.redis_url else kept(secrets / "valkey", VALKEY_USERS),
        tls=tls,
        trust=None if tls is None else tls / _TRUST,
    )


def _write_trust(tls: Path) -> None:
    """``SSL_CERT_FILE`` stands instead of the machine's list, which keys at an https:// need."""
    machines = ssl.get_default_verify_paths().cafile
    others = Path(machines).read_text(encoding="utf-8") if machines else ""
    ours = (tls / certificates.AUTHORITY).read_text(encoding="ascii")
    write_private(tls / _TRUST, f"{ours}{others}")


def _url(scheme: str, user: str, passwords: Mapping[str, str] | None, port: int) -> str:
    who = "" if passwords is None else f"{user}:{passwords[user]}@"
    return f"{scheme}://{who}{LOOPBACK}:{port}"
