"""Passwords are made once, and only their owner reads them."""

import stat
from pathlib import Path

from infra.passwords import kept, password, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_password_is_long_and_says_nothing_to_a_url_or_a_shell() -> None:
    made = {password() for _ in range(100)}
    assert len(made) == 100
    assert all(word.isalnum() and word[0] == "p" and len(word) == 49 for word in made)


def test_passwords_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = kept(folder, ("feed", "chat"))
    assert kept(folder, ("chat", "feed", "more"))["chat"] == first["chat"] != first["feed"]
    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}


def test_what_is_written_privately_was_never_anybodys_to_read(tmp_path: Path) -> None:
    path = tmp_path / "nats.conf"
    path.write_text("from before")
    path.chmod(0o644)
    write_private(path, "password")
    assert (path.read_text(), mode(path)) == ("password", 0o600)
