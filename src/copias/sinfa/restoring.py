"""``copias restore sinfa``: a copy of a finance database as a file, or as a new database; never over one that exists.

Either begins as ``copy.opened`` (:mod:`copias.opened`) and ends as one event of the installation, ``restore.sinfa``
(``copy``, ``database``, ``way``: ``file`` or ``database``, ``to``, ``equal``, ``why``, ``motive``, ``case``,
``seconds``, ``checks``).
"""

from __future__ import annotations

import hashlib
import tempfile
import time
import typing as t
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from copias.database import Connection, RestoresElsewhere, WarnsOfRestored, compare, table_results
from copias.database.comparison import compare_nothing, say_uncompared
from copias.database.verification import check_file
from copias.errors import AlreadyRunning, BackupError, BadInput, NotEqual
from copias.files import make_private_directory, sync_directory
from copias.opened import record_opening
from copias.progress import Step
from copias.sinfa.domain import CheckResult, ask_checks
from copias.sinfa.restore_advice import advise_file, advise_switch
from copias.sinfa.restore_plan import RestorePlan
from copias.sinfa.sources import open_driver
from copias.sinfa.spools import hold_spools

if t.TYPE_CHECKING:
    from copias.database import Driver
    from copias.office import Office

RESTORED: t.Final = "restore.sinfa"
_PREFIX: t.Final = "restaurar-"


@dataclass(frozen=True)
class Restored:
    """What was restored, equal to the source.

    Args:
        plan: what was asked for.
        seconds: that it took.
        tables: that were compared; 0 of a file.
        rows: in them.
        advice: what is left to do for people, line by line in Spanish.
        checks: what the database answered to the questions of its settings; an error in them undoes nothing.
        warnings: what people must look at before that.
    """

    plan: RestorePlan
    seconds: float
    tables: int
    rows: int
    advice: tuple[str, ...]
    checks: tuple[CheckResult, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        facts = {"equal": True, "seconds": self.seconds, "tables": self.tables, "rows": self.rows}
        told = {"checks": [check.to_dict() for check in self.checks], "advice": [*self.warnings, *self.advice]}
        return {**self.plan.to_dict(), **facts, **told}


@dataclass(frozen=True)
class _Made:
    """What came of it: tables that were compared and rows in them, answers, and what people must look at."""

    tables: int = 0
    rows: int = 0
    checks: tuple[CheckResult, ...] = ()
    warnings: tuple[str, ...] = ()


def run_restore(plan: RestorePlan, *, note_equal: t.Callable[[], object] = lambda: None) -> Restored:
    """Fetch the copy from the place that keeps it, and make the file or the database; it is recorded, good or not.

    Args:
        plan: what is asked for.
        note_equal: called once it is compared and equal, before a database gets its name.

    Raises:
        AlreadyRunning: another one is under way on this machine.
        Altered: the place gives back something else.
        NotEqual: it does not restore, or not to what was copied; the database is not there then.
    """
    begun = time.monotonic()
    with _alone(plan.office) as spools:
        _record_opening(plan)
        try:
            made = _make_file(plan) if plan.file else _make_database(plan, spools, note_equal)
        except BackupError as error:
            facts = {"equal": False, "why": str(error)[:500], "seconds": round(time.monotonic() - begun, 1)}
            plan.office.record(RESTORED, {**plan.to_dict(), **facts})
            raise
    seconds = round(time.monotonic() - begun, 1)
    told = {"equal": True, "why": "", "seconds": seconds, "checks": [check.to_dict() for check in made.checks]}
    plan.office.record(RESTORED, {**plan.to_dict(), **told})
    return Restored(plan, seconds, made.tables, made.rows, _advise(plan), made.checks, made.warnings)


def _record_opening(plan: RestorePlan) -> None:
    facts = {"to": plan.target, "case": plan.case, "motive": plan.motive}
    record_opening(plan.office, plan.copy.copy_id, by="copias restore sinfa", **facts)


def dump_sum(plan: RestorePlan) -> str:
    """Return the SHA-256 of the dump that was restored: as it was made, else of the file that it was written to."""
    if plan.copy.is_known(plan.office):
        return plan.copy.record(plan.office).sha256
    with t.cast("Path", plan.file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _advise(plan: RestorePlan) -> tuple[str, ...]:
    engine = plan.settings.engine
    if plan.server is None:
        return advise_file(engine, t.cast("Path", plan.file))
    return advise_switch(engine, plan.copy.database, plan.settings.database, plan.server.database)


def _make_file(plan: RestorePlan) -> _Made:
    file = t.cast("Path", plan.file)
    if file.exists():
        check_file(file, plan.copy.record(plan.office))
        return _Made()
    make_private_directory(file.parent)
    with Step("Traer del destino", plan.copy.bytes) as fetched:
        plan.copy.fetch(plan.office, file, report=fetched)
    try:
        if plan.copy.is_known(plan.office):
            check_file(file, plan.copy.record(plan.office))
    except BackupError:
        file.unlink()
        raise
    sync_directory(file.parent)
    return _Made()


def _make_database(plan: RestorePlan, spools: Path, note_equal: t.Callable[[], object]) -> _Made:
    server, driver = t.cast("Connection", plan.server), open_driver(plan.settings)
    assert isinstance(driver, RestoresElsewhere)  # noqa: S101 - the plan saw to it
    record = plan.copy.record(plan.office)
    with tempfile.TemporaryDirectory(dir=spools, prefix=_PREFIX) as spool:
        dump = Path(spool) / "dump"
        with Step("Traer del destino", plan.copy.bytes) as fetched:
            plan.copy.fetch(plan.office, dump, report=fetched)
        with Step("Restaurar y comparar", record.source_bytes) as restoring:
            try:
                unfinished = driver.restore_unfinished(dump, server, record, report=restoring)
            except BadInput:
                if plan.begun and (made := _look_at_made(plan, driver, server)):
                    return made
                raise
    try:
        made = _compare(plan, driver, unfinished)
        note_equal()
        driver.give_name(unfinished, server.database)
    except BaseException:
        driver.drop_unfinished(unfinished)
        raise
    return made


def _compare(plan: RestorePlan, driver: Driver, restored: Connection) -> _Made:
    """Compare what was restored with what was copied, and ask it.

    Raises:
        NotEqual: it differs, or nothing of it could be compared.
    """
    record = plan.copy.record(plan.office)
    found = driver.digest(restored, record)
    differences = compare(record, found)
    results = table_results(record, found)
    compared = [table for table in results if table.compared]
    if differences or compare_nothing(results):
        raise _not_equal(plan, [str(difference) for difference in differences])
    # Asked for people to know: it is what was copied, good or bad, and that is what they wanted.
    checks = ask_checks(driver, restored, record, plan.settings.checks)
    warnings = driver.warn_of_restored(restored, record) if isinstance(driver, WarnsOfRestored) else ()
    rows = sum(table.found.rows for table in compared if table.found)
    return _Made(len(compared), rows, checks, (*say_uncompared(results), *warnings))


def _look_at_made(plan: RestorePlan, driver: Driver, named: Connection) -> _Made | None:
    """Return what a run that died had ended, when the database of that name is equal; else nothing: it is not ours."""
    try:
        return _compare(plan, driver, named)
    except BackupError:
        return None


def _not_equal(plan: RestorePlan, differences: list[str]) -> NotEqual:
    return NotEqual(
        "lo restaurado no es igual a lo que se copió, y se borró",
        whose=f"{plan.copy.copy_id} en {plan.target}",
        why=" ".join(differences[:5]) or "ninguna tabla se pudo comparar",
        repair="pruebe otra copia de `copias copies`, o saque el volcado a una carpeta: --to ./carpeta",
    )


def _alone(office: Office) -> AbstractContextManager[Path]:
    busy = AlreadyRunning("ya hay una restauración en curso", repair="espere a que termine y repita")
    return hold_spools(office, lock="restore-sinfa.lock", prefix=_PREFIX, busy=busy)
