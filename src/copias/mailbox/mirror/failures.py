"""A full, broken or unreadable disk, told once."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import typing as t
from contextlib import contextmanager

from copias.errors import BackupError, CopyFailed, StoreFull
from copias.mailbox.mirror.layout import REBUILD, damaged

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL: t.Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Our queries are fixed, so that SQLite finds one wrong only where the tables are not ours.
_NO_INDEX: t.Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM: t.Final = 64 << 10


@contextmanager
def telling_disk_errors(path: Path) -> Iterator[None]:
    """Turn the errors of the disk and of SQLite into ours, about a file or folder of the mirror.

    Raises:
        StoreFull: it has no room.
        Altered: the index is none any more.
        CopyFailed: it cannot be read or written.
    """
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        raise translate(error, path) from error


def translate(error: OSError | sqlite3.DatabaseError, path: Path) -> BackupError:
    """Return our error for one of the disk or of SQLite.

    Raises:
        sqlite3.ProgrammingError: that is what it was, or an integrity error: a fault of the program, not of the disk.
    """
    if isinstance(error, (sqlite3.ProgrammingError, sqlite3.IntegrityError)):
        raise error
    if _says_full(error) or (_says_broken(error) and shutil.disk_usage(path.parent).free < _NO_ROOM):
        return StoreFull(
            "no cabe el espejo del buzón en esta máquina",
            whose=str(path),
            why=str(error),
            repair="libere espacio y ejecute otra vez: lo que ya se copió no se vuelve a leer",
        )
    if _sqlite_code(error) in _NO_INDEX:
        return damaged(str(path), str(error), repair=REBUILD)
    return CopyFailed(
        "no se pudo leer o escribir el espejo del buzón",
        whose=str(path),
        why=str(error),
        repair="revise el disco y los permisos de la carpeta, y ejecute otra vez: lo que ya se copió queda",
    )


def _says_full(error: OSError | sqlite3.DatabaseError) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    return _sqlite_code(error) == sqlite3.SQLITE_FULL


def _says_broken(error: OSError | sqlite3.DatabaseError) -> bool:
    """Tell whether SQLite could not write; it tells a full disk so where it makes its shared memory."""
    return _sqlite_code(error) in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


def _sqlite_code(error: Exception) -> int:
    """Return SQLite's primary result code; the extended ones hold it in their low byte."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
