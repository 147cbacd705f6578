"""Read a dump back out of its repository: only to compare its sum, or into a file for a restore."""

from __future__ import annotations

import hashlib
import os
import typing as t

from copias.errors import Altered, NotReady, StoreFull
from copias.repository.faults import Locked
from copias.repository.locks import WAIT, hold_repository
from copias.repository.mirroring import reading
from copias.repository.repository import BLOCK

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copias.night.catalogue import NightCopy
    from copias.office import Office
    from copias.progress import Report
    from copias.repository.repository import Repository

Options: t.TypeAlias = "tuple[str, ...]"
"""Of restic."""


def fetch_dump(office: Office, copy: NightCopy, target: Path, *, report: Report) -> None:
    """Write the dump of a nightly copy, out of its repository or that one's mirror, to a new file, and compare its sum.

    Args:
        office: of this installation.
        copy: which one.
        target: a file that does not exist, in a private folder with room for it; removed again on any failure.
        report: told the bytes as they come.

    Raises:
        AlreadyRunning: another process of this machine has the repository, and did not end for long.
        Altered: it is not what was put there.
        NotReady: the copy counts as none any more, or another repository is in its place.
        StoreUnavailable: the repository cannot be reached.
        StoreFull: the disk of ``target`` has no room.
    """
    if not copy.exists:
        raise NotReady("esa copia ya no cuenta", whose=copy.copy, why="se anuló o la quitó la retención")
    part = target.with_name(target.name + ".part")
    try:
        with hold_repository(office, copy.repository, wait=WAIT), reading(office, copy.repository) as repository:
            _once_more(repository, lambda options: _write(repository, copy, part, report, options))
        part.replace(target)
    except OSError as error:
        raise StoreFull(
            "no se pudo escribir el volcado que se trajo del repositorio",
            whose=copy.copy,
            why=f"{target.parent}: {error.strerror or error}",
            repair="libere espacio o indique otra carpeta",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def pass_dump(office: Office, copy: NightCopy, sink: Callable[[bytes], object], *, report: Report) -> None:
    """Hand the dump of a nightly copy to ``sink`` as it comes out of its repository, and compare its sum at the end.

    What the sink got counts only once this returns. It is read once: what holds the repository's lock is no error of
    the copy, and the next night tries again.

    Raises:
        AlreadyRunning, Altered, NotReady, StoreUnavailable: as :func:`fetch_dump` does.
    """
    if not copy.exists:
        raise NotReady("esa copia ya no cuenta", whose=copy.copy, why="se anuló o la quitó la retención")
    with hold_repository(office, copy.repository, wait=WAIT), reading(office, copy.repository) as repository:
        try:
            _pass_on(repository, copy, sink, report, (repository.patience,))
        except Altered:
            repository.find_id()  # of a mount that was lost meanwhile all is gone: that says nothing of the copy
            raise


def read_dump_back(repository: Repository, copy: NightCopy, *, report: Report) -> None:
    """Read the dump of a nightly copy from its repository and compare its sum; nothing is kept.

    Raises:
        Altered: it is not what was put there.
        StoreUnavailable: the repository cannot be reached.
    """
    _once_more(repository, lambda options: _pass_on(repository, copy, lambda _: None, report, options))


def _write(repository: Repository, copy: NightCopy, part: Path, report: Report, options: Options) -> None:
    part.unlink(missing_ok=True)  # another account may have made it, to read what is written into it
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as stream:
        # Reserved at once, so that a full disk is known before and not after an hour.
        os.posix_fallocate(descriptor, 0, copy.bytes)
        _pass_on(repository, copy, lambda block: _write_all(stream, block), report, options)
        stream.truncate()


def _write_all(stream: t.IO[bytes], block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[stream.write(rest) :]


def _pass_on(
    repository: Repository, copy: NightCopy, sink: Callable[[bytes], object], report: Report, options: Options
) -> None:
    """Read it whole, hand it on, and raise unless it is what was stored."""
    total, count = hashlib.sha256(), 0
    with repository.read(copy.snapshot, copy.path, options=options) as stream:
        while block := stream.read(BLOCK):
            sink(block)
            total.update(block)
            count += len(block)
            report(len(block))
            if count > copy.bytes:
                break
    if (count, total.hexdigest()) != (copy.bytes, copy.sha256):
        raise Altered(
            "el volcado que devuelve el repositorio no es el que se guardó",
            whose=copy.copy,
            why=f"mide {count} bytes y se guardaron {copy.bytes}; la suma SHA-256 no coincide",
            repair="use otra copia y avise al administrador",
        )


def _once_more(repository: Repository, act: Callable[[Options], None]) -> None:
    """Do it, and once more when a lock was in the way: a dead program's is removed, for a live one's end it waits."""
    try:
        try:
            act(())
        except Locked:
            repository.unlock()
            act((repository.patience,))
    except Altered:
        repository.find_id()  # of a mount that was lost meanwhile all is gone: that says nothing of the copy
        raise
