"""Which builder there is: docker, podman, or buildah with runc, in this order."""

from functools import cache

from infra.images.buildah import Buildah
from infra.images.builder import Builder, on_path
from infra.images.engine import Engine
from infra.images.errors import BuilderMissingError


@cache
def builder() -> Builder:
    """The first that answers.

    Raises:
        BuilderMissingError: none does.
    """
    for engine in (Engine("docker"), Engine("podman")):
        if on_path(engine.name) and engine.answers:
            return engine
    if (buildah := Buildah()).answers:
        return buildah
    raise BuilderMissingError
