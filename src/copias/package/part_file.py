"""A zip file on its way to the disk: whole under its name, or not there at all."""

from __future__ import annotations

import os
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor

from copias.files import sync_directory
from copias.package.facts import PackageFacts
from copias.package.writer import PackageWriter

if t.TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class PartFile:
    """A zip file, as a context manager: fill :attr:`writer`, :meth:`close`, :meth:`publish`.

    Until it is published it is ``<name>.part``, which is removed at the end. A thread writes, one chunk behind, so that
    the next is made meanwhile; that the disk is full is told by the next write or by :meth:`close`.

    Args:
        path: where it is to be; mode 0600.
        when: date of its entries.
    """

    def __init__(self, path: Path, *, when: datetime) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._stream = open(descriptor, "wb", buffering=0)  # noqa: SIM115 - closed by __exit__
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None
        self.writer = PackageWriter(self._write, when=when)

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()
        self._stream.close()
        self._part.unlink(missing_ok=True)

    def _write(self, chunk: bytes) -> None:
        self._await_write()
        self._writing = self._thread.submit(self._write_all, chunk)

    def _await_write(self) -> None:
        """Let what was begun end, and raise what it met."""
        if self._writing is not None:
            self._writing.result()

    def _write_all(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            view = view[self._stream.write(view) :]  # a disk that is nearly full takes a part of it

    def close(self) -> PackageFacts:
        """Finish the zip file, on the disk."""
        sealed = self.writer.close()
        self._await_write()
        os.fsync(self._stream.fileno())
        self._stream.close()
        return PackageFacts(name=self._path.name, bytes=sealed.bytes, sha256=sealed.sha256)

    def publish(self) -> None:
        """Give it its name."""
        self._part.replace(self._path)
        sync_directory(self._path.parent)
