"""What every presence store must do: one suite for the fake and for the real server."""

from collections.abc import Awaitable, Sequence

from chat.presence import Changes, PresenceForgottenError, PresenceStore, Roster, Told
from chat.rooms import MEMBERS_TOLD


def came(*users: str, room: str = "lobby") -> dict[str, Changes]:
    """Users who came into one room."""
    return {room: Changes(joined=set(users))}


def went(*users: str, room: str = "lobby") -> dict[str, Changes]:
    """Users who went out of one room."""
    return {room: Changes(left=set(users))}


def plain(all_told: Sequence[Told]) -> list[tuple[str, list[str], list[str], int]]:
    """What was told, in an order of its own."""
    return sorted((t.room, sorted(t.joined), sorted(t.left), t.count) for t in all_told)


async def is_forgotten(call: Awaitable[object]) -> bool:
    """Whether the store says that it no longer has what was written."""
    try:
        await call
    except PresenceForgottenError:
        return True
    return False


async def reap_all(store: PresenceStore) -> list[tuple[str, list[str], list[str], int]]:
    """Everything that there is to reap."""
    found: list[Told] = []
    while told := await store.reap():
        found += told
    return plain(found)


class PresenceContract:
    """Subclass it and give the fixtures.

    ``store`` and ``other`` are those of two replicas over one empty server, neither of which has
    begun.
    """

    async def test_an_empty_room_has_nobody(self, store: PresenceStore) -> None:
        """Also before anything was begun."""
        assert await store.roster("lobby") == Roster([], 0)
        assert await store.counts(["lobby", "attic"]) == [0, 0]
        assert await store.reap() == []

    async def test_who_comes_and_goes_is_told_with_the_count(self, store: PresenceStore) -> None:
        """Room by room, in one write."""
        await store.begin()
        changes = came("ada", "bob") | came("ada", room="attic")
        told = plain(await store.write(changes))
        assert told == [("attic", ["ada"], [], 1), ("lobby", ["ada", "bob"], [], 2)]
        assert plain(await store.write(went("ada"))) == [("lobby", [], ["ada"], 1)]
        assert await store.roster("lobby") == Roster(["bob"], 1)
        assert await store.beat(["attic", "lobby", "cellar"]) == [1, 1, 0]

    async def test_a_user_on_two_replicas_is_one_member(
        self, store: PresenceStore, other: PresenceStore
    ) -> None:
        """New with the first, gone with the last."""
        await store.begin()
        await other.begin()
        assert plain(await store.write(came("ada"))) == [("lobby", ["ada"], [], 1)]
        assert plain(await other.write(came("ada", "bob"))) == [("lobby", ["bob"], [], 2)]
        assert await store.counts(["lobby"]) == [2]
        assert plain(await store.write(went("ada"))) == [("lobby", [], [], 2)]
        assert plain(await other.write(went("ada"))) == [("lobby", [], ["ada"], 1)]

    async def test_what_is_true_already_changes_nothing(self, store: PresenceStore) -> None:
        """A write may come twice."""
        await store.begin()
        await store.write(came("ada"))
        assert plain(await store.write(came("ada"))) == [("lobby", [], [], 1)]
        assert plain(await store.write(went("bob"))) == [("lobby", [], [], 1)]
        assert plain(await store.write(went("ada"))) == [("lobby", [], ["ada"], 0)]
        assert plain(await store.write(went("ada"))) == [("lobby", [], [], 0)]

    async def test_a_room_tells_its_first_members_and_its_whole_count(
        self, store: PresenceStore
    ) -> None:
        """At the limit and beyond."""
        await store.begin()
        names = [f"user{number:04}" for number in range(MEMBERS_TOLD + 1)]
        await store.write(came(*names[:-1]))
        assert await store.roster("lobby") == Roster(names[:-1], MEMBERS_TOLD)
        await store.write(came(names[-1]))
        assert await store.roster("lobby") == Roster(names[:-1], MEMBERS_TOLD + 1)

    async def test_those_of_a_replica_that_resigned_are_reaped_by_another(
        self, store: PresenceStore, other: PresenceStore
    ) -> None:
        """Once; and whom another replica holds as well stays."""
        await store.begin()
        await other.begin()
        await store.write(came("ada", "bob") | came("ada", room="attic"))
        await other.write(came("bob", "eve"))
        assert await other.reap() == []
        await store.resign()
        assert await store.counts(["lobby"]) == [3]
        assert await reap_all(other) == [("attic", [], ["ada"], 0), ("lobby", [], ["ada"], 2)]
        assert await reap_all(other) == []
        assert await other.roster("lobby") == Roster(["bob", "eve"], 2)
        assert await is_forgotten(store.write(came("ada")))

    async def test_more_than_a_page_is_reaped_in_pages(
        self, store: PresenceStore, other: PresenceStore
    ) -> None:
        """And counted down to nothing."""
        await store.begin()
        for room in ("lobby", "attic"):
            await store.write(came(*(f"user{number}" for number in range(700)), room=room))
        await store.write(came("ada", room="cellar"))
        await store.resign()
        gone = await reap_all(other)
        assert sum(len(left) for _, _, left, _ in gone) == 1_401
        assert await other.counts(["lobby", "attic", "cellar"]) == [0, 0, 0]

    async def test_a_new_registration_takes_over_without_anybody_coming_or_going(
        self, store: PresenceStore
    ) -> None:
        """Who is no longer here goes when the old one is given up."""
        await store.begin()
        await store.write(came("ada", "bob"))
        await store.begin()
        assert plain(await store.write(came("ada", "eve"))) == [("lobby", ["eve"], [], 3)]
        await store.settle()
        assert await reap_all(store) == [("lobby", [], ["bob"], 2)]
        assert await store.beat(["lobby"]) == [2]

    async def test_before_it_began_nothing_can_be_written(self, store: PresenceStore) -> None:
        """Nor renewed; to resign is nothing."""
        assert await is_forgotten(store.write(came("ada")))
        assert await is_forgotten(store.beat([]))
        await store.resign()
