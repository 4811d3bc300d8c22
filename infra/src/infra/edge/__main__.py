"""``python -m infra.edge``: render the edge's configuration, or check it."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.edge import nginx
from infra.edge.rules import check, rules
from infra.edge.site import Site
from infra.edge.timeouts import Timeouts, load
from infra.errors import InfraError
from infra.repository import DASHBOARD
from infra.servers import binaries

# Each has `write(timeouts, site, folder)`.
_PROXIES = {"nginx": nginx}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 when all is well, 1 with one line for each problem."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.what == "render":
            _render(asked)
        else:
            _check(asked)
    except InfraError as error:
        sys.stderr.writelines(f"{line}\n" for line in error.lines)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.edge", description="The edge's configuration, from timeouts.toml."
    )
    parser.add_argument("what", choices=("render", "check"), help="write it, or try it")
    parser.add_argument("--proxy", choices=sorted(_PROXIES), default="nginx")
    parser.add_argument("--out", type=Path, help="render: the folder to write into")
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="HOST:PORT")
    parser.add_argument("--feed", nargs="+", default=["127.0.0.1:8101"], metavar="HOST:PORT")
    parser.add_argument("--chat", nargs="+", default=["127.0.0.1:8102"], metavar="HOST:PORT")
    parser.add_argument("--dashboard", type=Path, default=DASHBOARD, help="the built page")
    return parser


def _render(asked: argparse.Namespace) -> None:
    if asked.out is None:
        raise InfraError("render: say where with --out FOLDER")  # noqa: EM101, TRY003
    _PROXIES[asked.proxy].write(check(load()), _site(asked), asked.out)
    _say(f"{asked.proxy}: written to {asked.out}")


def _check(asked: argparse.Namespace) -> None:
    timeouts = check(load())
    _say(f"timeouts: {len(rules(timeouts))} rules hold")
    _check_nginx(timeouts, _site(asked))


def _check_nginx(timeouts: Timeouts, site: Site) -> None:
    with tempfile.TemporaryDirectory(prefix="airwave-edge-") as name:
        folder = Path(name)
        nginx.write(timeouts, site, folder)
        programs = {binaries.nginx(lambda program: nginx.accepts(program, folder))}
        programs |= {program for program in (nginx.on_path(),) if program}
        for program in sorted(programs):
            nginx.check(program, folder)
            _say(f"nginx: accepted by {program}")


def _site(asked: argparse.Namespace) -> Site:
    return Site(
        listen=asked.listen,
        feed=tuple(asked.feed),
        chat=tuple(asked.chat),
        dashboard=asked.dashboard.resolve(),
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
