"""Who is in which room."""

from chat.rooms import MEMBERS_TOLD, Rooms


def test_members_are_sorted_and_counted_once() -> None:
    rooms = Rooms()
    for user in ("bob", "ada", "bob"):
        rooms.enter("lobby", user)
    assert rooms.members("lobby") == (["ada", "bob"], 2)
    rooms.leave("lobby", "bob")
    assert rooms.members("lobby") == (["ada", "bob"], 2)
    rooms.leave("lobby", "bob")
    assert rooms.members("lobby") == (["ada"], 1)


def test_only_the_first_connection_comes_and_only_the_last_one_goes() -> None:
    rooms = Rooms()
    assert [rooms.enter("lobby", "ada") for _ in range(2)] == [True, False]
    assert [rooms.leave("lobby", "ada") for _ in range(2)] == [False, True]


def test_rooms_are_gone_through_by_name() -> None:
    rooms = Rooms()
    rooms.enter("lobby", "bob")
    rooms.enter("lobby", "ada")
    rooms.enter("attic", "ada")
    assert sorted(rooms) == ["attic", "lobby"]
    assert "lobby" in rooms
    assert "cellar" not in rooms
    assert rooms.users("lobby") == ["ada", "bob"]
    assert rooms.users("cellar") == []


def test_an_empty_room_is_forgotten() -> None:
    rooms = Rooms()
    rooms.enter("lobby", "ada")
    rooms.leave("lobby", "ada")
    assert len(rooms) == 0
    assert rooms.members("lobby") == ([], 0)


def test_the_list_is_cut_and_the_count_is_whole() -> None:
    rooms = Rooms()
    for number in range(MEMBERS_TOLD + 5):
        rooms.enter("lobby", f"user{number:04}")
    members, count = rooms.members("lobby")
    assert len(members) == MEMBERS_TOLD
    assert count == MEMBERS_TOLD + 5
