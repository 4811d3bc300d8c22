"""Words and links that may not be said."""

from pathlib import Path

import pytest

from chat.change_errors import TooManyLinksError, WordRefusedError
from chat.moderation import Moderation, NoModeration, WordsAndLinks, read_words


async def says(moderation: Moderation, text: str) -> str:
    return await moderation.review(text, user="ada", room="lobby")


async def test_without_moderation_everything_may_be_said() -> None:
    assert await says(NoModeration(), "darn https://a https://b") == "darn https://a https://b"
    assert await says(WordsAndLinks(), "darn https://a") == "darn https://a"


@pytest.mark.parametrize(
    "text", ["darn", "Oh DARN!", "\uff44\uff41\uff52\uff4e it", "(heck)", "go to hell."]
)
async def test_a_word_is_refused_in_any_form(text: str) -> None:
    with pytest.raises(WordRefusedError) as raised:
        await says(WordsAndLinks(["darn", "Heck", "go to hell"]), text)
    assert "darn" not in str(raised.value)


@pytest.mark.parametrize("text", ["darning needles", "checkered", "hello", ""])
async def test_a_part_of_another_word_is_not(text: str) -> None:
    assert await says(WordsAndLinks(["darn", "heck", "hell"]), text) == text


async def test_links_are_counted() -> None:
    moderation = WordsAndLinks(links=2)
    allowed = "https://a.example and www.b.example"
    assert await says(moderation, allowed) == allowed
    with pytest.raises(TooManyLinksError) as raised:
        await says(moderation, allowed + " HTTP://c.example")
    assert (raised.value.count, raised.value.limit) == (3, 2)
    with pytest.raises(TooManyLinksError):
        await says(WordsAndLinks(links=0), "http://a")


def test_a_file_has_one_word_per_line(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("# a comment\n\n darn \ngo to hell\n", encoding="utf-8")
    assert read_words(path) == ["darn", "go to hell"]
