"""What can go wrong between a recipe and a running container, in lines for a person."""

from collections.abc import Sequence
from typing import Final

from infra.errors import InfraError

_TAIL: Final = 25
WANTED: Final = (
    "docker with its daemon running, or podman, or (as root) buildah and runc;"
    " Debian, Ubuntu: apt-get install buildah runc mmdebstrap debian-archive-keyring"
)


class BuilderMissingError(InfraError):
    """This machine has nothing that could build an image."""

    def __init__(self) -> None:
        super().__init__(f"no builder of images at hand: install {WANTED}")


class BaseMissingError(InfraError):
    """A base image can be neither fetched nor stood in for."""

    def __init__(self, reference: str, why: str) -> None:
        super().__init__(
            f"{reference} can't be fetched from its registry, nor a stand-in be made: {why}"
        )


class ToolFailedError(InfraError):
    """A builder's command failed; the lines after the first are the end of what it said."""

    def __init__(self, command: Sequence[str], said: str) -> None:
        super().__init__(f"failed: {' '.join(command)}", *said.strip().splitlines()[-_TAIL:])
