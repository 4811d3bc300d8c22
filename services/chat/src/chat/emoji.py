"""What may be put to a message as a reaction. Pure."""

import unicodedata
from typing import Final

_SYMBOLS: Final = {"So", "Sk", "Sm"}
_ADDED: Final = frozenset("0123456789#*\u203c\u2049\u2139\u3030\u303d")
"""Characters of other categories that Unicode lists as emoji (emoji-data.txt)."""
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f\u20e3")
"""Zero-width joiner, presentation selectors, the keycap."""
_PLANE: Final = range(0x1F000, 0x1FB00)
"""Pictographs, also those that are younger than this Python's tables."""
_TAGS: Final = range(0xE0020, 0xE0080)
"""The letters in the flags of England, Scotland and Wales."""


def is_emoji(text: str, *, most_bytes: int) -> bool:
    """Whether ``text`` is made of emoji characters only and takes so many bytes of UTF-8 at most.

    Not a full parser: sequences that no font has are let through; letters, spaces, control and
    direction characters, and piled-up accents are not.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= most_bytes and not text.isascii() and all(map(_may_stand, text))


def _may_stand(character: str) -> bool:
    number = ord(character)
    return (
        number in _PLANE
        or number in _TAGS
        or character in _ADDED
        or character in _JOINERS
        or (number > 0x7F and unicodedata.category(character) in _SYMBOLS)  # noqa: PLR2004 - ASCII
    )
