"""Remove the nightly copies that the plan lets go; a power cut anywhere leaves nothing that the next run does not mend.

Events of the installation:

===================== ==================================================================================
``retention.planned`` just before: ``repository``, ``policy``, ``policies`` (of databases that have one of
                      their own), ``evidence`` (SHA-256 of the file of the state that holds the plan and
                      restic's own answer), ``removals`` (``copy``, ``snapshot``, ``why``)
``night.removed``     of each copy once its snapshot is gone: ``copy``, ``why``, ``evidence``
``retention.freed``   ``repository``: it was found whole, and the room of what is gone was freed
===================== ==================================================================================
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

import orjson

from copias.errors import Altered, BackupError
from copias.files import make_private_directory, write_atomically
from copias.findings import open_finding
from copias.night.catalogue import REMOVED, VOIDED
from copias.night.checking import check_structure
from copias.repository.locks import hold_repository
from copias.repository.opening import open_repository
from copias.repository.snapshots import find_snapshots, forget, prune
from copias.retention.holds import HELD, RELEASED, read_holds
from copias.retention.known import FREED, LOST, MISSING, PLANNED
from copias.retention.nights import plan_nights
from copias.retention.reading import COPIES, FEW, ask_restic, list_planned, must_free, read_copies, read_facts
from copias.retention.turn import hold_retention

if t.TYPE_CHECKING:
    from copias.office import Office
    from copias.repository.repository import Repository
    from copias.repository.snapshots import ForgetPlan
    from copias.retention.night_model import Decision, NightPlan

_LOOK: t.Final = "revise que la NAS esté montada y quién entró al repositorio; ninguna copia se dio por perdida"
LOCK_WAIT: t.Final = 60.0
"""Seconds that a night which is being copied is waited for."""


@dataclass(kw_only=True)
class NightOutcome:
    """What came of one repository.

    Args:
        plan: that was carried out, or would be.
        removed: ids of the copies that went, those of a run that died before it could say so too.
        lost: ids of copies that were gone without a plan; each is a finding.
        freed: the room of what is gone was freed.
        error: what failed; nothing when all went well.
    """

    plan: NightPlan
    removed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    freed: bool = False
    error: BackupError | None = None

    @property
    def changed(self) -> bool:
        """Tell whether anything was changed."""
        return bool(self.removed or self.lost or self.freed)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            **self.plan.to_dict(),
            "removed": self.removed,
            "lost": self.lost,
            "freed": self.freed,
            "error": self.error.facts() if self.error else None,
        }


def apply_repository(office: Office, name: str, *, most: int | None = None) -> NightOutcome:
    """Carry out the plan of one repository.

    Args:
        office: of this installation.
        name: of the repository.
        most: copies that may go at once, where a person said so; else what the settings say.

    Raises:
        AlreadyRunning: another retention, or a copy, is under way.
        NotReady: the repository is not the expected one.
        StoreUnavailable: it does not answer.
    """
    with hold_retention(office), hold_repository(office, name, wait=LOCK_WAIT):
        repository = open_repository(office, name, maintenance=True)
        answer = ask_restic(repository, office.deployment.retention.nights, office.deployment.night_schedules)
        outcome = _settle(office, answer, name, most)
        try:
            if outcome.plan.removals or _must_free(office, name):
                _require_whole(office, repository)
                removals = begin_removal(office, outcome.plan, answer)
                _remove(office, repository, removals, outcome)
                _free(office, repository, outcome)
        except BackupError as error:
            outcome.error = error
    return outcome


def _settle(office: Office, answer: ForgetPlan, name: str, most: int | None) -> NightOutcome:
    """Plan, once everything that is gone is accounted for: what a plan took is removed, all else was lost."""
    settings = office.deployment.retention
    plan = plan_nights(read_facts(office, name, answer, most=most), settings)
    outcome = NightOutcome(plan=plan)
    if not plan.vanished or any(not refusal.database for refusal in plan.refusals):
        if plan.vanished:
            why = "; ".join(refusal.why for refusal in plan.refusals if not refusal.database)
            open_finding(office, about=name, what=MISSING, why=why, repair=_LOOK)
        return outcome
    planned = _read_planned(office, name)
    for copy in plan.vanished:
        if copy.snapshot in planned:
            office.record(REMOVED, {"copy": copy.copy, **planned[copy.snapshot]})
            outcome.removed.append(copy.copy)
        else:
            _tell_lost(office, copy.copy, name)
            outcome.lost.append(copy.copy)
    outcome.plan = plan_nights(read_facts(office, name, answer, most=most), settings)
    return outcome


def _read_planned(office: Office, name: str) -> dict[str, dict[str, str]]:
    return list_planned(office.book.ledger.events_of({PLANNED, FREED}), name)


def _tell_lost(office: Office, copy: str, repository: str) -> None:
    """Open the finding first: a run that dies after it says so again, and a copy that is void is asked no more."""
    why = f"ya no está en el repositorio {repository}, y ningún plan de retención la quitó"
    open_finding(
        office,
        about=copy,
        what=LOST,
        why=why,
        repair="averigüe quién entró al repositorio y cambie sus credenciales; revise las demás copias. Mientras este "
        "hallazgo esté abierto no se libera espacio: lo que guardaba se puede recuperar con `restic recover`",
    )
    office.record(VOIDED, {"copy": copy, "why": why, "lost": True})


def begin_removal(office: Office, plan: NightPlan, answer: ForgetPlan) -> tuple[Decision, ...]:
    """Record what is about to go, with its evidence, and return it; what was held meanwhile is left out."""
    if not plan.removals:
        return ()
    ledger = office.book.ledger
    evidence = _keep_evidence(office, plan, answer)
    with ledger.transaction(office.actor.to_event()) as page:
        holds = read_holds(ledger.events_of({HELD, RELEASED}))
        removals = tuple(one for one in plan.removals if not holds.find(copy=one.copy, subject=one.database))
        if removals:
            told = [{"copy": one.copy, "snapshot": one.snapshot, "why": one.why} for one in removals]
            facts = {"repository": plan.repository, **_describe_policy(office), "evidence": evidence}
            page.append(PLANNED, {**facts, "removals": told})
    return removals


def _describe_policy(office: Office) -> dict[str, t.Any]:
    deployment = office.deployment
    others = {name: schedule.model_dump() for name, schedule in deployment.night_schedules.items()}
    return {"policy": deployment.retention.nights.model_dump(), **({"policies": others} if others else {})}


def _keep_evidence(office: Office, plan: NightPlan, answer: ForgetPlan) -> str:
    """Keep the plan and restic's answer in the state, under their own sum, and return it."""
    content = orjson.dumps({"plan": plan.to_dict(), "restic": orjson.Fragment(answer.evidence)})
    digest = hashlib.sha256(content).hexdigest()
    folder = make_private_directory(office.deployment.state / "retention" / "evidence")
    write_atomically(folder / f"{digest}.json", content)
    return digest


def _remove(office: Office, repository: Repository, removals: tuple[Decision, ...], outcome: NightOutcome) -> None:
    if not removals:
        return
    try:
        forget(repository, [one.snapshot for one in removals])
    finally:
        readable, unreadable = find_snapshots(repository)
        left = {snapshot.id for snapshot in readable} | unreadable
        planned = _read_planned(office, repository.name)
        copies = read_copies(office.book.ledger.events_of(COPIES), repository.name)
        existing = {copy.snapshot for copy in copies if copy.exists}
        for one in removals:
            if one.snapshot not in left and one.snapshot in existing:
                office.record(REMOVED, {"copy": one.copy, **planned[one.snapshot]})
                outcome.removed.append(one.copy)


def _must_free(office: Office, name: str) -> bool:
    ledger = office.book.ledger
    copies = read_copies(ledger.events_of(COPIES), name)
    return must_free([*ledger.events_of(FEW)], name, [copy.copy for copy in copies])


def _free(office: Office, repository: Repository, outcome: NightOutcome) -> None:
    """Free the room of what is gone, in a repository that was found whole before anything went."""
    if _must_free(office, repository.name):
        prune(repository)
        office.record(FREED, {"repository": repository.name})
        outcome.freed = True


def _require_whole(office: Office, repository: Repository) -> None:
    """Let nothing go from a damaged repository: what the schedule would take may be the last copies that are good."""
    complaint = check_structure(repository)
    if complaint:
        open_finding(
            office,
            about=repository.name,
            what="el repositorio no pasó la revisión, y no se quitó nada de él",
            why=complaint[:500],
            repair="no borre nada; revise el disco de la NAS y haga otra copia con `copias nightly --force`",
        )
        raise Altered("el repositorio está dañado", whose=repository.name, why=complaint[:500])
