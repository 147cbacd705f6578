"""Variables in a deployment's files: ``${NAME}`` and ``${NAME:-default}``, taken from the environment."""

from __future__ import annotations

import os
import re
import typing as t

_VARIABLE: t.Final = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def expand(value: t.Any) -> t.Any:
    """Replace variables in every text of a parsed file.

    Raises:
        KeyError: a variable is not set and has no default; its argument is the name.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _variable(found[1], found[2]), value)
    if isinstance(value, dict):
        return {key: expand(item) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item) for item in value]
    return value


def _variable(name: str, default: str | None) -> str:
    value = os.environ.get(name)
    if value is None:
        value = default
    if value is None:
        raise KeyError(name)
    return value
