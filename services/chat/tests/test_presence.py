"""Changes of presence, and how they are cut into pages."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chat.presence import Changes, beat_of, lease_of, pages


def test_who_goes_and_comes_back_has_not_changed_anything() -> None:
    changes = Changes()
    changes.leave("ada")
    changes.join("ada")
    changes.join("bob")
    changes.leave("bob")
    assert (changes, len(changes)) == (Changes(), 0)
    changes.leave("ada")
    changes.join("bob")
    assert (changes.joined, changes.left, len(changes)) == ({"bob"}, {"ada"}, 2)


_users = st.sets(st.sampled_from("abcdefgh"))


@given(
    st.dictionaries(st.sampled_from(["one", "two", "three"]), st.builds(Changes, _users, _users)),
    st.integers(1, 10),
)
def test_pages_hold_every_change_once_and_no_more_than_their_size(
    changes: dict[str, Changes], size: int
) -> None:
    found = list(pages(changes, size=size))
    assert all(0 < sum(map(len, page.values())) <= size for page in found)
    moves = [
        (room, user, came)
        for page in found
        for room, change in page.items()
        for came, users in ((True, change.joined), (False, change.left))
        for user in users
    ]
    assert len(moves) == len(set(moves)) == sum(map(len, changes.values()))
    assert all(
        user in (changes[room].joined if came else changes[room].left) for room, user, came in moves
    )


def test_a_dead_replicas_members_are_gone_within_the_ttl() -> None:
    for seconds in (5, 15, 3_600):
        ttl = timedelta(seconds=seconds)
        # The lease, the look at it, and the frame with what leads up to it.
        assert lease_of(ttl) + beat_of(ttl) + timedelta(seconds=1.5) < ttl


def test_a_lost_store_is_tried_again_within_seconds_whatever_the_ttl() -> None:
    assert beat_of(timedelta(seconds=30)) == timedelta(seconds=5)
    assert beat_of(timedelta(seconds=29.4)) == timedelta(seconds=4.9)
    assert beat_of(timedelta(hours=1)) == timedelta(seconds=5)
