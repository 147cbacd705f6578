"""The audit put together: one pass over the ledger, whatever parts are asked for."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from copias.audit.case_fold import CaseFold
from copias.audit.chain import ledger_section
from copias.audit.coverage import coverage_section
from copias.audit.coverage_judge import Found
from copias.audit.drills import drills_section
from copias.audit.event_fold import FINDINGS, EventFold, NightFold, SyncedFold
from copias.audit.evidence import Look, evidence_section, read_sheet, say_unproven
from copias.audit.inventory import EVENTS as INVENTORY
from copias.audit.inventory import SEEN, look_at_inventory
from copias.audit.inventory_changes import inventory_section
from copias.audit.ledger_pass import read_ledger
from copias.audit.model import PARTS, AuditReport
from copias.audit.runs import LATELY, RunFold, runs_section
from copias.drill.proving import DrillFold
from copias.ledger.witnesses import Gathered, Witness, gather_witnesses
from copias.night.loss import LOST, admitted_heads
from copias.night.report import FINISHED

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from copias.audit.ledger_pass import Chain, Fold
    from copias.audit.model import Remark, Section
    from copias.audit.sheet_fold import SheetFold
    from copias.ledger import Head
    from copias.office import Office


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """What an audit looks at.

    Args:
        parts: of :data:`copias.audit.model.PARTS`; all when empty.
        since: first moment of the runs that are told; the last thirty days when absent.
        witness: a head of the ledger that the auditor brings.
        first: beginning of the inventory's changes; thirty days ago when absent.
        last: their end; now when absent.
        everything: look at every copy's evidence, and not at a sample.
        read: read the copies of the sample back from where they lie.
    """

    parts: Collection[str] = ()
    since: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    witness: Head | None = None
    everything: bool = False
    read: bool = False

    def wants(self, *parts: str) -> bool:
        """Tell whether one of these parts is asked for."""
        return not self.parts or any(part in self.parts for part in parts)


def make_audit(office: Office, options: AuditOptions, *, now: datetime | None = None) -> AuditReport:
    """Look at everything that is asked for; nothing is changed but where somebody may read a copy back.

    Raises:
        BadConfiguration: a file of the deployment cannot be read.
    """
    moment = now or datetime.now(UTC)
    audit = _Audit(office, options, moment)
    chain = audit.read()
    return AuditReport(
        entity=office.deployment.entity,
        made_at=moment.isoformat(timespec="seconds"),
        made_by=office.actor.person.name,
        head=str(chain.head),
        sections=tuple(audit.sections(chain)),
    )


class _Audit:
    """One audit: the folds, and the sections that are made of them."""

    def __init__(self, office: Office, options: AuditOptions, now: datetime) -> None:
        self._office, self._options, self._now = office, options, now
        self._cases, self._nights = CaseFold(), NightFold()
        self._synced = SyncedFold()
        self._drills, self._findings = DrillFold(), EventFold(FINDINGS)
        self._inventory, self._reports = EventFold(INVENTORY), EventFold({FINISHED})
        self._lost = EventFold({LOST})
        self._runs = RunFold(options.since or now - LATELY)
        self._gathered = Gathered()
        self._sheet: SheetFold | None = None
        self._sheet_faults: list[Remark] = []

    def read(self) -> Chain:
        """Read the ledger for the parts that are asked for."""
        options = self._options
        # Before the pass, so that it can look for them; an event that comes in between is in the ledger, not in them.
        if options.wants("ledger"):
            self._gathered = gather_witnesses(self._office)
            if options.witness is not None:
                brought = Witness(options.witness.count, options.witness.sha256, "el que dio el auditor")
                self._gathered.witnesses.append(brought)
                self._gathered.sources.append("el auditor")
        if options.wants("evidence"):
            self._sheet, self._sheet_faults = read_sheet(self._office)
        wanted: tuple[tuple[Fold, tuple[str, ...]], ...] = (
            (self._cases, ("coverage", "ledger", "evidence")),
            (self._nights, ("coverage", "ledger", "evidence")),
            (self._synced, ("coverage",)),
            (self._drills, ("drills",)),
            (self._inventory, ("coverage", "inventory")),
            (self._reports, ("ledger",)),
            (self._lost, ("ledger",)),
            (self._findings, ("runs",)),
            (self._runs, ("runs",)),
        )
        folds = [fold for fold, parts in wanted if options.wants(*parts)]
        folds += [self._sheet] if self._sheet is not None else []
        verify = options.wants("ledger")
        ledger = self._office.deployment.ledger
        chain = read_ledger(ledger, folds, witnesses=self._gathered.witnesses, verify=verify)
        chain.give_up(admitted_heads(self._lost.kept))
        return chain

    def sections(self, chain: Chain) -> t.Iterator[Section]:
        """Yield the sections that are asked for."""
        makers: dict[str, Callable[[], Section]] = {
            "coverage": self._make_coverage,
            "ledger": lambda: self._make_ledger(chain),
            "evidence": lambda: self._make_evidence(chain),
            "drills": lambda: drills_section(self._office, self._drills, self._now),
            "inventory": self._make_inventory,
            "runs": lambda: runs_section(self._office, self._runs, self._findings.kept, self._now),
        }
        for part in PARTS:
            if self._options.wants(part):
                yield makers[part]()

    def _make_coverage(self) -> Section:
        seen = [event for event in self._inventory.kept if event.event == SEEN]
        found = Found(self._cases, self._nights.copies(), self._synced)
        return coverage_section(self._office, look_at_inventory(self._office, seen), found, self._now)

    def _make_inventory(self) -> Section:
        first, last = self._options.first, self._options.last
        return inventory_section(self._office, self._inventory.kept, first=first, last=last, now=self._now)

    def _make_ledger(self, chain: Chain) -> Section:
        return ledger_section(
            self._office,
            chain,
            self._gathered,
            copies=self._cases.counting(),
            nights=self._nights.copies(),
            reports=self._reports.kept,
        )

    def _make_evidence(self, chain: Chain) -> Section:
        options, sheet = self._options, self._sheet
        # Without the chain, of which only a whole reading knows the end, its last lines tell.
        seed = chain.head.sha256 if options.wants("ledger") else self._office.book.ledger.head().sha256
        told = [*map(say_unproven, self._cases.unproven())]
        told += sheet.remarks(self._cases.resolved()) if sheet else []
        return evidence_section(
            self._office,
            list(self._cases.counting()),
            self._nights.copies(),
            Look(everything=options.everything, read=options.read, seed=seed),
            sheet=[*told, *self._sheet_faults],
            compared=sheet.compared if sheet else 0,
        )
