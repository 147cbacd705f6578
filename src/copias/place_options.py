"""What the settings of every place have in common: it has a kind, and which options there are depends on that.

Stores, repositories and what providers write to are such places.
"""

from __future__ import annotations

import typing as t

from copias.local_path import start_at_folder

if t.TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pydantic import BaseModel, ValidationInfo


def require_options(place: BaseModel, *, what: str, needs: Collection[str], takes: Collection[str]) -> None:
    """Require that a place has every option of its kind, and none of another.

    Args:
        place: as it was read.
        what: it is, in Spanish, such as ``un destino sftp``.
        needs: options that it cannot be without.
        takes: the others that it may have.

    Raises:
        ValueError: it lacks one, or has one of another kind.
    """
    missing = [option for option in needs if option not in place.model_fields_set or not getattr(place, option)]
    if missing:
        raise ValueError(f"{what} necesita {', '.join(missing)}")
    strange = sorted(place.model_fields_set.difference(needs, takes))
    if strange:
        raise ValueError(f"{what} no tiene {', '.join(strange)}")


def place_folder(path: Path, info: ValidationInfo) -> Path:
    """Return the path of a place: on this machine it starts at the deployment's folder, elsewhere it is theirs."""
    return start_at_folder(path, info) if info.data.get("kind") in {"folder", "path"} else path


def check_one_folder(folder: str, info: ValidationInfo) -> str:
    """Return the name of one folder of a shared drive.

    Raises:
        ValueError: it is more than one, or does not read as it is written.
    """
    if "/" in folder or not folder.isprintable() or folder != folder.strip():
        raise ValueError(f"{info.field_name} es el nombre de una sola carpeta, sin barras ni espacios a los lados")
    return folder
