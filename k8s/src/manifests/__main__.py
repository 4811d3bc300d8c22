"""``python -m manifests``: behind ``make render``, ``secrets``, ``deploy`` and the like."""

import argparse
import sys
from collections.abc import Sequence

from manifests import deployment, folders, kubectl, kustomize
from manifests.kubectl import ClusterError
from manifests.kustomize import KustomizeError


def _say(line: str) -> None:
    print(f"k8s: {line}", file=sys.stderr, flush=True)  # noqa: T201 - for a person


def _render(args: argparse.Namespace) -> None:
    deployment.load(args.overlay)  # refuses one that is not there
    sys.stdout.write(kustomize.render(folders.K8S / "overlays" / args.overlay))


def _deploy(args: argparse.Namespace) -> None:
    deployment.deploy(kubectl.find(), args.overlay, _say)


def _undeploy(args: argparse.Namespace) -> None:
    deployment.undeploy(kubectl.find(), args.overlay, _say, data=args.data == "delete")


def _scale(args: argparse.Namespace) -> None:
    deployment.scale(kubectl.find(), args.overlay, args.service, args.replicas, _say)


def _secrets(args: argparse.Namespace) -> None:
    deployment.make_secrets(kubectl.find(), args.overlay, _say)


def _count(text: str) -> int:
    if not text.isdecimal():
        message = f"{text!r} is no number of replicas"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--overlay", default="local", help="a folder of k8s/overlays")
    parser = argparse.ArgumentParser(prog="python -m manifests")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, text in (
        ("render", _render, "print the objects of an overlay"),
        ("secrets", _secrets, "make the passwords that are missing in the cluster"),
        ("deploy", _deploy, "apply an overlay and wait until all of it runs"),
        ("undeploy", _undeploy, "remove an overlay; volumes stay"),
        ("scale", _scale, "set how many replicas of a service there are"),
    ):
        command = commands.add_parser(name, parents=[common], help=text)
        command.set_defaults(run=run)
        if name == "undeploy":
            command.add_argument("--data", choices=("keep", "delete"), default="keep")
        if name == "scale":
            command.add_argument("--service", required=True)
            command.add_argument("--replicas", required=True, type=_count)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    args = _parser().parse_args(arguments)
    try:
        args.run(args)
    except (ClusterError, KustomizeError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
