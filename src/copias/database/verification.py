"""The proof, the same for every engine: a real restore, then a comparison with the dump's record."""

from __future__ import annotations

import hashlib
import time
import typing as t
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from copias.database.comparison import Difference, TableResult, compare, compare_nothing, table_results
from copias.database.contract import Connection, Driver, DumpRecord
from copias.errors import Altered, BackupError, CopyFailed, NotEqual, StoreFull
from copias.progress import Report, ignore

BLOCK = 1 << 20
FULL = ("No space left on device", "No queda espacio", "Disk full", "is full")
BROKEN = (
    "out of memory",
    "out of shared memory",
    "Too many open files",
    "terminating connection",
    "server closed the connection",
    "Server has gone away",
    "Lost connection",
    "connection lost to database",
    "Unable to complete network request",
    "from the connection",
    "to the connection",
)
"""What tools say when this machine, and not the dump, is the reason that a restore failed."""
CUT = "could not read from input file"
"""What pg_restore says of a dump without its end, before it says that its worker died of it."""
WORKER = "worker process died"
"""What pg_restore says at last, whatever its worker died of: where the server refused the data, of that."""
REFUSED = "ERROR:"


@dataclass(frozen=True)
class Verification:
    """What a restore showed.

    Seconds are those of the restore and of the comparison after it, of the server's start before them, and of the
    further questions after them.
    """

    version: str
    tables: tuple[TableResult, ...]
    differences: tuple[Difference, ...]
    complaints: tuple[str, ...]
    restore_seconds: float
    compare_seconds: float
    start_seconds: float = 0.0
    check_seconds: float = 0.0
    confinement: str = ""
    """What kept the scratch server, which runs what it restores, from the rest of the machine; for people."""

    @property
    def equal(self) -> bool:
        """Return whether the copy is proved: nothing differs and the engine's own check is content."""
        return not self.differences and not self.complaints

    @property
    def compared(self) -> tuple[TableResult, ...]:
        """Return the tables of which there was something to compare with."""
        return tuple(table for table in self.tables if table.compared)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain JSON data for the evidence."""
        return {
            "version": self.version,
            "confinement": self.confinement,
            "equal": self.equal,
            "restore_seconds": round(self.restore_seconds, 1),
            "compare_seconds": round(self.compare_seconds, 1),
            "tables": [
                {
                    "name": result.name,
                    "rows": result.found.rows if result.found else None,
                    "equal": result.equal if result.compared else None,
                }
                for result in self.tables
            ],
            "differences": [vars(difference).copy() for difference in self.differences],
            "complaints": list(self.complaints),
        }

    def require_equal(self, whose: str) -> None:
        """Raise unless the copy is proved.

        Raises:
            NotEqual: the first differences are in the message; all are in :attr:`differences`.
        """
        if self.equal:
            return
        found = [str(difference) for difference in self.differences] + list(self.complaints)
        more = f" … y {len(found) - 5} diferencias más." if len(found) > 5 else ""
        raise NotEqual(
            "la copia restaurada no es igual al origen",
            whose=whose,
            why=" ".join(found[:5]) + more,
            repair="no use esta copia; repita el caso y, si vuelve a pasar, avise al administrador",
        )


def check_file(dump: Path, record: DumpRecord) -> None:
    """Compare a dump file's bytes with those that were sent when it was made.

    Raises:
        Altered: it is longer, shorter or different.
    """
    total = hashlib.sha256()
    count = 0
    with dump.open("rb") as stream:
        while block := stream.read(BLOCK):
            total.update(block)
            count += len(block)
    if (count, total.hexdigest()) != (record.bytes, record.sha256):
        raise Altered(
            "el archivo del volcado no es el que se hizo",
            whose=str(dump.name),
            why=f"mide {count} bytes y se hicieron {record.bytes}; la suma SHA-256 no coincide",
            repair="use otra copia; esta se alteró después de hacerla",
        )


def verify(
    driver: Driver,
    dump: Path,
    record: DumpRecord,
    *,
    report: Report = ignore,
    folder: Path | None = None,
    deep: bool = False,
    ask: t.Callable[[Connection], object] | None = None,
) -> Verification:
    """Restore ``dump`` into a scratch server and compare it with its record.

    ``dump`` is read but not checked against its sum: see :func:`check_file` when the reader has not hashed it.
    ``deep`` adds the engine's own consistency check: it finds faults of this machine rather than of the copy, whose
    indexes were just built anew. A copy that differs is a result, not an error: see :meth:`Verification.require_equal`.
    ``ask`` is called with the restored database while its server lives; what it raises reaches the caller.

    Raises:
        NotReady: no fit server can be started here.
        NotEqual: the dump does not restore at all.
        StoreFull, CopyFailed: this machine, and not the dump, is the reason that it did not.
    """
    times = [time.monotonic()]
    with driver.scratch(record, folder=folder) as scratch:
        times.append(time.monotonic())
        try:
            restored = driver.restore(dump, scratch, record, report=report)
        except NotEqual as error:
            raise blame(error) from error
        times.append(time.monotonic())
        found = driver.digest(restored, record)
        times.append(time.monotonic())
        tables = table_results(record, found)
        complaints = (*(driver.check(restored) if deep else ()), *_complain_of_nothing(tables))
        if ask is not None:
            ask(restored)
        times.append(time.monotonic())
        start, restore, comparison, check = (after - before for before, after in pairwise(times))
        return Verification(
            version=scratch.version,
            tables=tables,
            differences=compare(record, found),
            complaints=complaints,
            start_seconds=start,
            restore_seconds=restore,
            compare_seconds=comparison,
            check_seconds=check,
            confinement=scratch.confinement,
        )


def _complain_of_nothing(tables: tuple[TableResult, ...]) -> tuple[str, ...]:
    """Say so when there are tables and not one could be compared: that is no proof of anything."""
    if not compare_nothing(tables):
        return ()
    return ("Ninguna tabla se pudo comparar: todas cambiaban mientras se copiaban.",)


def blame(error: NotEqual) -> BackupError:
    """Return an error that blames this machine where it is the reason: the dump is as good as it was."""
    if any(words in error.why for words in FULL):
        return StoreFull(
            "se llenó el disco de esta máquina durante la restauración",
            whose=error.whose,
            why=error.why,
            repair="libere espacio en la carpeta temporal (TMPDIR) y repita; la copia no tiene la culpa",
        )
    broken = any(words in error.why for words in BROKEN) or (WORKER in error.why and REFUSED not in error.why)
    if broken and CUT not in error.why:
        return CopyFailed(
            "la restauración de prueba se interrumpió",
            whose=error.whose,
            why=error.why,
            repair="repita la orden y revise la memoria de esta máquina; la copia no tiene la culpa",
        )
    return error
