"""The operating system's error numbers, said in the words of the error tree."""

from __future__ import annotations

import errno
import typing as t
from contextlib import contextmanager

from copias.errors import Altered, BackupError, CopyFailed, NotReady, StoreFull, StoreUnavailable

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_STRANGE = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EISDIR})


@contextmanager
def translate_errors(store: str, doing: str) -> Iterator[None]:
    """Turn an ``OSError`` of the block into an error that says what was being done, and where."""
    try:
        yield
    except OSError as error:
        raise from_os_error(error, store=store, doing=doing) from error


def from_os_error(error: OSError, *, store: str, doing: str) -> BackupError:
    """Return the error that an ``OSError`` stands for; what is not known counts as transient."""
    why = error.strerror or str(error) or type(error).__name__
    if error.errno in _FULL:
        return full(store, why)
    if error.errno in _REFUSED:
        return NotReady(
            f"el destino no permite {doing}",
            whose=store,
            why=why,
            repair="revise los permisos de la carpeta para la cuenta de copias y que no esté en solo lectura",
        )
    if error.errno == errno.EEXIST:
        return taken(store, doing)
    if error.errno == errno.ENOENT:
        return absent(store, doing)
    if error.errno in _STRANGE:
        return Altered(
            f"no se pudo {doing}",
            whose=store,
            why=f"hay un enlace o algo que no es lo que se guardó ({why})",
            repair="revise quién puede escribir en la carpeta del destino y retire lo que no es de las copias",
        )
    return unavailable(store, f"no se pudo {doing}: {why}")


def full(store: str, why: str) -> StoreFull:
    """Return the error of a store with no room."""
    return StoreFull(
        "no queda espacio en el destino",
        whose=store,
        why=why,
        repair="libere espacio o amplíe la cuota, y vuelva a correr el caso",
    )


def unavailable(store: str, why: str) -> StoreUnavailable:
    """Return the error of a store that does not answer."""
    return StoreUnavailable(
        "el destino de las copias no responde",
        whose=store,
        why=why,
        repair="revise que esté encendido, en red y montado; la copia se puede repetir sin daño",
    )


def taken(store: str, doing: str) -> CopyFailed:
    """Return the error of a name that another file has."""
    return CopyFailed(
        f"no se pudo {doing}",
        whose=store,
        why="ya hay otro archivo con ese nombre y nunca se reemplaza una copia",
        repair="compare los dos archivos; si el anterior no es de ningún caso, retírelo y repita",
    )


def absent(store: str, doing: str) -> Altered:
    """Return the error of a file that is not where it was stored."""
    return Altered(
        f"no se pudo {doing}",
        whose=store,
        why="el archivo no está en el destino",
        repair="busque quién lo movió o lo borró, y restaure el destino desde su propia copia",
    )


def not_prepared(store: str, where: str) -> NotReady:
    """Return the error of a place without its marker: perhaps the NAS is not mounted."""
    return NotReady(
        "el destino no está preparado",
        whose=store,
        why=f"falta la marca de las copias en {where}",
        repair=f"monte la unidad; si es un destino nuevo: copias store init {store}",
    )


def wrong_store(store: str, where: str, found: str) -> NotReady:
    """Return the error of a place that is marked as another store."""
    return NotReady(
        "la carpeta es de otro destino",
        whose=store,
        why=f"la marca de {where} dice {found!a}",
        repair="revise qué unidad está montada y la ruta del destino en copias.yml",
    )
