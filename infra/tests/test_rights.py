"""The rights of the local run are the cluster's, with passwords in their places."""

import re

import pytest

from infra.rights import NATS_RIGHTS, NATS_USERS, VALKEY_RIGHTS, VALKEY_USERS, filled


def test_every_user_gets_a_password_and_nothing_else_is_touched() -> None:
    passwords = {user: f"p-{user}" for user in NATS_USERS}
    text = filled(NATS_RIGHTS, passwords)
    found = re.findall(r'user: "(\w+)", password: (\S+)', text)
    assert {user: word.rstrip(",") for user, word in found} == passwords
    assert "_PASSWORD" not in text
    assert '"$JS.API.STREAM.INFO.SENSORS"' in text


def test_valkey_lets_nobody_in_but_chat() -> None:
    text = filled(VALKEY_RIGHTS, {user: f"p-{user}" for user in VALKEY_USERS})
    users = [line.split()[1] for line in text.splitlines() if line.startswith("user ")]
    assert users == ["default", *VALKEY_USERS]
    assert ">p-chat" in text


def test_a_user_without_a_password_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="producer"):
        filled(NATS_RIGHTS, {"admin": "x"})
