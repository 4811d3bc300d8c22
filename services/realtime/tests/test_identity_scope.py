"""What a scope allows, and that asking for a part never gives more than the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.identity.errors import Denial, TokenRefusedError
from realtime.identity.scope import Role, covers, parse_scope
from realtime.subjects import matches

tokens = st.sampled_from(["a", "b", "c"])
names = st.lists(tokens, min_size=1, max_size=4).map("/".join)
patterns = st.builds(
    lambda head, tail: "/".join(head + tail),
    st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3),
    st.sampled_from([[], [">"]]),
) | st.just(">")


def test_words_of_ours_are_read_and_others_allow_nothing() -> None:
    scope = parse_scope(
        "openid sensors:greenhouse-1/> sensors:*/temperature rooms:lobby rooms:attic:moderator x:y"
    )
    assert scope.sensors == {"greenhouse-1/>", "*/temperature"}
    assert scope.rooms == {"lobby": Role.MEMBER, "attic": Role.MODERATOR}
    assert parse_scope("openid profile sensors rooms").rooms == {}
    assert not parse_scope("").may_see("a/b")


@pytest.mark.parametrize(
    "word",
    [
        "sensors:",
        "sensors:a/",
        "sensors:>/a",
        "sensors:a b/c:".replace(" ", ""),
        "sensors:a.b",
        "sensors:a/b/c/d/e/f/g",
        "sensors:é/b",
        "rooms:",
        "rooms:>",
        "rooms:lob*",
        "rooms:lobby:owner",
        "rooms:lobby:MEMBER",
        "rooms:lobby:member:x",
        "rooms:a.b",
        "rooms:" + "a" * 65,
    ],
)
def test_a_word_that_only_looks_like_ours_is_no_scope(word: str) -> None:
    with pytest.raises(TokenRefusedError) as caught:
        parse_scope(f"rooms:lobby {word}")
    assert caught.value.denial is Denial.SCOPE


def test_the_highest_role_counts_and_the_star_is_every_room() -> None:
    scope = parse_scope("rooms:*:reader rooms:lobby:member rooms:lobby:moderator rooms:attic")
    assert scope.role_in("lobby") is Role.MODERATOR
    assert scope.role_in("attic") is Role.MEMBER
    assert scope.role_in("cellar") is Role.READER
    assert parse_scope("rooms:lobby").role_in("attic") is None


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (">", "a/b", True),
        (">", ">", True),
        ("a/>", "a/b", True),
        ("a/>", "a/*/c", True),
        ("a/>", "a/>", True),
        ("a/*", "a/b", True),
        ("a/*", "a/*", True),
        ("a/>", "a", False),
        ("a/>", ">", False),
        ("a/>", "*/b", False),
        ("a/*", "a/>", False),
        ("a/*", "a/b/c", False),
        ("a/b", "a/*", False),
    ],
)
def test_a_pattern_is_covered_by_one_that_matches_all_it_can(
    wide: str, narrow: str, *, covered: bool
) -> None:
    assert covers(wide, narrow) is covered


@given(wide=patterns, narrow=patterns, name=names)
def test_what_is_covered_shows_nothing_more(wide: str, narrow: str, name: str) -> None:
    if covers(wide, narrow) and matches(narrow, name, separator="/"):
        assert matches(wide, name, separator="/")


@given(pattern=patterns)
def test_a_pattern_covers_itself(pattern: str) -> None:
    assert covers(pattern, pattern)
