"""Whose identity it is, and what it may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.identity.errors import ForbiddenError
from realtime.identity.scope import parse_scope
from realtime.identity.who import GUEST, GUEST_PREFIX, Identity, user_of
from realtime.subjects import is_token


def user(scope: str) -> Identity:
    return Identity(parse_scope(scope), user="ada", expires=1.0)


def test_a_guest_may_everything_but_moderate() -> None:
    assert GUEST.is_guest
    assert GUEST.may_see("a/b")
    assert GUEST.may_read("lobby")
    assert GUEST.may_post("lobby")
    assert not GUEST.moderates("lobby")
    assert not Identity(parse_scope("rooms:*:moderator")).moderates("lobby")
    assert GUEST.narrow(frozenset()) == frozenset()


def test_roles_add_up() -> None:
    ada = user("rooms:r:reader rooms:m rooms:o:moderator")
    assert [ada.may_read(room) for room in "rmox"] == [True, True, True, False]
    assert [ada.may_post(room) for room in "rmox"] == [False, True, True, False]
    assert [ada.moderates(room) for room in "rmox"] == [False, False, True, False]


def test_no_filter_is_what_the_scope_allows_and_one_outside_is_named() -> None:
    ada = user("sensors:a/> sensors:b/x")
    assert ada.narrow(frozenset()) == {"a/>", "b/x"}
    assert ada.narrow(frozenset({"a/x", "b/x"})) == {"a/x", "b/x"}
    for outside in ("b/*", "c/x", ">", "*/x"):
        with pytest.raises(ForbiddenError) as caught:
            ada.narrow(frozenset({"a/x", outside}))
        assert caught.value.name == outside
    assert user("sensors:>").narrow(frozenset()) == frozenset()


def test_no_sensors_is_not_all_sensors() -> None:
    with pytest.raises(ForbiddenError):
        user("rooms:*").narrow(frozenset())


def test_a_subject_that_is_a_token_is_the_user() -> None:
    assert user_of("ada_L-1") == "ada_L-1"


@given(st.text(min_size=1))
def test_every_subject_becomes_a_token_that_no_guest_can_have(subject: str) -> None:
    assert is_token(user_of(subject))
    assert not user_of(subject).startswith(GUEST_PREFIX)


@given(st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5))
def test_two_subjects_are_two_users(one: str, other: str) -> None:
    assert (user_of(one) == user_of(other)) == (one == other)


def test_a_subject_cannot_pass_for_another_ones_name() -> None:
    taken = user_of("auth0|5f1")
    assert user_of(taken) != taken
    assert user_of("guest-ada").startswith("user-guest-ada-")
    assert is_token(user_of("\ud800"))
