"""``python -m infra.images``: build the images with the builder that is at hand."""

import argparse
import sys
from collections.abc import Sequence

from infra.errors import InfraError
from infra.images.building import build
from infra.images.finding import builder
from infra.images.recipe import RECIPES


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 when all are built, 1 with one line for each problem."""
    parser = argparse.ArgumentParser(prog="python -m infra.images", description=__doc__)
    parser.add_argument("--version", default="0.1.0", help="the tag, and the label")
    parser.add_argument("--only", default=",".join(RECIPES), help="some of them, with commas")
    asked = parser.parse_args(arguments)
    names = asked.only.split(",")
    if unknown := sorted(set(names) - RECIPES.keys()):
        parser.error(f"no image is named {', '.join(unknown)}")
    try:
        for name in names:
            tag = f"localhost/airwave/{name}:{asked.version}"
            image = build(builder(), RECIPES[name], tag=tag, version=asked.version)
            sys.stdout.write(f"{image.said}: {tag}\n")
    except InfraError as error:
        sys.stderr.writelines(f"{line}\n" for line in error.lines)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
