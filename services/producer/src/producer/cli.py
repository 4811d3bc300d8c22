"""The command line: other words for some of the settings."""

import argparse
from collections.abc import Sequence
from typing import Any, Final

from pydantic.fields import FieldInfo

from producer.settings import ProducerSettings
from realtime.settings import settings_help

_DESCRIPTION: Final = """\
Publishes sensor readings to NATS JetStream, acknowledged and in order, and keeps them while the
broker is away. Without a command the settings decide; their defaults are this machine's readings
and simulated greenhouses."""


def parse_arguments(arguments: Sequence[str]) -> dict[str, str]:
    """Read the command line as environment variables to put over the real ones.

    Raises:
        SystemExit: after ``--help``, or after a usage error with its line on standard error.
    """
    return vars(_parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    common = _common()
    parser = argparse.ArgumentParser(
        prog="python -m producer",
        description=_DESCRIPTION,
        epilog=settings_help(ProducerSettings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    commands = parser.add_subparsers(metavar="COMMAND", title="publish only one kind of reading")
    _add_simulate(commands.add_parser("simulate", help="simulated greenhouses", parents=[common]))
    _add_host(commands.add_parser("host", help="this machine", parents=[common]))
    _add_replay(commands.add_parser("replay", help="a recorded file", parents=[common]))
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    _option(common, "--nats-url", "NATS_URL", metavar="URL")
    _option(common, "--admin-port", "ADMIN_PORT", metavar="PORT")
    return common


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(PRODUCER_SOURCES="simulate", PRODUCER_REPLAY_FILE="")
    _option(parser, "--seed", "SEED", metavar="N")
    _option(parser, "--devices", "DEVICES", metavar="N")
    _option(parser, "--rate-hz", "RATE_HZ", metavar="HZ")
    _option(parser, "--day", "DAY", metavar="SECONDS")


def _add_host(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(PRODUCER_SOURCES="host", PRODUCER_REPLAY_FILE="")
    _option(parser, "--period", "HOST_PERIOD", metavar="SECONDS")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(PRODUCER_SOURCES="")
    parser.add_argument(
        "PRODUCER_REPLAY_FILE", metavar="FILE", help=_help_of("replay_file").description
    )
    _option(parser, "--speed", "REPLAY_SPEED", metavar="X")
    _option(parser, "--loop", "REPLAY_LOOP", action="store_const", const="true")


def _option(parser: argparse.ArgumentParser, flag: str, setting: str, **how: Any) -> None:
    """Add a flag that sets ``PRODUCER_<setting>``; where it isn't given, the environment holds."""
    parser.add_argument(
        flag,
        dest=ProducerSettings.prefix + setting,
        default=argparse.SUPPRESS,
        help=f"{_help_of(setting.lower()).description or ''} (PRODUCER_{setting})".lstrip(),
        **how,
    )


def _help_of(field: str) -> FieldInfo:
    return ProducerSettings.model_fields[field]
