"""Errors as types with facts.

Every error that can reach a person carries a ``code`` from a closed list, so that a frame, a
problem document and a metric label all say the same word. Messages are made from the facts, in one
place.
"""


class AirwaveError(Exception):
    """Something that Airwave names; ``code`` is the word that crosses the wire."""

    code = "internal"
    retryable = False


class BadTokenError(AirwaveError):
    """A device, quantity, room or user name that may not come near a subject or a key."""

    code = "bad_name"

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text
        super().__init__(
            f"{kind} {text[:80]!r} must be 1 to 64 characters out of A-Z a-z 0-9 _ and -"
        )


class BadSensorNameError(AirwaveError):
    """A sensor name that is not 2 to 6 tokens joined by ``/``."""

    code = "bad_name"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"sensor name {text[:200]!r} must be 2 to 6 tokens joined by '/'")


class BrokerError(AirwaveError):
    """The broker could not do what was asked."""

    code = "upstream"
    retryable = True


class BrokerUnavailableError(BrokerError):
    """No answer from the broker in time; trying again is safe."""

    code = "upstream_down"

    def __init__(self, action: str) -> None:
        self.action = action
        super().__init__(f"the broker did not answer in time: {action}")


class BrokerRefusedError(BrokerError):
    """The broker answered, and said no (disk full, no quorum, not allowed)."""

    code = "upstream_refused"

    def __init__(self, action: str, reason: str) -> None:
        self.action = action
        self.reason = reason
        super().__init__(f"the broker refused: {action}: {reason}")


class StreamMissingError(BrokerError):
    """The stream does not exist (any more)."""

    code = "stream_missing"

    def __init__(self, stream: str) -> None:
        self.stream = stream
        super().__init__(f"stream {stream} does not exist")
