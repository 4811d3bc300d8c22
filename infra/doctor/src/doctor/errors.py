"""Why an endpoint can't be examined at all; each is one line for a person."""


class DoctorError(Exception):
    """The examination could not begin."""


class BadUrlError(DoctorError):
    """The address is none that this program understands."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url!r} can't be examined: {why}")


class BadDurationError(DoctorError):
    """A duration that can't be read."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no duration: say 45s, 5m or 1h")


class NameUnknownError(DoctorError):
    """DNS has no address for the host."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} has no address ({why}): is the name right, and does DNS know it?")


class ConnectError(DoctorError):
    """Nobody accepts connections there."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"no connection to {host} port {port}: {why}")


class TlsError(DoctorError):
    """The port answers, but not with TLS that this machine trusts."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"TLS with {host} port {port} failed: {why}"
            " (a certificate of your own: --ca FILE; not to check any: --insecure)"
        )
