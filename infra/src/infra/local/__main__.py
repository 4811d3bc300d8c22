"""``python -m infra.local``: run Airwave on this machine, or remove what runs have kept."""

import argparse
import sys
from collections.abc import Sequence

from infra.errors import InfraError
from infra.local.clean import clean
from infra.local.settings import DEFAULT_PORTS, read
from infra.local.up import up

_EPILOG = f"""\
Settings, from the environment or as make up NAME=value:
  {", ".join(f"{name} ({port})" for name, port in DEFAULT_PORTS.items())}
  AIRWAVE_DATA    folder for streams, history and logs (infra/local/data/<EDGE_PORT>)
  NATS_URL        a NATS server of yours, with JetStream, to use instead of starting one
  REDIS_URL       a Redis or Valkey of yours to use instead of starting one
  FEED_*, CHAT_*, PRODUCER_*    are handed to the service
"""
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 when all is well, 1 with one line for each problem."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.what == "up":
            up(read())
        else:
            sys.stdout.write(f"{clean()}\n")
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
    parser.add_argument(
        "what", choices=("up", "clean"), help="run until Ctrl-C, or remove infra/local/data"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
