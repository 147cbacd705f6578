"""The process that dumps one database into restic's input, and vouches for the dump or fails.

``python -I -m copias.night.producer FOLDER DESCRIPTOR``; the descriptor is the socket on which restic's command, see
:mod:`copias.night.gate`, hands its output over. restic stores a snapshot only when that command ends well, and it is
told to only after the dump is whole and its record is on the disk. When restic is killed nobody reads any more, and
then this ends too, and with it the dump program, which the kernel kills when its parent dies.
"""

from __future__ import annotations

import dataclasses
import fcntl
import os
import select
import socket
import sys
import threading
import typing as t
from contextlib import suppress
from pathlib import Path

from copias.database.registry import driver_for
from copias.errors import BackupError, BadConfiguration, CopyFailed
from copias.night import gate
from copias.night.job import JobFolder
from copias.progress import ignore

if t.TYPE_CHECKING:
    from copias.database.contract import Driver, Sink
    from copias.night.job import Job

PIPE: t.Final = 1 << 20
"""Bytes of the pipe to restic: it chops and encrypts in bursts."""


class _NobodyReads(Exception):
    """restic, or its command, is gone."""


def main(arguments: list[str]) -> int:
    """Dump what the job in a folder says; return the exit code, 0 only when all is whole and recorded."""
    folder = JobFolder(Path(arguments[0]))
    try:
        # All that is slow and asks nothing of the database comes while restic still opens its repository.
        job = folder.read_job()
        driver = driver_of(job)
        with socket.socket(fileno=int(arguments[1])) as waiting:
            command, output = _take_output(waiting)
        _die_with_reader(output)
        folder.write_record(driver.dump(_writer(output), report=ignore, least=job.least))
        _say_whole(command)
    except _NobodyReads:
        return gate.NOBODY_READS
    except BackupError as error:
        folder.write_error(error)
        return 1
    except Exception as error:
        # Anything else is a fault of ours: the copy does not exist, and the night must be able to say why.
        folder.write_error(CopyFailed("el volcado falló por un error del programa", why=repr(error)[:500]))
        raise
    return 0


def _take_output(waiting: socket.socket) -> tuple[socket.socket, int]:
    """Wait for restic's command; return the line to it, and the output that it hands over."""
    command, _ = waiting.accept()
    _, found, _, _ = socket.recv_fds(command, 1, 1)
    if not found:
        raise _NobodyReads
    with suppress(OSError):  # an account may have used up its pipe pages: slower, not wrong
        fcntl.fcntl(found[0], fcntl.F_SETPIPE_SZ, PIPE)
    return command, found[0]


def _say_whole(command: socket.socket) -> None:
    try:
        command.sendall(gate.WHOLE)
    except OSError as error:
        raise _NobodyReads from error


def _die_with_reader(output: int) -> None:
    """End this process at once when nobody can read its output any more, even while it writes nothing.

    The kernel's own death signal will not do: it goes by the thread that started us, and restic's come and go.
    """
    poll = select.poll()
    poll.register(output, 0)

    def watch() -> None:
        poll.poll()
        os._exit(gate.NOBODY_READS)

    threading.Thread(target=watch, daemon=True).start()


def _writer(output: int) -> Sink:
    def sink(chunk: bytes) -> None:
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[os.write(output, rest) :]
        except BrokenPipeError as error:
            raise _NobodyReads from error  # the one who watches may come second

    return sink


def driver_of(job: Job) -> Driver:
    """Return the driver of a job.

    Raises:
        BadConfiguration: the engine is not known, or cannot do without digests.
    """
    driver = driver_for(job.engine, job.connection, time_limit=job.time_limit)
    if job.digests:
        return driver
    # The drivers are frozen dataclasses; the contract does not ask for it.
    if not dataclasses.is_dataclass(driver) or not hasattr(driver, "digests"):
        raise BadConfiguration("ese motor no se copia sin huellas", whose=job.engine)
    return t.cast("Driver", dataclasses.replace(t.cast("t.Any", driver), digests=False))


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # restic waits for the end of the pipe, and the interpreter takes a tenth of a second to end
