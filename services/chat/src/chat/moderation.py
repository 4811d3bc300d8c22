"""What may be said: asked before a post or an edit is published."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from chat.change_errors import TooManyLinksError, WordRefusedError

_LINK: Final = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)


class Moderation(Protocol):
    """Looks at texts; one that takes time makes only its own author wait."""

    async def review(self, text: str, *, user: str, room: str) -> str:
        """The text that is to be published, as it is or changed.

        The same text gives the same answer, or a retry would look like another text.

        Raises:
            AirwaveError: it is not to be published; its code is on the closed list.
        """
        ...


class NoModeration:
    """Everything may be said."""

    async def review(self, text: str, *, user: str, room: str) -> str:  # noqa: ARG002 - the port's
        """The text as it is."""
        return text


class WordsAndLinks:
    """Refuses texts with certain words, or with more than ``links`` links.

    A word counts where it stands alone, in any case, whatever form its letters are written in
    (NFKC). ``links`` None takes any number.
    """

    def __init__(self, words: Iterable[str] = (), *, links: int | None = None) -> None:
        escaped = sorted({re.escape(_plain(word)) for word in words}, key=len, reverse=True)
        pattern = rf"(?<!\w)(?:{'|'.join(escaped)})(?!\w)"
        self._words = re.compile(pattern) if escaped else None
        self._links = links

    async def review(self, text: str, *, user: str, room: str) -> str:  # noqa: ARG002 - the port's
        """The text as it is.

        Raises:
            WordRefusedError, TooManyLinksError: as they say.
        """
        if self._words is not None and self._words.search(_plain(text)):
            raise WordRefusedError
        count = sum(1 for _ in _LINK.finditer(text))
        if self._links is not None and count > self._links:
            raise TooManyLinksError(count, self._links)
        return text


def read_words(path: Path) -> list[str]:
    """The words in a file, one per line; empty lines and those that begin with # are skipped.

    Raises:
        OSError, UnicodeDecodeError: it can't be read.
    """
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
