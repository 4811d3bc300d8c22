"""``python -m realtime.streams``: make the streams, copy them into a folder, bring them back."""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from realtime.broker import Broker
from realtime.errors import AirwaveError, BrokerError
from realtime.identity.revocation import REVOCATIONS
from realtime.identity.tickets import TICKETS
from realtime.nats import connect
from realtime.stream_copies import bring_back, connected, remove, take
from realtime.subjects import CHAT, SENSORS
from realtime.telemetry import configure_logging

R = TypeVar("R")

STREAMS: Final = (SENSORS, CHAT, REVOCATIONS, TICKETS)
"""All that the services use; the last two with ``*_AUTH=jwt`` only."""
WORTH_KEEPING: Final = (SENSORS.name, CHAT.name)
PATIENCE: Final = timedelta(minutes=4)
"""For servers that start, find each other and elect a leader."""
_AGAIN_SECONDS: Final = 1.0

DESCRIPTION: Final = """\
Looks after the streams with an administrator's rights, so that no service needs them: services
with FEED_NATS_STREAMS=use (CHAT_, PRODUCER_) only use what is there.

  setup            makes SENSORS, CHAT, REVOCATIONS and TICKETS, or brings their settings in line;
                   waits for the broker up to 4 minutes; safe to run again, and with others
  backup FOLDER    copies SENSORS and CHAT into FOLDER/<stream>/ while everything runs
  restore FOLDER   makes the streams anew from FOLDER, under a new epoch: clients that come back
                   with an old position are told a gap and go on from there. Stop the services first

The address is --nats-url or STREAMS_NATS_URL; on how many servers each stream is kept is
--replicas or STREAMS_REPLICAS (1, 3 or 5)."""


async def set_up(
    broker: Broker, say: Callable[[str], None], *, patience: timedelta = PATIENCE
) -> None:
    """Make every stream, or bring its settings in line.

    Raises:
        BrokerError: the broker refuses still, after ``patience``.
    """
    for spec in STREAMS:
        state = await _insist(lambda spec=spec: broker.ensure_stream(spec), patience)  # type: ignore[misc]
        say(f"{spec.name}: epoch {state.epoch}, offsets {state.first} to {state.last}")


async def _insist(call: Callable[[], Awaitable[R]], patience: timedelta) -> R:
    """Try again while the broker says no: without a leader it does, and soon there is one."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience.total_seconds()):
            while True:
                with contextlib.suppress(BrokerError):
                    return await call()
                await asyncio.sleep(_AGAIN_SECONDS)
    return await call()


async def _setup(args: argparse.Namespace) -> None:
    async with connect(args.nats_url, name="streams", replicas=args.replicas) as broker:
        await set_up(broker, _say)


async def _backup(args: argparse.Namespace) -> None:
    async with connected(args.nats_url, name="streams") as client:
        for stream in args.stream or WORTH_KEEPING:
            copied = await take(client, stream, args.folder / stream)
            _say(f"{stream}: {copied.messages:,} messages up to offset {copied.last} are kept")


async def _restore(args: argparse.Namespace) -> None:
    async with connected(args.nats_url, name="streams") as client:
        for stream in args.stream or WORTH_KEEPING:
            if args.replace:
                await remove(client, stream)
            copied = await bring_back(client, args.folder / stream, replicas=args.replicas)
            _say(f"{stream}: {copied.messages:,} messages up to offset {copied.last} are back")


def _say(line: str) -> None:
    print(f"streams: {line}", flush=True)  # noqa: T201 - for a person


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m realtime.streams",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    url, replicas = os.environ.get("STREAMS_NATS_URL"), os.environ.get("STREAMS_REPLICAS")
    common.add_argument("--nats-url", default=url, required=url is None)
    common.add_argument("--replicas", default=replicas, type=int, choices=(1, 3, 5))
    commands = parser.add_subparsers(required=True, metavar="setup|backup|restore")
    commands.add_parser("setup", parents=[common]).set_defaults(run=_setup)
    backup = commands.add_parser("backup", parents=[common])
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", parents=[common])
    restore.set_defaults(run=_restore)
    for command in (backup, restore):
        command.add_argument("folder", type=Path)
        command.add_argument("--stream", action="append", help="only this one; may be repeated")
    restore.add_argument("--replace", action="store_true", help="delete the stream that is there")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    args = _parser().parse_args(arguments)
    configure_logging("warning", service="streams")
    try:
        asyncio.run(args.run(args))
    except (AirwaveError, OSError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
