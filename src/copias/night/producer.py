"""The process that restic runs: dump one database to the standard output, and vouch for it or fail.

``python -I -m copias.night.producer FOLDER``. restic stores a snapshot only when this exits 0, and that comes only
after the dump is whole and its record is on the disk. restic gives us its environment, its password's path included:
none of it goes any further. When restic is killed nobody reads any more, and then this ends too, and with it the dump
program, which the kernel kills when its parent dies.
"""

from __future__ import annotations

import dataclasses
import fcntl
import os
import select
import sys
import threading
import typing as t
from contextlib import suppress
from pathlib import Path

from copias.database.registry import driver_for
from copias.errors import BackupError, BadConfiguration, CopyFailed
from copias.night.job import JobFolder
from copias.progress import ignore

if t.TYPE_CHECKING:
    from copias.database.contract import Driver, DumpRecord
    from copias.night.job import Job

PIPE: t.Final = 1 << 20
"""Bytes of the pipe to restic: it chops and encrypts in bursts."""


def main(arguments: list[str]) -> int:
    """Dump what the job in a folder says; return the exit code, 0 only when all is whole and recorded."""
    for name in [name for name in os.environ if name.startswith("RESTIC_")]:
        del os.environ[name]
    (given,) = arguments
    folder = JobFolder(Path(given))
    output = _take_output()
    _die_with_reader(output)
    try:
        folder.write_record(_dump(folder.read_job(), output))
    except BackupError as error:
        folder.write_error(error)
        return 1
    except Exception as error:
        # Anything else is a fault of ours: the copy does not exist, and the night must be able to say why.
        folder.write_error(CopyFailed("el volcado falló por un error del programa", why=repr(error)[:500]))
        raise
    return 0


def _take_output() -> int:
    """Return the standard output's descriptor, which from here on nothing else can write to."""
    output = os.dup(1)
    os.dup2(2, 1)
    with suppress(OSError):  # an account may have used up its pipe pages: slower, not wrong
        fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, PIPE)
    return output


def _die_with_reader(output: int) -> None:
    """End this process at once when nobody can read its output any more, even while it writes nothing.

    The kernel's own death signal will not do: it goes by the thread that started us, and restic's come and go.
    """
    poll = select.poll()
    poll.register(output, 0)

    def watch() -> None:
        poll.poll()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _dump(job: Job, output: int) -> DumpRecord:
    def sink(chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(output, rest) :]

    return driver_of(job).dump(sink, report=ignore, least=job.least)


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
    sys.exit(main(sys.argv[1:]))
