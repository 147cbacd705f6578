"""What a provider delivered and was rejected: kept apart, closed to others, so that it can be looked into later."""

from __future__ import annotations

import shutil
import typing as t

from copias.case.book import check_number
from copias.files import make_private_directory, sync_directory
from copias.store.names import safe_part

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment
    from copias.delivery.fetching import FetchedPart


def quarantine_folder(deployment: Deployment, number: str) -> Path:
    """Return where the rejected files of a case are kept."""
    return deployment.state / "quarantine" / check_number(number)


def put_away(deployment: Deployment, number: str, file: FetchedPart, *, most: int) -> str:
    """Move a file to the quarantine and return its name there; empty when it would be more than is kept.

    A second call for the same content, after a crash, ends with the same name.

    Args:
        deployment: whose state.
        number: of the case.
        file: as it was brought here.
        most: bytes of all cases' quarantine together.
    """
    name = f"{file.sha256[:16]}-{safe_part(file.name)}"
    root = deployment.state / "quarantine"
    target = quarantine_folder(deployment, number) / name
    if target.exists():
        file.path.unlink(missing_ok=True)
        return name
    if _size(root) + file.bytes > most:
        file.path.unlink(missing_ok=True)
        return ""
    make_private_directory(target.parent)
    try:
        file.path.replace(target)
    except OSError:  # another disk
        shutil.move(file.path, target)
    target.chmod(0o400)
    sync_directory(target.parent)
    return name


def _size(root: Path) -> int:
    return sum(path.lstat().st_size for path in root.rglob("*") if path.is_file()) if root.is_dir() else 0
