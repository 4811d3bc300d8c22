"""What a package may be used under, and whether that is allowed where it ends up."""

import re
from collections.abc import Mapping
from importlib import metadata
from typing import Final

_CLASSIFIER: Final = "License :: OSI Approved :: "
_PARENTHESES: Final = re.compile(r"[()]")


def told(package: metadata.PackageMetadata, spelled: Mapping[str, str]) -> str:
    """The SPDX expression of an installed package; ``spelled`` are older ways to say one.

    Empty where it says nothing that we understand.
    """
    for expression in package.get_all("License-Expression") or ():
        return str(expression)
    said = [str(one).strip() for one in package.get_all("License") or ()]
    said += [
        one.removeprefix(_CLASSIFIER)
        for one in package.get_all("Classifier") or ()
        if one.startswith(_CLASSIFIER)
    ]
    return next((spelled[one] for one in said if one in spelled), "")


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether one of the alternatives has allowed parts only. Parentheses are not understood."""
    if not expression or _PARENTHESES.search(expression):
        return False
    alternatives = (one.split(" AND ") for one in expression.split(" OR "))
    return any(all(part.strip() in allowed for part in parts) for parts in alternatives)
