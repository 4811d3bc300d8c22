"""What can be set of identity, and what refuses to start."""

from datetime import timedelta

import pytest

from realtime.identity.settings import IdentitySettings
from realtime.settings import BadSettingsError, read_settings

TOKENS = {"FEED_AUTH": "jwt", "FEED_JWKS": "keys/jwks.json", "FEED_ISSUER": "me"}


class Settings(IdentitySettings):
    prefix = "FEED_"


def read(**environ: str) -> Settings:
    return read_settings(Settings, {"FEED_NATS_URL": "nats://x", **environ})


def test_the_default_is_guests() -> None:
    settings = read()
    assert settings.auth == "guests"
    assert settings.connections_per_user == 10
    assert settings.expiry_warning == timedelta(seconds=30)


def test_tokens_need_keys_and_an_issuer() -> None:
    settings = read(**TOKENS)
    assert (settings.audience, settings.guest_scope) == ("feed", None)
    with pytest.raises(BadSettingsError) as caught:
        read(FEED_AUTH="jwt")
    assert [problem.partition("=")[0] for problem in caught.value.problems] == [
        "FEED_JWKS",
        "FEED_ISSUER",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH", "none"),
        ("JWKS", "http://id.example/jwks.json"),
        ("ALGORITHMS", "none"),
        ("ALGORITHMS", "EdDSA,RS512"),
        ("ALGORITHMS", ","),
        ("LEEWAY", "61"),
        ("LEEWAY", "-1"),
        ("TICKET_LIFE", "31"),
        ("TICKET_LIFE", "0"),
        ("GUEST_SCOPE", "rooms:*:owner"),
        ("CONNECTIONS_PER_USER", "0"),
    ],
)
def test_what_makes_no_sense_refuses_to_start(name: str, value: str) -> None:
    with pytest.raises(BadSettingsError) as caught:
        read(**{**TOKENS, f"FEED_{name}": value})
    assert caught.value.problems[0].startswith(f"FEED_{name}")


def test_what_makes_sense_is_taken() -> None:
    settings = read(
        **TOKENS,
        FEED_ALGORITHMS="EdDSA, HS256",
        FEED_AUDIENCE="readings",
        FEED_TICKET_LIFE="30",
        FEED_LEEWAY="0",
        FEED_GUEST_SCOPE="",
        FEED_ORIGINS="https://a.example,https://b.example",
    )
    assert settings.algorithms == ("EdDSA", "HS256")
    assert settings.audience == "readings"
    assert settings.guest_scope == ""
    assert settings.origins == ("https://a.example", "https://b.example")
