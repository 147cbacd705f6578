"""Taking a mailbox out of its package into one mbox file: whole under its name, or not there at all."""

from __future__ import annotations

import hashlib
import os
import typing as t
from dataclasses import dataclass

from copias.errors import BadInput
from copias.files import sync_directory
from copias.package.mbox import mbox_chunks
from copias.progress import Report, ignore

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from copias.package.mailbox_reader import MailboxReader
    from copias.package.message_list import ListedMessage


@dataclass(frozen=True)
class MboxExport:
    """A finished export: how many messages, and size and SHA-256 of the file."""

    messages: int
    bytes: int
    sha256: str


def export_mbox(
    package: MailboxReader,
    target: Path,
    *,
    before_publishing: Callable[[MboxExport], object],
    before_reading: Callable[[], object] = lambda: None,
    report: Report = ignore,
) -> MboxExport:
    """Write all messages of a package into an mbox file, each compared with the package's list.

    Args:
        package: opened; its signature is the caller's to check.
        target: the file to make, mode 0600.
        before_publishing: called when the file is complete and not yet there; when it raises, none is left. Here the
            ledger gets its line: no export without one.
        before_reading: called before the first message is read: what is written of it outlives a computer that goes
            down.
        report: told of each message.

    Raises:
        BadInput: the target exists or cannot be made.
        Altered: the package is damaged.
    """
    package.check_index()
    part = target.with_name(target.name + ".part")
    try:
        if target.exists():
            raise FileExistsError
        before_reading()
        export = _write(package, part, report)
        try:
            before_publishing(export)
            os.link(part, target)  # unlike a rename, never over another file
            sync_directory(target.parent)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise BadInput(
            "el archivo ya existe", whose=str(target), repair="dé otro nombre, o mueva el que hay"
        ) from error
    return export


def _write(package: MailboxReader, part: Path, report: Report) -> MboxExport:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        part.unlink(missing_ok=True)  # another account may have made it, to read what is written into it
        descriptor = os.open(part, flags, 0o600)
    except OSError as error:
        raise BadInput("no se puede crear el archivo", whose=str(part), why=error.strerror or str(error)) from error
    digest = hashlib.sha256()
    try:
        with open(descriptor, "wb") as stream:
            for chunk in mbox_chunks(_read_all(package, report)):
                digest.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
            return MboxExport(package.facts.count, stream.tell(), digest.hexdigest())
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _read_all(package: MailboxReader, report: Report) -> Iterator[tuple[ListedMessage, bytes]]:
    for message in package.messages():
        yield message, package.read(message)
        report(1)
