"""Start the process that dumps a database, and give restic the command that puts that process at its input.

restic runs :mod:`copias.night.gate`, and that hands restic's pipe over, through a socket in the copy's folder, to
:mod:`copias.night.producer`, which has loaded all it needs meanwhile. It asks nothing of the database before.
"""

from __future__ import annotations

import os
import socket
import sys
import typing as t
from contextlib import contextmanager
from pathlib import Path

from copias.database.children import child_environment, memory_file, spawn, stop, tail_of
from copias.errors import CopyFailed
from copias.night import gate

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database.children import Process
    from copias.errors import BackupError
    from copias.night.job import JobFolder


class Dumping:
    """A dumping process that runs.

    Args:
        folder: of the copy.
        process: the program.
        complaints: what it writes on its error stream.
    """

    def __init__(self, folder: JobFolder, process: Process, complaints: t.IO[bytes]) -> None:
        self._folder = folder
        self._process = process
        self._complaints = complaints

    @property
    def command(self) -> list[str]:
        """Return what restic is to run; it ends well only when the dump is whole and its record on the disk."""
        return [sys.executable, "-I", "-S", str(Path(gate.__file__)), str(self._folder.path)]

    def find_error(self) -> BackupError | None:
        """Return what the dump failed of, ``None`` when it did not fail before restic did."""
        told = self._folder.read_error()
        if told is not None:
            return told
        code = self._process.poll()
        if code in {None, 0, gate.NOBODY_READS}:
            return None
        how = f"lo mató la señal {-code}" if code and code < 0 else f"terminó con código {code}"
        return CopyFailed(
            "el proceso que vuelca la base de datos no terminó bien; la copia se descartó",
            whose=self._folder.path.name,
            why=f"{how}. {tail_of(self._complaints)}".strip(),
            repair="corrija la causa y repita",
        )


@contextmanager
def start_dumping(folder: JobFolder) -> Iterator[Dumping]:
    """Start the dumping process; at the end of the block it is ended, with all that it started."""
    with memory_file() as complaints:
        with _listen(folder.path / gate.SOCKET) as line:
            descriptor = line.fileno()
            process = spawn(
                [sys.executable, "-I", "-m", "copias.night.producer", str(folder.path), str(descriptor)],
                environment=child_environment(),
                stderr=complaints,
                pass_fds=[descriptor],
            )
        # Its own is the only one from here on: when it dies, the gate is told.
        try:
            yield Dumping(folder, process, complaints)
        finally:
            stop(process)


def _listen(path: Path) -> socket.socket:
    """Return a socket at a path of any length, which is short by way of its folder."""
    line = socket.socket(socket.AF_UNIX)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        line.bind(f"/proc/self/fd/{descriptor}/{path.name}")
        line.listen(1)
    except BaseException:
        line.close()
        raise
    finally:
        os.close(descriptor)
    return line
