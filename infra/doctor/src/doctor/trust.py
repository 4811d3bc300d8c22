"""Whose certificates are believed."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Trust:
    """The system's authorities, and those in ``ca``; ``insecure`` believes anybody."""

    ca: Path | None = None
    insecure: bool = False

    def context(self, *alpn: str) -> ssl.SSLContext:
        """A context that offers ``alpn``."""
        context = ssl.create_default_context()
        if self.ca is not None:
            context.load_verify_locations(self.ca)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(list(alpn))
        return context
