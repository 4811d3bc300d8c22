"""Configuration files with ``{{name}}`` places: nginx and NATS use ``$`` themselves."""

import re
from collections.abc import Mapping
from pathlib import Path

from infra.errors import TemplateError, UnquotableError

_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")


def render(template: Path, values: Mapping[str, str]) -> str:
    """The text of ``template`` with every place filled.

    Raises:
        TemplateError: a place has no value, or a value has no place (a typing mistake in either).
    """
    text = template.read_text(encoding="utf-8")
    places = set(_PLACE.findall(text))
    if wrong := places ^ set(values):
        raise TemplateError(template.name, sorted(wrong))
    return _PLACE.sub(lambda place: values[place[1]], text)


def places(template: Path) -> set[str]:
    """The names of the places in ``template``."""
    return set(_PLACE.findall(template.read_text(encoding="utf-8")))


def quoted(text: str) -> str:
    r"""``text`` as a double-quoted word that nginx, NATS and Valkey read alike.

    Raises:
        UnquotableError: a character that at least one of them would read as something else
            (a quote, a backslash, a line end, nginx's ``$``).
    """
    if bad := sorted({char for char in text if char in '"\\$' or not char.isprintable()}):
        raise UnquotableError(text, bad)
    return f'"{text}"'
