"""``python -m realtime.tokens``: what it makes is taken, and what it can't do is one line."""

import stat
import time
from datetime import timedelta
from pathlib import Path

import pytest

from realtime.identity.keys import ALGORITHMS, parse_keys
from realtime.identity.verifier import Terms, Verifier
from realtime.tokens import EXAMPLES, main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out.strip()


def refuse(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_minted_token_is_taken_by_the_keys_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], algorithm: str
) -> None:
    run(capsys, "keys", str(tmp_path / "keys"), "--algorithm", algorithm)
    private = tmp_path / "keys" / "private.json"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    scope = "sensors:a/> rooms:lobby:moderator"
    token = run(capsys, "mint", str(private), "--issuer", "me", "--user", "ada", "--scope", scope)
    public = (tmp_path / "keys" / "jwks.json").read_bytes()
    keys = parse_keys(public, algorithms=ALGORITHMS)
    for service in ("feed", "chat"):
        terms = Terms(issuer="me", audience=service, algorithms=ALGORITHMS, leeway=timedelta(0))
        identity = Verifier(terms, lambda: keys).verify(token)
        assert identity.user == "ada"
        assert identity.moderates("lobby")
        assert identity.token_id
        assert identity.expires is not None
        assert 3590 < identity.expires - time.time() <= 3600


def test_the_public_half_is_public(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "keys", str(tmp_path))
    assert b'"d"' in (tmp_path / "private.json").read_bytes()
    assert b'"d"' not in (tmp_path / "jwks.json").read_bytes()


def test_an_older_private_key_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "keys", str(tmp_path))
    before = [(tmp_path / name).read_bytes() for name in ("private.json", "jwks.json")]
    assert "private.json" in refuse(capsys, "keys", str(tmp_path))
    assert [(tmp_path / name).read_bytes() for name in ("private.json", "jwks.json")] == before


def test_what_cannot_be_minted_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "keys", str(tmp_path))
    key = str(tmp_path / "private.json")
    common = ("--issuer", "me", "--user", "ada")
    assert "scope" in refuse(capsys, "mint", key, *common, "--scope", "rooms:*:owner")
    assert "--life" in refuse(capsys, "mint", key, *common, "--life", "0")
    assert "--life" in refuse(capsys, "mint", key, *common, "--life", "1e9")
    assert "nothing" in refuse(capsys, "mint", str(tmp_path / "nothing"), *common)
    (tmp_path / "text").write_text("text")
    assert "not a key" in refuse(capsys, "mint", str(tmp_path / "text"), *common)
    for content in ("{}", "[]", '{"kid":"a","alg":"EdDSA"}', '{"kid":"a","alg":"none","kty":"x"}'):
        (tmp_path / "text").write_text(content)
        assert "not a key" in refuse(capsys, "mint", str(tmp_path / "text"), *common)


def test_what_does_not_answer_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "http" in refuse(capsys, "ticket", "ftp://x", "--token", "t")
    assert "refused" in refuse(capsys, "ticket", "http://127.0.0.1:1", "--token", "t")
    assert "no token" in refuse(capsys, "revoke", "--nats-url", "nats://x", "--token", "t")


def test_a_broker_that_does_not_answer_is_named_without_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.tokens._CONNECT", timedelta(milliseconds=100))
    assert main(("revoke", "--nats-url", "nats://admin:hidden@127.0.0.1:1", "--user", "ada")) == 1
    said = capsys.readouterr()
    assert "127.0.0.1:1 does not answer" in said.err
    assert "hidden" not in said.out + said.err


def test_the_help_has_the_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert EXAMPLES in capsys.readouterr().out
