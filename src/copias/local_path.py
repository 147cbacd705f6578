"""A path in a deployment's file: a relative one starts at the file's own folder."""

from __future__ import annotations

import typing as t
from pathlib import Path

from pydantic import AfterValidator, ValidationInfo


def start_at_folder(path: Path, info: ValidationInfo) -> Path:
    """Return ``path`` from the ``folder`` of the validation's context, or as it is when there is none."""
    folder = (info.context or {}).get("folder")
    return Path(folder) / path if folder else path


LocalPath: t.TypeAlias = t.Annotated[Path, AfterValidator(start_at_folder)]
