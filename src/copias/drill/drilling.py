"""One drill: fetch a copy from the place that keeps it, restore it, compare it, ask it, time it, and record that.

A copy that is not what it was, or does not restore, counts as none from then on and opens a finding. What says nothing
of the copy (the place does not answer, this machine has no room or no such server) is an error and records nothing: it
was no drill.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
import typing as t
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from copias.case.story import SPOILT
from copias.database import verify
from copias.database.comparison import compare_nothing
from copias.database.enclosing import require_walls
from copias.drill.history import FAILED, PASSED, Drill, list_drills
from copias.errors import AlreadyRunning, Altered, NotEqual, NotReady
from copias.findings import open_finding
from copias.local_time import BOGOTA
from copias.night.catalogue import CLOCKS, VERIFIED, VOIDED
from copias.progress import Step
from copias.sinfa.believing import accepted_checks, open_warnings
from copias.sinfa.domain import ask_checks, compare_with_earlier, errors_of
from copias.sinfa.history import earlier_records
from copias.sinfa.sources import SinfaCopy, list_sinfa_copies, open_driver
from copias.sinfa.spools import hold_spools

if t.TYPE_CHECKING:
    from copias.database import Connection, Driver, DumpRecord, Verification
    from copias.office import Office
    from copias.sinfa.domain import CheckResult

FAILURE: t.Final = "el simulacro de restauración falló"
MOST_PROBLEMS: t.Final = 20
CERTIFIED_DAYS: t.Final = 365
"""For which a provider's certificate stands for a drill, where none can be done here."""


@dataclass(frozen=True)
class DrillPlan:
    """What a drill of one database would restore.

    Args:
        office: of this installation.
        copy: that would be restored.
        done: a drill of today that restored this copy already, and found nothing.
        passed_over: names of newer copies that cannot be compared here, such as what a provider delivered.
    """

    office: Office
    copy: SinfaCopy
    done: Drill | None
    passed_over: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Tell whether there is something to do that was not done today."""
        return self.done is None

    def run(self) -> Drill:
        """Do it; see :func:`run_drill`."""
        return run_drill(self)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        copy = self.copy
        return {
            "database": copy.database,
            "copy": copy.copy_id,
            "source": copy.source,
            "place": copy.place,
            "bytes": copy.bytes,
            "made_at": copy.finished_at.isoformat(),
            "done_at": self.done.when if self.done else None,
            "passed_over": list(self.passed_over),
        }


def plan_drill(office: Office, database: str, *, oldest: bool = False) -> DrillPlan:
    """Choose the copy: the newest proven one, of a night or of a case, or the oldest that is kept; change nothing.

    Raises:
        BadConfiguration: the database is not in the inventory.
        NotReady: it has no copy that a drill could restore.
    """
    office.deployment.database(database)
    copies = list_sinfa_copies(office, database)
    # A copy of ours whose record was lost is not passed over: that an older one can be restored would hide it.
    fit = [copy for copy in copies if copy.source == "night" or copy.is_known(office)]
    if not fit:
        raise NotReady(
            "la base de datos no tiene una copia probada que restaurar",
            whose=database,
            why="las que hay las entregó un proveedor y aquí no se pueden comparar" if copies else "no tiene ninguna",
            repair="pida al proveedor un certificado de restauración y regístrelo: copias provider certificate"
            if copies
            else "haga una copia: copias run CASO, o la de cada noche",
        )
    chosen = fit[0] if oldest else fit[-1]
    newer = copies[copies.index(chosen) + 1 :] if not oldest else []
    return DrillPlan(office, chosen, _find_done(office, chosen), tuple(copy.copy_id for copy in newer))


def find_certificate(office: Office, database: str) -> Drill | None:
    """Return the provider's last certificate of a restore, if that was in the last :data:`CERTIFIED_DAYS`."""
    now = datetime.now(UTC)
    drills = list_drills(office.book.ledger.events(), database=database)
    certified = (drill for drill in reversed(drills) if drill.outcome == "certified")
    past = (drill for drill in certified if datetime.fromisoformat(drill.when) <= now + CLOCKS)
    return next((drill for drill in past if drill.age(now) <= CERTIFIED_DAYS), None)


def _find_done(office: Office, copy: SinfaCopy) -> Drill | None:
    """Return the last drill of a copy, if it passed today: what a place keeps is worth a look again tomorrow.

    One that failed since, that was of another place, whose day is of a wrong clock, or that left out a question which
    is asked now, says nothing of what would be found now.
    """
    now = datetime.now(BOGOTA)
    drills = list_drills(office.book.ledger.events(), database=copy.database)
    last = next((drill for drill in reversed(drills) if drill.copy == copy.copy_id), None)
    if last is None or (last.outcome, last.place) != ("passed", copy.place):
        return None
    when = datetime.fromisoformat(last.when).astimezone(BOGOTA)
    asked = {check.name for check in office.deployment.database(copy.database).checks}
    answered = {check["name"] for check in last.checks}
    return last if when.date() == now.date() and when <= now + CLOCKS and asked <= answered else None


def run_drill(plan: DrillPlan) -> Drill:
    """Restore the copy and record what came of it; a copy that fails is a result, not an error.

    Raises:
        AlreadyRunning: another drill is under way on this machine.
        NotReady: no fit server can be started here, or what the copy must hold is not known here.
        StoreUnavailable, StoreFull: the place does not answer; this machine has no room.
    """
    office, copy = plan.office, plan.copy
    require_walls(office.deployment.scratch_servers)
    record = copy.record(office)
    trial = _Trial(office, copy, record, open_driver(office.deployment.database(copy.database)))
    with _alone(office) as spools, tempfile.TemporaryDirectory(dir=spools, prefix=_PREFIX) as spool:
        try:
            proof = trial.prove(Path(spool) / "dump")
        except (Altered, NotEqual) as error:
            return _fail(trial, (str(error),), spoilt=True)
    _require_comparison(copy, record, proof)
    problems = [str(difference) for difference in proof.differences] + list(proof.complaints)
    open_warnings(office, copy.copy_id, trial.checks)
    # Complaints without a difference are of this machine's server: the copy stays what it was.
    if problems:
        return _fail(trial, problems, proof=proof, spoilt=bool(proof.differences))
    doubts = [check for check in errors_of(trial.checks) if check.name not in accepted_checks(office, copy)]
    if doubts:
        return _fail(trial, [str(check) for check in doubts], proof=proof)
    return _pass(trial, proof)


def _require_comparison(copy: SinfaCopy, record: DumpRecord, proof: Verification) -> None:
    """Refuse to call a drill what restored tables, and knew of none what it should hold."""
    if compare_nothing(proof.tables):
        raise NotReady(
            "la copia se restauró, pero no hay con qué comparar ninguna de sus tablas",
            whose=copy.copy_id,
            why="; ".join(record.left_out)[:500],
            repair="haga otra copia cuando nadie escriba en la base, o dele a su cuenta el permiso que falta",
        )


def require_passed(drill: Drill) -> Drill:
    """Return a drill that passed.

    Raises:
        NotEqual: it failed; what differs is named.
    """
    if drill.outcome == "failed":
        raise NotEqual(
            FAILURE,
            whose=f"{drill.database}, copia {drill.copy}",
            why=" ".join(drill.problems[:3]),
            repair=f"no use esta copia; pruebe otra con copias drill {drill.database} --oldest y haga una nueva",
        )
    return drill


@dataclass
class _Trial:
    """A drill under way: what is known of it so far."""

    office: Office
    copy: SinfaCopy
    record: DumpRecord
    driver: Driver
    seconds: dict[str, float] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()

    def prove(self, dump: Path) -> Verification:
        """Fetch, restore, compare and ask.

        Raises:
            Altered: the place gives back something else.
            NotEqual: the dump does not restore.
        """
        settings = self.office.deployment.database(self.copy.database).checks

        def ask(restored: Connection) -> None:
            self.checks = ask_checks(self.driver, restored, self.record, settings)

        begun = time.monotonic()
        with Step("Traer del destino", self.copy.bytes) as fetched:
            self.copy.fetch(self.office, dump, report=fetched)
        self.seconds["fetch"] = round(time.monotonic() - begun, 1)
        with Step("Restaurar y comparar", self.record.source_bytes) as restoring:
            proof = verify(self.driver, dump, self.record, report=restoring, deep=True, ask=ask)
        for phase in ("start", "restore", "compare", "check"):
            self.seconds[phase] = round(getattr(proof, f"{phase}_seconds"), 1)
        earlier = earlier_records(self.office, self.copy.database, self.record)
        self.checks = (*self.checks, *compare_with_earlier(self.record, earlier, settings))
        return proof

    def describe(self, proof: Verification | None) -> Drill:
        """Return it as far as it came, passed."""
        copy, record = self.copy, self.record
        compared = proof.compared if proof else ()
        return Drill(
            database=copy.database,
            copy=copy.copy_id,
            source=copy.source,
            place=copy.place,
            outcome="passed",
            engine=record.engine,
            version=proof.version if proof else "",
            confinement=proof.confinement if proof else "",
            tables=len(compared),
            rows=sum(table.found.rows for table in compared if table.found),
            bytes=record.bytes,
            seconds=self.seconds,
            checks=tuple({"name": one.name, "status": one.status, "text": one.text} for one in self.checks),
        )


def _pass(trial: _Trial, proof: Verification) -> Drill:
    drill = trial.describe(proof)
    event = trial.office.record(PASSED, drill.to_event())
    if trial.copy.source == "night":
        total = round(sum(trial.seconds.values()), 1)
        trial.office.record(VERIFIED, {"copy": drill.copy, "level": "restored", "seconds": total})
    return dataclasses.replace(drill, when=event.time, by=trial.office.actor.person.name)


def _fail(
    trial: _Trial, problems: t.Sequence[str], *, proof: Verification | None = None, spoilt: bool = False
) -> Drill:
    """Record a failure; a copy that is spoilt counts as none from now on, so that no policy keeps it for the newest."""
    office, copy = trial.office, trial.copy
    told = dataclasses.replace(trial.describe(proof), outcome="failed", problems=tuple(problems[:MOST_PROBLEMS]))
    # The finding first: after a power cut between the two the next drill fails again, but of a void copy there is none.
    open_finding(
        office,
        about=copy.copy_id,
        what=FAILURE,
        why=" ".join(problems[:3]),
        repair=f"no use esta copia; pruebe otra con copias drill {copy.database} --oldest y haga una nueva",
    )
    event = office.record(FAILED, told.to_event())
    if spoilt:
        facts = {"copy": copy.copy_id, "why": problems[0]}
        if copy.source == "night":
            office.record(VOIDED, facts)
        else:
            office.book.record(copy.case, SPOILT, facts)
    return dataclasses.replace(told, when=event.time, by=office.actor.person.name)


_PREFIX: t.Final = "simulacro-"


def _alone(office: Office) -> AbstractContextManager[Path]:
    busy = AlreadyRunning("ya hay un simulacro en curso", repair="espere a que termine y repita")
    return hold_spools(office, lock="drill.lock", prefix=_PREFIX, busy=busy)
