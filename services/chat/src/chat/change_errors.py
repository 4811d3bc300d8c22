"""What a change, or a text, can be refused for; the words are in `chat.errors.Code`."""

from chat.errors import Code
from realtime.errors import AirwaveError


class NotFoundError(AirwaveError):
    """There is no such message in this room (any more)."""

    code = Code.NOT_FOUND

    def __init__(self, room: str, position: str) -> None:
        self.room = room
        self.position = position
        super().__init__(f"room {room!r} has no message at {position[:64]!r}")


class NotYoursError(AirwaveError):
    """Somebody else wrote it, and this user is no moderator."""

    code = Code.NOT_YOURS

    def __init__(self, author: str) -> None:
        self.author = author
        super().__init__(f"this message is {author}'s; only its author or a moderator changes it")


class AlreadyDeletedError(AirwaveError):
    """There is nothing left to change."""

    code = Code.ALREADY_DELETED

    def __init__(self, position: str) -> None:
        self.position = position
        super().__init__("this message was deleted")


class TooManyEditsError(AirwaveError):
    """One message, so many edits."""

    code = Code.TOO_MANY_EDITS

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"a message may be edited {limit} times")


class BadEmojiError(AirwaveError):
    """Not something to react with."""

    code = Code.BAD_EMOJI

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"emoji must be one emoji of at most {limit} bytes in UTF-8")


class TooManyEmojisError(AirwaveError):
    """One message, so many different emojis."""

    code = Code.TOO_MANY_EMOJIS

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"a message may have {limit} different emojis")


class WordRefusedError(AirwaveError):
    """Moderation knows a word of it; which one is not said."""

    code = Code.WORD_REFUSED

    def __init__(self) -> None:
        super().__init__("this text has a word that is not allowed here")


class TooManyLinksError(AirwaveError):
    """More links than moderation allows in one message."""

    code = Code.TOO_MANY_LINKS

    def __init__(self, count: int, limit: int) -> None:
        self.count = count
        self.limit = limit
        super().__init__(f"this text has {count} links, {limit} at most")
