"""``python -m realtime.tokens``: keys, tokens, tickets and revocations, for trying identity out."""

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import msgspec

from realtime.errors import BrokerError
from realtime.identity.errors import TokenRefusedError
from realtime.identity.issuing import Jwk, key_set, make_key, mint
from realtime.identity.keys import ALGORITHMS
from realtime.identity.revocation import Revocation, revoke
from realtime.identity.scope import parse_scope
from realtime.identity.verifier import LIFE_MAX
from realtime.identity.who import user_of
from realtime.nats import connect
from realtime.telemetry import configure_logging

EXAMPLES: Final = """\
examples:
  python -m realtime.tokens keys keys/
  FEED_AUTH=jwt FEED_JWKS=$PWD/keys/jwks.json FEED_ISSUER=me \\
  CHAT_AUTH=jwt CHAT_JWKS=$PWD/keys/jwks.json CHAT_ISSUER=me make up
  TOKEN=$(python -m realtime.tokens mint keys/private.json --issuer me --user ada \\
    --scope 'sensors:greenhouse-1/> rooms:lobby rooms:attic:moderator')
  curl -N -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/feed/readings
  python -m realtime.tokens ticket http://127.0.0.1:8080/feed --token "$TOKEN"
  TOKENS_NATS_URL=nats://127.0.0.1:4222 python -m realtime.tokens revoke --user ada
"""
_CONNECT: Final = timedelta(seconds=5)


class MisusedError(Exception):
    """What was asked for can't be done; the text is for the person who asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    args = _parser().parse_args(arguments)
    try:
        print(args.run(args))  # noqa: T201 - what was asked for
    except (MisusedError, BrokerError, OSError, TokenRefusedError) as error:
        print(f"tokens: {error}", file=sys.stderr)  # noqa: T201 - for a person
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m realtime.tokens",
        description="Keys, tokens, tickets and revocations, for trying identity out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="keys|mint|ticket|revoke")
    keys = commands.add_parser("keys", help="make a key: private.json, and jwks.json for services")
    keys.add_argument("folder", type=Path, help="where to put the two files")
    keys.add_argument("--algorithm", choices=ALGORITHMS, default="EdDSA")
    keys.set_defaults(run=make_keys)
    _add_mint(commands.add_parser("mint", help="sign a token and print it"))
    ticket = commands.add_parser("ticket", help="change a token for a ticket, good once in a URL")
    ticket.add_argument("url", help="the service's, as http://127.0.0.1:8080/feed")
    ticket.add_argument("--token", required=True, help="- reads it from the standard input")
    ticket.set_defaults(run=ask_ticket)
    revocation = commands.add_parser("revoke", help="shut out a token, or a user's tokens so far")
    url = os.environ.get("TOKENS_NATS_URL")
    revocation.add_argument("--nats-url", default=url, required=url is None)
    who = revocation.add_mutually_exclusive_group(required=True)
    who.add_argument("--token", help="a token that was minted; - reads it from the standard input")
    who.add_argument("--token-id", help="the jti of a token")
    who.add_argument("--user", help="the sub of the tokens")
    revocation.set_defaults(run=tell_revocation)
    return parser


def _add_mint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", type=Path, help="private.json, made by keys")
    parser.add_argument("--issuer", required=True, help="as in FEED_ISSUER and CHAT_ISSUER")
    parser.add_argument("--user", required=True, help="who it is for: the claim sub")
    parser.add_argument(
        "--scope", default="", help="sensors:<pattern> and rooms:<room>[:reader|member|moderator]"
    )
    parser.add_argument("--audience", action="append", help="default: feed and chat")
    parser.add_argument("--life", type=float, default=3600.0, help="seconds; default 3600")
    parser.set_defaults(run=mint_token)


def make_keys(args: argparse.Namespace) -> str:
    """Write a private key and its key set; never over an older private key."""
    args.folder.mkdir(parents=True, exist_ok=True)
    key = make_key(args.algorithm, kid=secrets.token_hex(8))
    private, public = args.folder / "private.json", args.folder / "jwks.json"
    # For the owner alone from the first byte on.
    descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(msgspec.json.encode(key))
    public.write_bytes(key_set(key))
    return f"{private} is yours alone; services read {public}"


def mint_token(args: argparse.Namespace) -> str:
    """Sign a token."""
    parse_scope(args.scope)
    if not 0 < args.life <= LIFE_MAX.total_seconds():
        message = f"--life must be from 1 to {LIFE_MAX.total_seconds():.0f} seconds"
        raise MisusedError(message)
    now = int(time.time())
    return mint(
        _read_key(args.key),
        {
            "iss": args.issuer,
            "sub": args.user,
            "aud": args.audience or ["feed", "chat"],
            "iat": now,
            "exp": int(now + args.life),
            "jti": secrets.token_hex(8),
            "scope": args.scope,
        },
    )


def _read_key(path: Path) -> Jwk:
    try:
        key: Jwk = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        if key["alg"] in ALGORITHMS and key["kid"]:
            jwt.PyJWK(key)
            return key
    # The library's messages hold the key.
    except (msgspec.DecodeError, jwt.PyJWTError, ValueError, TypeError, KeyError):
        pass
    message = f"{path} is not a key that 'keys' made"
    raise MisusedError(message) from None


def ask_ticket(args: argparse.Namespace) -> str:
    """Ask a service for a ticket."""
    if not args.url.startswith(("http://", "https://")):
        message = "the address must begin with http:// or https://"
        raise MisusedError(message)
    headers = {"Authorization": "Bearer " + _token(args.token)}
    address = args.url.rstrip("/") + "/tickets"
    request = urllib.request.Request(address, method="POST", headers=headers)  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - checked above
            return str(json.load(answer)["ticket"])
    except urllib.error.HTTPError as error:
        message = f"{address} answered {error.code}: {error.read(500).decode(errors='replace')}"
        raise MisusedError(message) from error


def tell_revocation(args: argparse.Namespace) -> str:
    """Revoke, and say what."""
    now = time.time()
    furthest = now + LIFE_MAX.total_seconds()
    if args.user is not None:
        revocation = Revocation(until=furthest, user=user_of(args.user), before=now)
    elif args.token_id is not None:
        revocation = Revocation(until=furthest, token=args.token_id)
    else:
        revocation = _of_token(_token(args.token))
    asyncio.run(_publish(args.nats_url, revocation))
    kind, name = revocation.key
    return f"revoked: {kind} {name}"


def _of_token(token: str) -> Revocation:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return Revocation(until=float(claims["exp"]), token=claims["jti"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        message = "this is no token with a jti and an exp; revoke the user instead"
        raise MisusedError(message) from error


async def _publish(url: str, revocation: Revocation) -> None:
    async with connect(url, name="tokens") as broker:
        linked = asyncio.Event()
        broker.on_link(lambda _: linked.set())
        try:
            async with asyncio.timeout(_CONNECT.total_seconds()):
                await linked.wait()
        except TimeoutError:
            # Without the password that the address may carry.
            message = f"{urlsplit(url).hostname}:{urlsplit(url).port} does not answer"
            raise MisusedError(message) from None
        await revoke(broker, revocation)


def _token(text: str) -> str:
    return sys.stdin.read().strip() if text == "-" else text


if __name__ == "__main__":
    # What is printed is what was asked for; a pipe may read it.
    configure_logging("warning", service="tokens")
    sys.exit(main())
