import pytest

from chat.redis_address import Sentinels, parse_sentinels


@pytest.mark.parametrize("url", ["redis://one:6379/0", "rediss://one", "unix:///tmp/valkey.sock"])
def test_one_server_needs_no_sentinel(url: str) -> None:
    assert parse_sentinels(url) is None


def test_sentinels_are_listed_with_what_they_watch() -> None:
    assert parse_sentinels("redis+sentinel://a,b:26380,[::1]:7/airwave") == Sentinels(
        addresses=(("a", 26379), ("b", 26380), ("::1", 7)), name="airwave"
    )


def test_user_and_password_are_of_the_servers_and_do_not_show() -> None:
    found = parse_sentinels("rediss+sentinel://chat:p%40ss@a/airwave/2")
    assert found == Sentinels(
        addresses=(("a", 26379),),
        name="airwave",
        database=2,
        user="chat",
        password="p@ss",
        tls=True,
    )
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "redis://ada:sword777",
        "redis://ada:sword777@h\u2100st",
        "redis://[ada:sword777@host",
        "redis+sentinel://ada:sword777/airwave",
        "redis+sentinel://a,ada:sword777/airwave",
    ],
)
def test_a_refusal_holds_no_password(url: str) -> None:
    with pytest.raises(ValueError, match="must") as raised:
        parse_sentinels(url)
    assert "sword777" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "",
        "one:6379",
        " redis://one",
        "REDIS://one",
        "http://one",
        "redis://one:port",
        "unix+sentinel://a/airwave",
        "redis+sentinel://a",
        "redis+sentinel://a/",
        "redis+sentinel://a/airwave/zero",
        "redis+sentinel:///airwave",
        "redis+sentinel://a,,b/airwave",
        "redis+sentinel://a:port/airwave",
        "redis+sentinel://a:70000/airwave",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_sentinels(url)
