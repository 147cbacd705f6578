"""Where the parts of a mirror lie in its folder, and how a damaged one is told."""

from __future__ import annotations

import typing as t

from copias.errors import Altered

if t.TYPE_CHECKING:
    from pathlib import Path

FORMAT: t.Final = 1
INDEX: t.Final = "index.sqlite"
JOURNAL: t.Final = "changes.jsonl"
LOCK: t.Final = "lock"
SEGMENTS: t.Final = "segments"
_SUFFIX: t.Final = ".gz.seg"

REBUILD: t.Final = "rehaga el índice con `copias mirror rebuild` y la cuenta; no se vuelve a leer ningún mensaje"
RESTORE: t.Final = (
    "recupere ese archivo de la última copia nocturna; si no hay ninguna, aparte la carpeta de este espejo y "
    "ejecute otra vez: el buzón se copia de nuevo"
)


def segment_path(folder: Path, number: int) -> Path:
    """Return the file of a segment; they are numbered from 1."""
    return folder / SEGMENTS / f"{number:06}{_SUFFIX}"


def find_segments(folder: Path) -> dict[int, Path]:
    """Return number → file of the segments that are on the disk, in order."""
    found = ((path.name.removesuffix(_SUFFIX), path) for path in sorted((folder / SEGMENTS).glob(f"*{_SUFFIX}")))
    return {int(number): path for number, path in found if number.isdecimal()}


def damaged(whose: str, why: str, *, repair: str = RESTORE) -> Altered:
    """Return the error of a mirror that does not hold what was written."""
    return Altered("el espejo del buzón está dañado", whose=whose, why=why, repair=repair)


def require_length(path: Path, length: int) -> int:
    """Return the size of a file, which is at least ``length``.

    Raises:
        Altered: it is shorter, or missing; both are named.
    """
    if not path.exists():
        if length:
            raise damaged(str(path), f"falta el archivo, del que se habían guardado {length} bytes")
        return 0
    size = path.stat().st_size
    if size < length:
        raise damaged(str(path), f"tiene {size} bytes y se habían guardado {length}")
    return size
