"""How something is judged that must be copied: the age of its newest verified copy against its policy."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from copias.audit.model import Remark
from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from copias.audit.case_fold import CaseFold
    from copias.audit.event_fold import SyncedFold
    from copias.night.catalogue import NightCopy
    from copias.office import Office
    from copias.policies import Policy

CLAUSE: t.Final = "backup.coverage"
AGE: t.Final = "backup.age"
GOOD: t.Final = "al día"
"""Verdict of what is copied as its policy says."""


@dataclass(frozen=True)
class Found:
    """What the pass over the ledger found, for this part.

    Args:
        cases: the cases and their copies.
        nights: the nightly copies that count, the oldest first.
        synced: what the ledger says of the mirrors.
    """

    cases: CaseFold
    nights: list[NightCopy]
    synced: SyncedFold


@dataclass(frozen=True)
class Last:
    """The newest verified copy of something: its moment, where it is from, and Google's id of a mailbox's account."""

    moment: datetime
    source: str
    owner: str = ""

    def is_of(self, owner: str) -> bool:
        """Tell whether it is of the account of an id, as far as both are known: an address may change hands."""
        return owner in {"", self.owner} or not self.owner


@dataclass
class Judge:
    """Puts rows and remarks together."""

    office: Office
    now: datetime
    rows: list[dict[str, t.Any]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def limit_of(self, policy: Policy) -> timedelta:
        """Return how old a copy may be: the night in which it falls due may take its whole time to come to it."""
        return policy.every + self.office.deployment.night.time_limit

    def add(
        self, kind: str, name: str, department: str, verdict: str, last: Last | None, policy: Policy | None = None
    ) -> None:
        """Add a row."""
        age = (self.now - last.moment).total_seconds() / 3600 if last else None
        self.rows.append(
            {
                "kind": kind,
                "name": name,
                "department": department,
                "verdict": verdict,
                "last": last.moment.isoformat(timespec="seconds") if last else "",
                "source": last.source if last else "",
                "age_hours": round(age, 1) if age is not None else None,
                "limit_hours": policy.every.total_seconds() / 3600 if policy else None,
            }
        )

    def judge(self, kind: str, name: str, department: str, last: Last | None, policy: Policy, repair: str) -> None:
        """Add the row of something that must have a young verified copy, and a red remark if it has none."""
        if last is None:
            verdict, why = "SIN COPIA", "no hay ninguna copia verificada"
        elif self.now - last.moment > self.limit_of(policy):
            verdict, why = "VENCIDA", f"la última verificada es del {format_moment(last.moment.isoformat())}"
        else:
            self.add(kind, name, department, GOOD, last, policy)
            return
        self.add(kind, name, department, verdict, last, policy)
        what = "no tiene copia verificada" if last is None else "su copia verificada es más vieja de lo permitido"
        clause = CLAUSE if last is None else AGE
        self.remarks.append(
            Remark(severity="red", what=what, whose=f"{kind} {name}", why=why, repair=repair, clause=clause)
        )


def newest_of(one: Last | None, other: Last | None) -> Last | None:
    """Return the newer of two copies, of which there may be none."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda last: last.moment)
