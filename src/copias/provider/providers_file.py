"""The providers in a file of their own, which the deployment's file names."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from copias.file_faults import say_unreadable
from copias.local_path import start_at_folder
from copias.variables import expand

if t.TYPE_CHECKING:
    from pydantic import ValidationInfo


def read_providers(value: t.Any, info: ValidationInfo) -> t.Any:
    """Return the providers as the deployment's file has them, read from the file that it names instead.

    Raises:
        ValueError: that file cannot be read, or holds something else.
        KeyError: it names a variable that is not set.
    """
    if not isinstance(value, str):
        return value
    path = start_at_folder(Path(value), info)
    try:
        content = expand(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"no se pudo leer {path}: {say_unreadable(error)}") from error
    if not isinstance(content, dict) or set(content) != {"providers"}:
        raise ValueError(f"{path} debe tener una sola clave, providers")
    return content["providers"]
