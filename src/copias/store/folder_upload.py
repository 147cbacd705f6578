"""A file on its way into a folder."""

from __future__ import annotations

import os
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from copias.errors import CopyFailed
from copias.store.contract import StoredFile, part_name
from copias.store.faults import translate_errors

FLUSH_EVERY = 32 << 20
"""Bytes after which the disk is set to work, so that the last fsync finds little left to do."""


class FolderUpload:
    """An :class:`~copias.store.contract.Upload` into an open directory; it closes both descriptors."""

    def __init__(self, name: str, part: str, *, store: str, descriptor: int, directory: int) -> None:
        self.name = name
        self.sent = 0
        self._part = part
        self._store = store
        self._descriptor = descriptor
        self._directory = directory
        self._finished: StoredFile | None = None
        self._flusher = ThreadPoolExecutor(1, thread_name_prefix="fsync")
        self._flush: Future[None] | None = None
        self._unflushed = 0

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._finished is None:
            self._release(remove=True)

    def write(self, chunk: bytes, /) -> int:
        """Write a chunk; the disk works in another thread."""
        with translate_errors(self._store, f"escribir {self.name}"):
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            self.sent += len(chunk)
            self._unflushed += len(chunk)
            if self._unflushed >= FLUSH_EVERY:
                self._start_flush()
        return len(chunk)

    def finish(self) -> StoredFile:
        """Make the part durable, name included."""
        if self._finished is None:
            with translate_errors(self._store, f"terminar {self.name}"):
                self._join_flush()
                os.fsync(self._descriptor)
                if not self._is_ours():
                    raise _taken_over(self._store, self.name)
                os.fsync(self._directory)
            self._finished = StoredFile(part_name(self.name), self.sent)
            self._release()
        return self._finished

    def _start_flush(self) -> None:
        if self._flush is not None and not self._flush.done():
            return  # the disk is behind: one flush at a time
        self._join_flush()
        self._unflushed = 0
        self._flush = self._flusher.submit(os.fdatasync, self._descriptor)

    def _join_flush(self) -> None:
        """Wait for the running flush and raise what it met: the kernel tells an error only once."""
        flush, self._flush = self._flush, None
        if flush is not None:
            flush.result()

    def _is_ours(self) -> bool:
        """Tell whether the part's name still leads to the file that we write."""
        try:
            found = os.stat(self._part, dir_fd=self._directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(found, os.fstat(self._descriptor))

    def _release(self, *, remove: bool = False) -> None:
        self._flusher.shutdown()
        with suppress(OSError):
            if remove and self._is_ours():
                os.unlink(self._part, dir_fd=self._directory)
        for descriptor in (self._descriptor, self._directory):
            with suppress(OSError):
                os.close(descriptor)


def _taken_over(store: str, name: str) -> CopyFailed:
    return CopyFailed(
        f"otro proceso empezó de nuevo la carga de {name}",
        whose=store,
        why="el archivo parcial ya no es el que se estaba escribiendo",
        repair="deje terminar la otra corrida y revise por qué hubo dos",
    )
