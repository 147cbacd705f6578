"""``copias restore sinfa``: a copy of a finance database as a file, or as a new database; never over one that exists.

Either ends as one event of the installation, ``restore.sinfa`` (``copy``, ``database``, ``way``: ``file`` or
``database``, ``to``, ``equal``, ``why``, ``motive``, ``case``, ``seconds``, ``checks``).
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from copias.database import Connection, NamesItself, RestoresElsewhere, compare, table_results
from copias.database.verification import check_file
from copias.errors import AlreadyRunning, BackupError, BadInput, NotEqual, NotReady
from copias.files import check_folder, locked, make_private_directory, sync_directory
from copias.people import Role
from copias.progress import Step
from copias.sinfa.domain import CheckResult, ask_checks
from copias.sinfa.restore_advice import advise_file, advise_switch
from copias.sinfa.restore_leave import require_leave
from copias.sinfa.sources import SinfaCopy, find_sinfa_copy, open_driver

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.office import Office
    from copias.sinfa.settings import DatabaseSettings

RESTORED: t.Final = "restore.sinfa"
NAME: t.Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""Of a new database: no engine changes it, and no shell or SQL reads more into it."""
ENDINGS: t.Final = {"postgresql": "dump", "mariadb": "sql", "mysql": "sql", "firebird": "fbk"}
_OWN: t.Final = frozenset({"postgres", "template0", "template1", "mysql", "sys", "information_schema"})
_PREFIX: t.Final = "restaurar-"


@dataclass(frozen=True)
class RestorePlan:
    """What would be restored.

    Args:
        office: of this installation.
        copy: which.
        motive: why, in the words of who asks.
        case: whose authorisation counts; empty for the standing one.
        file: that would be written; ``None`` for a database.
        server: where, and the new database's name; ``None`` for a file.
    """

    office: Office
    copy: SinfaCopy
    motive: str
    case: str = ""
    file: Path | None = None
    server: Connection | None = None

    @property
    def settings(self) -> DatabaseSettings:
        """Return those of the database that was copied."""
        return self.office.deployment.database(self.copy.database)

    @property
    def way(self) -> t.Literal["file", "database"]:
        """Return what comes of it."""
        return "file" if self.server is None else "database"

    @property
    def target(self) -> str:
        """Return where it comes to lie, for people."""
        return str(self.server or self.file)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        copy = self.copy
        facts = {"copy": copy.copy_id, "database": copy.database, "made_at": copy.finished_at.isoformat()}
        return {**facts, "way": self.way, "to": self.target, "motive": self.motive, "case": self.case}


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
    """

    plan: RestorePlan
    seconds: float
    tables: int
    rows: int
    advice: tuple[str, ...]
    checks: tuple[CheckResult, ...] = ()

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        facts = {"equal": True, "seconds": self.seconds, "tables": self.tables, "rows": self.rows}
        told = {"checks": [check.to_dict() for check in self.checks], "advice": list(self.advice)}
        return {**self.plan.to_dict(), **facts, **told}


@dataclass(frozen=True)
class _Made:
    """What came of it: tables that were compared and rows in them, answers, and what people must look at."""

    tables: int = 0
    rows: int = 0
    checks: tuple[CheckResult, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_restore(office: Office, copy_id: str, *, to: str, motive: str, case: str = "") -> RestorePlan:
    """Check what is asked for; nothing is changed nor connected to.

    Args:
        office: of this installation.
        copy_id: of a case or of a night.
        to: a folder when it has a ``/``, else the name of a new database on the configured server.
        motive: why.
        case: of recovery, whose authorisation counts; without one, the database's standing one.

    Raises:
        NotAllowed: who asks is no administrator.
        NotReady: nobody authorised it, or there is no server for it.
        BadInput: there is no such copy, or ``to`` is no place for it.
    """
    office.actor.require(Role.ADMINISTRATOR, "restaurar bases de datos")
    if not motive.strip():
        raise BadInput("falta decir para qué se restaura", whose=ascii(copy_id[:80]), repair="escríbalo con --motive")
    copy = find_sinfa_copy(office, copy_id)
    settings = office.deployment.database(copy.database)
    require_leave(office, copy, settings, case)
    plan = RestorePlan(office, copy, motive.strip(), case)
    if "/" in to:
        return replace(plan, file=_choose_file(office, copy, settings, Path(to)))
    return replace(plan, server=_choose_server(office, copy, settings, to))


def run_restore(plan: RestorePlan) -> Restored:
    """Fetch the copy from the place that keeps it, and make the file or the database; it is recorded, good or not.

    Raises:
        AlreadyRunning: another one is under way on this machine.
        Altered: the place gives back something else.
        NotEqual: it does not restore, or not to what was copied; the database is not there then.
    """
    begun = time.monotonic()
    with _alone(plan.office) as spools:
        try:
            made = _make_file(plan) if plan.file else _make_database(plan, spools)
        except BackupError as error:
            facts = {"equal": False, "why": str(error)[:500], "seconds": round(time.monotonic() - begun, 1)}
            plan.office.record(RESTORED, {**plan.to_dict(), **facts})
            raise
    seconds = round(time.monotonic() - begun, 1)
    told = {"equal": True, "why": "", "seconds": seconds, "checks": [check.to_dict() for check in made.checks]}
    plan.office.record(RESTORED, {**plan.to_dict(), **told})
    return Restored(plan, seconds, made.tables, made.rows, (*made.warnings, *_advise(plan)), made.checks)


def _advise(plan: RestorePlan) -> tuple[str, ...]:
    engine = plan.settings.engine
    if plan.server is None:
        return advise_file(engine, t.cast("Path", plan.file))
    return advise_switch(engine, plan.settings.database, plan.server.database)


def _choose_file(office: Office, copy: SinfaCopy, settings: DatabaseSettings, folder: Path) -> Path:
    checked = check_folder(folder, state=office.deployment.state)
    file = checked / f"{copy.copy_id}.{ENDINGS.get(settings.engine, 'dump')}"
    if file.exists() or file.is_symlink():
        raise BadInput("ya existe un archivo con ese nombre", whose=str(file), repair="dé otra carpeta con --to")
    return file


def _choose_server(office: Office, copy: SinfaCopy, settings: DatabaseSettings, name: str) -> Connection:
    live = {one.database.lower() for one in office.deployment.databases.values()} | _OWN
    if not NAME.fullmatch(name) or name in live:
        why = "es el de una base de datos que se usa" if name in live else "letras minúsculas, números y _, hasta 63"
        repair = "dé el nombre de una base de datos nueva, o una carpeta: --to ./carpeta"
        raise BadInput("la copia no se puede restaurar con ese nombre", whose=ascii(name[:80]), why=why, repair=repair)
    by_file = "saque el volcado a una carpeta: --to ./carpeta"
    if settings.restore is None:
        raise NotReady(
            "no hay un servidor donde restaurar esta base de datos",
            whose=copy.database,
            repair=f"escriba restore (host, user, password_file) de esa base en copias.yml, o {by_file}",
        )
    if not isinstance(open_driver(settings), RestoresElsewhere):
        raise NotReady(
            f"en un servidor {settings.engine} este programa no crea bases de datos",
            whose=copy.database,
            repair=by_file,
        )
    return settings.restore.connection(settings.engine, name)


def _make_file(plan: RestorePlan) -> _Made:
    file = t.cast("Path", plan.file)
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


def _make_database(plan: RestorePlan, spools: Path) -> _Made:
    server, driver = t.cast("Connection", plan.server), open_driver(plan.settings)
    assert isinstance(driver, RestoresElsewhere)  # noqa: S101 - the plan saw to it
    record = plan.copy.record(plan.office)
    with tempfile.TemporaryDirectory(dir=spools, prefix=_PREFIX) as spool:
        dump = Path(spool) / "dump"
        with Step("Traer del destino", plan.copy.bytes) as fetched:
            plan.copy.fetch(plan.office, dump, report=fetched)
        with Step("Restaurar y comparar", record.source_bytes) as restoring:
            unfinished = driver.restore_unfinished(dump, server, record, report=restoring)
    try:
        found = driver.digest(unfinished, record)
        differences = compare(record, found)
        compared = [table for table in table_results(record, found) if table.compared]
        if differences or (record.tables and not compared):
            raise _not_equal(plan, [str(difference) for difference in differences])
        # Asked for people to know: it is what was copied, good or bad, and that is what they wanted.
        checks = ask_checks(driver, unfinished, record, plan.settings.checks)
        warnings = driver.warn_of_mentions(unfinished, record) if isinstance(driver, NamesItself) else ()
        driver.give_name(unfinished, server.database)
    except BaseException:
        driver.drop_unfinished(unfinished)
        raise
    return _Made(len(compared), sum(table.found.rows for table in compared if table.found), checks, warnings)


def _not_equal(plan: RestorePlan, differences: list[str]) -> NotEqual:
    return NotEqual(
        "lo restaurado no es igual a lo que se copió, y se borró",
        whose=f"{plan.copy.copy_id} en {plan.target}",
        why=" ".join(differences[:5]) or "ninguna tabla se pudo comparar",
        repair="pruebe otra copia de `copias copies`, o saque el volcado a una carpeta: --to ./carpeta",
    )


@contextmanager
def _alone(office: Office) -> Iterator[Path]:
    """Hold the restores of this machine, and yield the folder for dumps, rid of what a killed one left there."""
    state = make_private_directory(office.deployment.state)
    try:
        with locked(state / "restore-sinfa.lock", blocking=False):
            spools = make_private_directory(state / "spool")
            for left in spools.glob(f"{_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield spools
    except BlockingIOError:
        raise AlreadyRunning("ya hay una restauración en curso", repair="espere a que termine y repita") from None
