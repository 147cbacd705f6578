"""Messages as files: under safe names, whole or not there, for their reader only."""

from __future__ import annotations

import errno
import hashlib
import os
import typing as t

from copias.errors import BadInput, StoreFull
from copias.files import make_private_directory, sync_directory
from copias.package.message_entry import message_entry, received_at

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.package.message_list import ListedMessage

_BLOCK: t.Final = 1 << 20


def file_name(message: ListedMessage) -> str:
    """Return ``20261120-080530-Acta-de-reunión-18c5e1a2b3c4d5e6.eml``: made here, never taken from a package.

    Raises:
        BadInput: the message's id is none that a source gives.
    """
    received = received_at(message.internal_date)
    return message_entry(message.id, subject=message.subject, received=received).rpartition("/")[2]


def write_message(folder: Path, message: ListedMessage, content: bytes) -> str:
    """Write a message's file, mode 0600, and return its name; the same file there already counts as written.

    Raises:
        BadInput: another file has the name, or the folder cannot be written to.
        StoreFull: there is no room.
    """
    name = file_name(message)
    part = folder / f".{message.id}.part"
    try:
        make_private_directory(folder)
        # What lies there may be another account's, made to be read by it: never written into.
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        _publish(part, folder / name, content, key=message.id)
        sync_directory(folder)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise (StoreFull if full else BadInput)(
            "no se pudo escribir el archivo",
            whose=str(folder),
            why=error.strerror or str(error),
            repair="libere espacio o dé una carpeta en la que se pueda escribir; la próxima vez continúa",
        ) from error
    finally:
        if folder.is_dir():
            part.unlink(missing_ok=True)
    return name


def read_digest(folder: Path, name: str | None) -> str | None:
    """Return the SHA-256 of a file; ``None`` when it is not there."""
    digest = hashlib.sha256()
    try:
        with (folder / (name or "")).open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def _publish(part: Path, path: Path, content: bytes, *, key: str) -> None:
    try:
        os.link(part, path)  # unlike a rename, never over another file
    except FileExistsError:
        if path.is_symlink() or read_digest(path.parent, path.name) != hashlib.sha256(content).hexdigest():
            raise BadInput(
                "ya hay otro archivo con ese nombre",
                whose=str(path.parent),
                why=f"el del mensaje {key}",
                repair="dé otra carpeta",
            ) from None
