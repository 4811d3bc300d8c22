"""``python -m infra.local``: run Airwave on this machine, or remove what runs have kept."""

import argparse
import os
import sys
from collections.abc import Sequence

from infra.errors import InfraError
from infra.local.clean import clean
from infra.local.settings import DEFAULT_PORTS, read

_EPILOG = f"""\
Settings, from the environment or as make up NAME=value:
  {", ".join(f"{name} ({port})" for name, port in DEFAULT_PORTS.items())}
  AIRWAVE_DATA    folder for streams, history and logs (infra/local/data/<EDGE_PORT>)
  NATS_URL        a NATS server of yours, with JetStream, to use instead of starting one
  REDIS_URL       a Redis or Valkey of yours to use instead of starting one
  TLS             1: HTTPS at the edge, and TLS to NATS and Valkey, by an authority of the run's own
  FEED_*, CHAT_*, PRODUCER_*    are handed to the service
"""
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 when all is well, 1 with one line for each problem."""
    asked = _parser().parse_args(arguments)
    try:
        asked.run(asked)
    except InfraError as error:
        sys.stderr.writelines(f"{line}\n" for line in error.lines)
        return 1
    except KeyboardInterrupt:  # before the supervisor listens for it
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local",
        description="The whole of Airwave on this machine, on 127.0.0.1 only.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_subparsers(required=True, metavar="up|clean|as")
    what.add_parser("up", help="run until Ctrl-C").set_defaults(run=_up)
    what.add_parser("clean", help="remove infra/local/data").set_defaults(run=_clean)
    come_in = what.add_parser(
        "as",
        help="run a command with the addresses and passwords of a user of the run",
        description="The command finds them in its environment, which no list of processes shows.",
    )
    come_in.add_argument("user", choices=("admin", "producer", "feed", "chat"))
    come_in.add_argument("command", help="what to run")
    come_in.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    come_in.set_defaults(run=_as)
    return parser


# Imported where they are needed: `clean` runs by any Python, before there is an environment.
def _up(_: argparse.Namespace) -> None:
    from infra.local.up import up  # noqa: PLC0415

    up(read())


def _clean(_: argparse.Namespace) -> None:
    sys.stdout.write(f"{clean()}\n")


def _as(asked: argparse.Namespace) -> None:
    from infra.local.access import access  # noqa: PLC0415

    found = access(read(), anew=False)
    # Who names an address means it; whom to believe is the run's to say.
    given = {name: value for name, value in os.environ.items() if value}
    environment = {**found.environment(asked.user), **given, **found.believing}
    os.execvpe(asked.command, [asked.command, *asked.arguments], environment)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
