"""Why a client has ended, or why something it was asked for was not done."""

from realtime.errors import AirwaveError


class ClientError(AirwaveError):
    """Something that coming back does not change."""


class FeedRefusedError(ClientError):
    """The feed answered, and will answer the same again; ``status`` is of HTTP."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(f"the feed refused ({status} {code}): {detail}")


class BadEventError(AirwaveError):
    """The server sent what its contract does not have; the connection is given up."""

    code = "bad_event"
    retryable = True

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        self.detail = detail
        super().__init__(f"{name[:80]!r} from the server can't be read: {detail}")


class ChatEndedError(ClientError):
    """The chat's connection is over for good: a close code, or an HTTP status before there was one.

    1000 without a reason: this side closed it.
    """

    code = "chat_ended"

    def __init__(self, close_code: int, reason: str = "") -> None:
        self.close_code = close_code
        self.reason = reason
        super().__init__(f"the chat ended this connection ({close_code}): {reason or 'done'}")


class CommandRefusedError(ClientError):
    """The chat said no to a join, a post, a change or a page; ``code`` is of its closed list."""

    def __init__(self, action: str, code: str, detail: str, *, retryable: bool = False) -> None:
        self.action = action
        self.code = code
        self.detail = detail
        self.retryable = retryable
        super().__init__(f"{action} was refused ({code}): {detail}")


class UnconfirmedError(ClientError):
    """No acknowledgement: it may or may not be stored, and the time to ask again safely is over."""

    code = "unconfirmed"

    def __init__(self, cid: str, reason: str) -> None:
        self.cid = cid
        self.reason = reason
        super().__init__(f"{cid!r} was not acknowledged and may or may not be stored: {reason}")
