"""What replicas hear from each other and from an operator: anybody with the right may say it."""

from datetime import timedelta
from typing import Final

from structlog.testing import capture_logs

from chat.announcements import PRESENCE, TYPING, Announcements
from chat.batches import NAMES_TOLD
from chat.presence import Told
from realtime.broker import Delivery
from realtime.census import PAYLOAD_BYTES, Census, encode_share
from realtime.identity.revocation import Revocation, Revocations
from realtime.identity.scope import parse_scope
from realtime.identity.who import Identity
from realtime.subjects import is_token
from realtime.testing import MemoryBroker
from systemtests.fuzz.target import Target, require

NOW: Final = 1_795_343_351.5
_ADA: Final = Identity(parse_scope(""), user="ada", expires=NOW + 60, issued=NOW, token_id="t1")


def take_announcement(data: bytes) -> None:
    """A room (first line) and what is said of it (the rest), as presence and as typing."""
    room, _, payload = data.partition(b"\n")
    heard: list[Told] = []
    typing: list[tuple[str, str]] = []
    announcements = Announcements(
        MemoryBroker(), on_told=heard.append, on_typing=lambda *who: typing.append(who)
    )
    subject = room.decode("utf-8", "replace")
    # What can't be read is logged, too.
    with capture_logs():
        announcements._hear_presence(PRESENCE + subject, payload)
        announcements._hear_typing(TYPING + subject, payload)
    unheard = announcements.unreadable.total()
    require(len(heard) + len(typing) + unheard == 2, "each is heard or counted", heard, typing)
    for told in heard:
        _check_told(told)
    require(all(is_token(one) for who in typing for one in who), "who types is a token", typing)


def _check_told(told: Told) -> None:
    require(is_token(told.room), "a room is a token", told)
    require(len(told.joined) <= NAMES_TOLD >= len(told.left), "few names are told", told)
    require(all(map(is_token, [*told.joined, *told.left])), "members are tokens", told)
    require(told.count >= 0, "so many are here", told)


def take_share(data: bytes) -> None:
    """What a replica says of its connections, a share on each line."""
    census = Census(fresh=timedelta(seconds=5), clock=lambda: NOW)
    lines = data.split(b"\n")
    for line in lines:
        census.hear(line)
    shares = census.shares()
    require(len(shares) + census.unreadable <= len(lines), "each is heard or counted", shares)
    for name, share in shares.items():
        require(is_token(name) and share.connections >= 0, "a share is one of a replica", share)
        encoded = encode_share(share)
        require(len(encoded) <= PAYLOAD_BYTES, "a share that is heard can be said", encoded)
        again = Census(fresh=timedelta(seconds=5), clock=lambda: NOW)
        again.hear(encoded)
        require(again.shares() == {name: share}, "a share is read again as it is", share)


def take_revocation(data: bytes) -> None:
    """Revocations, one on each line, as the stream has them."""
    heard: list[Revocation] = []
    revocations = Revocations(MemoryBroker(), clock=lambda: NOW)
    revocations.listeners.append(heard.append)
    lines = data.split(b"\n")
    with capture_logs():
        for offset, line in enumerate(lines, 1):
            revocations.deliver(Delivery("revocations.token", line, offset, NOW))
    counts = revocations.counts
    require(counts["heard"] == len(heard), "whoever listens hears each", counts)
    require(counts["heard"] + counts["unreadable"] <= len(lines), "each is one thing", counts)
    shut_out = any(one.hits(_ADA) for one in heard)
    require(revocations.is_revoked(_ADA) == shut_out, "who was revoked is shut out", heard)


_WORDS: Final = (
    *('"replica":', '"joined":', '"left":', '"count":', '"user":', '"connections":', '"state":'),
    *('"calm"', '"storm"', '"until":', '"token":', '"before":', "1e308", "null", "\\u0000", "\n"),
    *('"ada"', '"t1"', "\\ud800", "1795343351.5", "1795343411.5", "[]", "}", "-1", "10000000"),
)
TARGETS: Final = (
    Target(
        "announcements",
        "what replicas say of rooms is exactly what we say, or counted and dropped",
        take_announcement,
        (
            b'lobby\n{"replica":"r1","joined":["ada"],"left":[],"count":1}',
            b'lobby\n{"replica":"r1","user":"ada"}',
            b'lobby\n{"replica":"r1","user":"ada\\n"}',
            b'a.b\n{"replica":"r1","user":"ada"}',
            b'lobby\n{"replica":"r1","user":"\xff"}',
            b'lobby\n{"replica":"r1","joined":[],"left":[],"count":' + b"9" * 4_400 + b"}",
            b"lobby\n" + b"[" * 2_000,
        ),
        _WORDS,
        8192,
    ),
    Target(
        "shares",
        "what replicas say of their connections is exactly what we say, or counted and dropped",
        take_share,
        (
            b'{"replica":"r1","connections":5,"state":"calm"}',
            b'{"replica":"r1","connections":5,"state":"storm"}\n{"replica":"r2","connections":0,"state":"busy"}',
            b'{"replica":"r1","connections":10000001,"state":"calm"}',
            b'{"replica":"\xff","connections":5,"state":"calm"}',
        ),
        _WORDS,
    ),
    Target(
        "revocations",
        "a revocation shuts out whom it names; what is none is counted, and ends nothing",
        take_revocation,
        (
            b'{"until":1795343411.5,"token":"t1"}',
            b'{"until":1795343411.5,"user":"ada","before":1795343351.5}',
            b'{"until":1795343411.5,"user":"ada","before":1}\n{"until":1795343412.5,"user":"bob"}',
            b'{"until":1,"token":"t1"}',
            b'{"until":1795343411.5,"token":"\xff"}',
            b'{"until":1795343411.5,"token":"\\ud800"}',
            b'{"until":1e999}\nno',
            b"[" * 2_000,
        ),
        _WORDS,
    ),
)
