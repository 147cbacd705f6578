"""A limit to what a load may put on the disk of this machine: a delivery of a few kilobytes may be made to fill it."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import typing as t
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from copias.database.postgresql.stranger_faults import NotLoadable
from copias.errors import BackupError, StoreFull

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEAST_FREE: t.Final = 256 << 20
"""Bytes of the disk that a load leaves to everything else on this machine."""
LOOK: t.Final = 0.25


@contextmanager
def limit_growth(folder: Path, *, server: int, most: int) -> Iterator[None]:
    """End a private server when its files take too much, whatever it is doing then.

    Args:
        folder: of the server's files, and of nothing else.
        server: its process.
        most: bytes that the files may take.

    Raises:
        NotLoadable: they took more: that says nothing against the dump, and it stays unproven.
        StoreFull: the disk was nearly full before that: it is no property of the dump at all.
    """
    watch = _Watch(folder, server, most)
    watch.thread.start()
    try:
        yield
    except BackupError as error:
        watch.end()
        if watch.reason is not None:
            raise watch.reason from error
        raise
    finally:
        watch.end()
    if watch.reason is not None:
        raise watch.reason


@dataclass
class _Watch:
    folder: Path
    server: int
    most: int
    reason: BackupError | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._look, daemon=True, name="límite de la carga")

    def end(self) -> None:
        self.over.set()
        self.thread.join()

    def _look(self) -> None:
        while not self.over.wait(LOOK):
            self.reason = self._judge()
            if self.reason is not None:
                with suppress(ProcessLookupError):
                    os.kill(self.server, signal.SIGKILL)
                return

    def _judge(self) -> BackupError | None:
        size = measure(self.folder)
        if size > self.most:
            return NotLoadable("la carga llena el disco", why=f"la base ya ocupa {size} bytes")
        free = shutil.disk_usage(self.folder).free
        if free < LEAST_FREE:
            return StoreFull(
                "el disco de esta máquina se está llenando, y la carga de prueba se detuvo",
                whose=str(self.folder.parent),
                why=f"quedan {free} bytes",
                repair="libere espacio en la carpeta temporal (TMPDIR) y repita; la entrega no tiene la culpa",
            )
        return None


def measure(folder: Path) -> int:
    """Return the bytes that the files of a folder take on the disk; what vanishes meanwhile takes none."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118 - thousands of them, often
    return total
