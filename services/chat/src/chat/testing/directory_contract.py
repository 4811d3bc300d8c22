"""What every directory must do: one suite for the fake and for the real server."""

from chat.directory import Directory, Written


def written(room: str, offset: int) -> Written:
    """A message that was stored at a time of its own."""
    return Written(room, offset, 1_795_343_000.25 + offset)


async def rooms(directory: Directory, *, before: int | None = None, limit: int = 9) -> list[str]:
    """The names of a page's rooms."""
    found = await directory.page("e100", before=before, limit=limit)
    return [room.room for room in found]


class DirectoryContract:
    """Subclass it and give the fixture ``directory``: an empty one that keeps 4 rooms."""

    async def test_an_empty_one_lists_nothing(self, directory: Directory) -> None:
        """Neither from the start nor from anywhere."""
        assert await rooms(directory) == []
        assert await rooms(directory, before=5) == []

    async def test_rooms_come_by_their_newest_message(self, directory: Directory) -> None:
        """In whatever order, and however often, they are noted."""
        notes = [written("a", 1), written("b", 2), written("a", 7), written("c", 3)]
        for note in [*reversed(notes), *notes]:
            await directory.note("e100", [note], first=1)
        found = await directory.page("e100", before=None, limit=9)
        assert found == [written("a", 7), written("c", 3), written("b", 2)]

    async def test_a_page_goes_on_after_another(self, directory: Directory) -> None:
        """Exclusive, by offset."""
        await directory.note("e100", [written(room, n) for n, room in enumerate("abcd")], first=0)
        assert await rooms(directory, limit=3) == ["d", "c", "b"]
        assert await rooms(directory, before=1, limit=3) == ["a"]
        assert await rooms(directory, before=0, limit=3) == []

    async def test_the_oldest_go_when_there_are_too_many(self, directory: Directory) -> None:
        """At the bound and beyond."""
        await directory.note("e100", [written(room, n) for n, room in enumerate("abcd")], first=0)
        assert await rooms(directory) == ["d", "c", "b", "a"]
        await directory.note("e100", [written("e", 9)], first=0)
        assert await rooms(directory) == ["e", "d", "c", "b"]

    async def test_rooms_go_with_their_last_message(self, directory: Directory) -> None:
        """What the stream has dropped can't be shown."""
        await directory.note("e100", [written("a", 1), written("b", 2)], first=1)
        await directory.note("e100", [written("c", 3)], first=2)
        assert await rooms(directory) == ["c", "b"]

    async def test_epochs_are_apart(self, directory: Directory) -> None:
        """A recreated stream has the same offsets again."""
        await directory.note("e100", [written("a", 5)], first=1)
        await directory.note("e200", [written("b", 1)], first=1)
        assert await rooms(directory) == ["a"]
        assert await directory.page("e200", before=None, limit=9) == [written("b", 1)]
