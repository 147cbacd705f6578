"""What drivers share when they list and compare files."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias.store.contract import PART, PartFile, StoredFile
from copias.store.names import DEPTH_LIMIT, is_safe

if t.TYPE_CHECKING:
    from collections.abc import Iterable

_BLOCK = 1 << 20

Found: t.TypeAlias = "tuple[StoredFile, float]"
"""A file, part or not, and its time of change in seconds since 1970."""


def only_published(files: Iterable[Found]) -> tuple[StoredFile, ...]:
    """Return the published ones, sorted by name."""
    found = (file for file, _ in files if not file.name.endswith(PART))
    return tuple(sorted(found, key=lambda file: file.name))


def only_parts(files: Iterable[Found]) -> tuple[PartFile, ...]:
    """Return the parts, sorted by name."""
    found = (
        PartFile(file.name.removesuffix(PART), file.bytes, datetime.fromtimestamp(modified, UTC))
        for file, modified in files
        if file.name.endswith(PART)
    )
    return tuple(sorted(found, key=lambda part: part.name))


def leads_to(folder: str, prefix: str) -> bool:
    """Tell whether names below ``folder`` can be ours and start with ``prefix``."""
    if not is_safe(folder) or folder.count("/") >= DEPTH_LIMIT:
        return False
    inside = f"{folder}/"
    return inside.startswith(prefix) or prefix.startswith(inside)


def is_equal(one: t.BinaryIO, other: t.BinaryIO) -> bool:
    """Tell whether two streams hold the same bytes."""
    while block := one.read(_BLOCK):
        if other.read(_BLOCK) != block:
            return False
    return not other.read(1)
