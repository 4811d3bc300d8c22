"""Texts that look secret are found in every form, and the repository has none."""

import secrets
import subprocess
from pathlib import Path

import pytest

from infra.supply import allowed, secret

W = secrets.token_hex(40)
# Put together here, so that this file has none.
SEEDS = {
    "a private key": "-----BEGIN " + "PRIVATE KEY-----\n" + W,
    "a private JWK": '"d": ' + f'"{W}"',
    "a JSON Web Token": "eyJ" + W[:12] + ".eyJ" + W[:12] + "." + W,
    "a key of AWS": "AKIA" + "ABCDEFGH23456789",
    "a token of GitHub": "ghp" + "_" + W[:36],
    "a token of GitLab": "glpat" + "-" + W[:20],
    "a token of Slack": "xoxb" + "-" + W[:20],
    "a key of Stripe": "sk" + "_live_" + W[:24],
    "a key of Google": "AIza" + W[:35],
    "a token of npm": "npm" + "_" + W[:36],
    "a token of PyPI": "pypi" + "-" + W[:60],
    "a password of ours": "NATS_ADMIN=" + "p" + W[:48],
    "a password in an address": "nats://feed:" + "correct-horse-battery" + "@nats:4222",
    "a password in a setting": "api_key = " + f'"1{W[:30]}"',
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True, timeout=50)  # noqa: S603, S607
    return tmp_path


def test_every_form_has_a_seed() -> None:
    assert SEEDS.keys() == secret.FORMS.keys()


@pytest.mark.parametrize("form", SEEDS)
def test_a_seeded_secret_is_found_and_not_printed(checkout: Path, form: str) -> None:
    (checkout / "notes.txt").write_text(f"first\n{SEEDS[form]}\n")
    lines = list(secret.problems({}, checkout))
    assert f"notes.txt:2: looks like {form}" in lines
    assert not any(W[:12] in line for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "nats://feed:${NATS_FEED_PASSWORD}@nats:4222",
        "nats://admin:$(NATS_PASSWORD)@nats:4222",
        "password=os.environ['VALKEY_PASSWORD_OF_SENTINEL']",
        "secretName: nats-passwords-of-the-cluster",
        "https://docs.example.org/a:b@c",
    ],
)
def test_a_place_for_a_secret_is_none(text: str) -> None:
    assert list(secret.found(text)) == []


def test_what_git_ignores_is_not_looked_at(checkout: Path) -> None:
    (checkout / ".gitignore").write_text(".env\n")
    (checkout / ".env").write_text(SEEDS["a password of ours"])
    assert list(secret.problems({}, checkout)) == []


def test_an_allowed_file_must_still_need_it(checkout: Path) -> None:
    (checkout / "example.txt").write_text(SEEDS["a private key"])
    assert list(secret.problems({"example.txt": "an example"}, checkout)) == []
    (checkout / "example.txt").write_text("nothing")
    assert list(secret.problems({"example.txt": "an example"}, checkout)) == [
        "example.txt may look secret, and does not"
    ]


def test_the_repository_has_none() -> None:
    assert list(secret.problems(allowed.load().secrets)) == []
