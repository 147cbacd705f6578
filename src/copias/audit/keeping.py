"""The audit on schedule: its page and its figures stay in the installation's reports, and red ones are mailed.

Files ``auditoria.html`` and ``auditoria.json`` of the folder ``reports``; event of the installation ``audit.kept``
(``says``: SHA-256 of what was found, whatever the hour; ``red``, ``yellow``: how many; ``html``, ``json``: SHA-256 of
the files), only when what was found is not what the last one said.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from copias.audit.inventory import SnapshotPlan, last_of
from copias.audit.pages import render_audit
from copias.audit.whole import AuditOptions, make_audit
from copias.errors import BackupError
from copias.files import make_private_directory, write_atomically
from copias.letters import QUEUED, Draft, queue_letter
from copias.local_time import BOGOTA
from copias.night.telling import summary_recipients
from copias.package.texts import say_count
from copias.people import Role

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.audit.model import AuditReport, Remark, Section
    from copias.office import Office

KEPT: t.Final = "audit.kept"
MOST_TOLD: t.Final = 20
"""Red remarks that a letter tells; the page has all."""
_AGES: t.Final = frozenset({"age_hours", "age_days"})


class AuditPlan:
    """The audit of now, and whether it says anything else than the one that is kept.

    Args:
        office: of this installation.
        now: the present; another one in tests only.

    Raises:
        NotAllowed: the role of who asks does not include it.
        BadConfiguration: a file of the deployment cannot be read.
    """

    def __init__(self, office: Office, *, now: datetime | None = None) -> None:
        office.actor.require(Role.AGENT, "guardar la auditoría")
        self._office = office
        self._now = now or datetime.now(UTC)
        self.report = make_audit(office, AuditOptions(), now=self._now)
        self._says = hashlib.sha256(to_findings(self.report)).hexdigest()
        self._last = last_of(office.book.ledger.events_of({KEPT}), KEPT)
        self._recipients = summary_recipients(office)

    @property
    def page(self) -> Path:
        """Return where the page is."""
        return self._office.deployment.reports / "auditoria.html"

    @property
    def figures(self) -> Path:
        """Return where the same is for programs."""
        return self._office.deployment.reports / "auditoria.json"

    @property
    def before(self) -> str:
        """Return what the kept audit came to, in Spanish; empty before the first."""
        return say_counts(self._last.data["red"], self._last.data["yellow"]) if self._last else ""

    @property
    def after(self) -> str:
        """Return what this audit comes to, in Spanish."""
        return say_counts(self.report.count("red"), self.report.count("yellow"))

    @property
    def changes(self) -> bool:
        """Tell whether the kept page is not what is found now, was changed, or somebody is to be told of red today."""
        return not self._is_kept() or self._is_to_be_told()

    def run(self) -> None:
        """Queue the letter, write the files, and at last the event that vouches for them: a cut leaves all to do."""
        if self._is_to_be_told():
            queue_letter(self._office, self._letter, write_letter(self._office, self.report), to=self._recipients)
        if self._is_kept():
            return
        files = {self.page: render_audit(self.report), self.figures: to_figures(self.report)}
        make_private_directory(self.page.parent)
        for path, content in files.items():
            write_atomically(path, content)
        sums = {path.suffix[1:]: hashlib.sha256(content).hexdigest() for path, content in files.items()}
        counts = {"red": self.report.count("red"), "yellow": self.report.count("yellow")}
        self._office.record(KEPT, {"says": self._says, **counts, **sums})

    @property
    def _letter(self) -> str:
        return f"auditoria-{self._now.astimezone(BOGOTA):%Y%m%d}"

    def _is_kept(self) -> bool:
        if self._last is None or self._last.data["says"] != self._says:
            return False
        return all(_sum(path) == self._last.data[path.suffix[1:]] for path in (self.page, self.figures))

    def _is_to_be_told(self) -> bool:
        if not self.report.count("red") or not self._recipients:
            return False
        queued = self._office.book.ledger.events_of({QUEUED})
        return not any(event.data["key"].startswith(f"{self._letter}.") for event in queued)


@dataclass(frozen=True)
class Kept:
    """What came of keeping an audit: the plan that was run, what it changed, and why no snapshot could be taken."""

    plan: AuditPlan
    changed: bool
    trouble: BackupError | None


def keep_audit(office: Office, *, check: bool = False) -> Kept:
    """Take a snapshot of the inventory if that changed, then keep the audit; with ``check`` change nothing.

    A Directory that does not answer leaves the page, which says so, and is returned.

    Raises:
        NotAllowed, BadConfiguration: as :class:`AuditPlan`.
    """
    office.actor.require(Role.AGENT, "guardar la auditoría")
    trouble, changed = None, False
    try:
        snapshot = SnapshotPlan(office)
        changed = snapshot.changes
        if changed and not check:
            snapshot.run()
    except BackupError as error:
        trouble = error
    plan = AuditPlan(office)
    differs = plan.changes
    if differs and not check:
        plan.run()
    return Kept(plan, changed or differs, trouble)


def to_findings(report: AuditReport) -> bytes:
    """Return what an audit found, the same bytes at whatever hour it is made and however long the ledger is."""
    found = [
        {
            "part": section.part,
            "remarks": [remark.to_dict() for remark in section.remarks],
            "rows": list(_steady_rows(section)),
        }
        for section in report.sections
    ]
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS)


def to_figures(report: AuditReport) -> bytes:
    """Return an audit for programs, as ``copias audit --json`` prints it."""
    return orjson.dumps(report.to_dict(), option=orjson.OPT_INDENT_2)


def write_letter(office: Office, report: AuditReport) -> Draft:
    """Return the letter of an audit with something red: what, whose, and what to do, the first of them."""
    red = [remark for section in report.sections for remark in section.remarks if remark.severity == "red"]
    called = office.deployment.night.whom_to_call
    lines = [
        report.entity,
        "",
        f"La auditoría de las copias dejó {say_counts(len(red), report.count('yellow'))}.",
        "",
        *(line for remark in red[:MOST_TOLD] for line in _tell(remark)),
        *([f"… y {len(red) - MOST_TOLD} más."] if len(red) > MOST_TOLD else []),
        *([f"Llamar a: {called}"] if called else []),
        f"Testigo de la bitácora: {report.head}",
        "Todo está en `copias audit`, y en auditoria.html, de la carpeta reports del estado.",
    ]
    return Draft(f"[copias] Auditoría: {len(red)} en rojo", "\n".join(lines) + "\n")


def say_counts(red: int, yellow: int) -> str:
    """Return how an audit came out, in Spanish."""
    return f"{red} en rojo, {say_count(yellow, 'aviso')}" if red or yellow else "todo en orden"


def _tell(remark: Remark) -> list[str]:
    parts = (("Por qué", remark.why), ("Qué hacer", remark.repair))
    whose = f"{remark.whose}: " if remark.whose else ""
    return [f"ROJO: {whose}{remark.what}", *(f"  {label}: {text}" for label, text in parts if text), ""]


def _steady_rows(section: Section) -> Iterator[dict[str, t.Any]]:
    """Yield the rows of a part without what every event of the ledger, or every hour, changes."""
    for row in section.rows:
        counted = section.part == "ledger"  # how many lines there are
        drawn = section.part == "evidence" and row["verdict"] == "bien"  # which of many were looked at this time
        if not (counted or drawn):
            yield {key: value for key, value in row.items() if key not in _AGES}


def _sum(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
