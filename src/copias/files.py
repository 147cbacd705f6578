"""Writing files so that a power cut leaves either the old content or the new."""

from __future__ import annotations

import fcntl
import os
import typing as t
from contextlib import ExitStack, contextmanager
from pathlib import Path

from copias.errors import BadInput

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.errors import AlreadyRunning


def make_private_directory(path: Path) -> Path:
    """Create a directory, and its missing parents, that only this account can enter."""
    if not path.is_dir():
        make_private_directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def sync_directory(path: Path) -> None:
    """Make a rename or a creation in this directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write ``path`` whole or not at all: ``.part``, fsync, rename, fsync of the directory."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    sync_directory(path.parent)


@contextmanager
def locked(path: Path, *, blocking: bool = True) -> Iterator[t.IO[bytes]]:
    """Hold an exclusive lock on ``path``, created when absent; the kernel frees it if we die.

    Raises:
        BlockingIOError: not ``blocking`` and another process holds it.
    """
    with path.open("ab+") as stream:
        path.chmod(0o600)
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
        yield stream


@contextmanager
def held(path: Path, *, busy: AlreadyRunning) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` as :func:`locked` does, without waiting for whoever has it.

    Args:
        path: of the lock; its folder is made when absent, for this account only.
        busy: what is raised when another process has it.

    Raises:
        AlreadyRunning: ``busy``.
    """
    make_private_directory(path.parent)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path, blocking=False))
        except BlockingIOError:
            raise busy from None
        yield


def check_folder(path: Path, *, state: Path) -> Path:
    """Return the absolute path of a folder that may get files of a person's data.

    Args:
        path: as it was given.
        state: where this installation keeps its own.

    Raises:
        BadInput: it lies in there, or cannot be there.
    """
    folder, own = path.absolute().resolve(), state.resolve()
    ours = folder == own or own in folder.parents
    if ours or not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise BadInput(
            "no se puede escribir en esa carpeta",
            whose=ascii(str(path)[:200]),
            why="es de este programa, no es una carpeta, o no existe la que la contiene",
            repair="dé otra carpeta, fuera de las de este programa",
        )
    return folder


def write_page(path: Path, page: bytes, *, state: Path) -> None:
    """Write a page that somebody asked for by name; nothing but a page is ever replaced.

    Args:
        path: as it was given.
        page: HTML.
        state: where this installation keeps its own.

    Raises:
        BadInput: it is no page's name, or it cannot be written there.
    """
    folder = check_folder(path.parent, state=state)
    if path.suffix != ".html" or path.name.startswith("."):
        raise BadInput(
            "la página no se puede escribir ahí",
            whose=ascii(str(path)[:200]),
            why="su nombre no termina en .html",
            repair="dé otro nombre, como auditoria.html",
        )
    try:
        write_atomically(folder / path.name, page, mode=0o640)
    except OSError as error:
        raise BadInput(
            "no se pudo escribir el archivo",
            whose=str(path),
            why=error.strerror or str(error),
            repair="dé otra carpeta, que exista y tenga espacio",
        ) from error
