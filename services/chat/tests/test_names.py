"""Which name a guest gets, and gets again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.names import Guest, Names, clean_name
from realtime.subjects import is_token


class Ends:
    """Counts how often a connection was told to make room."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def enter(names: Names, name: str = "", session: str = "") -> tuple[Guest, Ends]:
    ends = Ends()
    return names.enter(name=name, session=session, replace=ends), ends


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("ada", "ada"),
        ("Ada Lovelace", "Ada-Lovelace"),
        ("Zoë", "Zoe"),
        ("a.b*c>d", "a-b-c-d"),
        ("  ada\r\n", "ada"),
        ("../../etc", "etc"),
        ("", "guest"),
        ("***", "guest"),
        ("日本", "guest"),
        ("x" * 500, "x" * 64),
        ("a_b-c9", "a_b-c9"),
    ],
)
def test_a_name_is_cleaned_to_a_token(said: str, name: str) -> None:
    assert clean_name(said) == name


@given(st.text())
def test_any_name_becomes_a_token(said: str) -> None:
    assert is_token(clean_name(said))


def test_a_name_that_is_free_is_given_as_it_is_and_free_again_afterwards() -> None:
    names = Names()
    first, _ = enter(names, "ada")
    assert first.user == "ada"
    names.leave(first)
    assert len(names) == 0
    assert enter(names, "ada")[0].user == "ada"


def test_a_name_that_is_taken_gets_a_suffix() -> None:
    names = Names()
    users = {enter(names, "ada")[0].user for _ in range(50)}
    assert len(users) == 50
    assert "ada" in users
    assert all(is_token(user) and user.startswith("ada") for user in users)


def test_a_long_name_that_is_taken_still_is_a_token() -> None:
    names = Names()
    for _ in range(3):
        guest, _ = enter(names, "x" * 64)
        assert is_token(guest.user)


def test_sessions_are_not_guessable() -> None:
    names = Names()
    secrets = {enter(names, "ada")[0].session.partition(".")[0] for _ in range(50)}
    assert len(secrets) == 50
    assert min(map(len, secrets)) == 22


def test_a_session_takes_its_name_from_the_connection_that_still_holds_it() -> None:
    names = Names()
    old, ended = enter(names, "ada")
    new, _ = enter(names, "ada", old.session)
    assert new.user == "ada"
    assert new.session == old.session
    assert ended.count == 1
    names.leave(old)
    assert len(names) == 1
    names.leave(new)
    assert len(names) == 0


def test_a_session_of_a_suffixed_name_brings_that_name_back() -> None:
    names = Names()
    enter(names, "ada")
    second, _ = enter(names, "ada")
    names.leave(second)
    again, _ = enter(names, "ada", second.session)
    assert again.user == second.user != "ada"


def test_another_session_cannot_take_a_name() -> None:
    names = Names()
    old, ended = enter(names, "ada")
    forged = "A" * 22 + ".ada"
    other, _ = enter(names, "ada", forged)
    assert other.user != "ada"
    assert other.session != forged
    assert ended.count == 0
    assert old.user == "ada"


def test_a_session_of_another_replica_brings_its_name_along() -> None:
    there, here = Names(), Names()
    enter(there, "ada")
    guest, _ = enter(there, "ada")
    again, _ = enter(here, "ada", guest.session)
    assert again.user == guest.user
    assert again.session == guest.session


@pytest.mark.parametrize(
    "session", ["", "x", "A" * 22, "A" * 22 + ".", "A" * 22 + ".a b", "A" * 22 + ".é", "." * 99]
)
def test_a_malformed_session_is_ignored(session: str) -> None:
    assert enter(Names(), "ada", session)[0].user == "ada"
