"""What an audit says, as plain values: sections of rows, and remarks on what is not as it should be."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import asdict, dataclass, field

from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.errors import BackupError

Severity: t.TypeAlias = t.Literal["red", "yellow"]
"""Red: the procedure is not met. Yellow: somebody should look, or a thing could not be looked at."""
Form: t.TypeAlias = t.Literal["text", "moment", "hours", "seconds", "number"]
PARTS: t.Final = ("coverage", "ledger", "evidence", "drills", "inventory", "runs")
MOST_ALIKE: t.Final = 200
"""Remarks of one kind that a section tells one by one; more are counted in one of their own."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One line of an audit that is not green.

    Args:
        severity: red or yellow.
        what: what is wrong, one sentence in Spanish.
        whose: the account, database, copy, run or line that it is about.
        why: the cause, as far as it is known.
        repair: what to do.
        clause: of the standard or procedure, by its name in :mod:`copias.standards`.
    """

    severity: Severity
    what: str
    whose: str = ""
    why: str = ""
    repair: str = ""
    clause: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return plain data, with the clause's text."""
        return {**asdict(self), "clause": say_clause(self.clause)}


@dataclass(frozen=True)
class Column:
    """A column of a section's table: key in the rows, heading, and how its values are said."""

    key: str
    heading: str
    form: Form = "text"

    def say(self, row: Mapping[str, t.Any]) -> str:
        """Return a row's value for people."""
        return say_value(row.get(self.key), self.form)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of an audit.

    Args:
        part: of :data:`PARTS`.
        title: in Spanish.
        summary: label and value of its figures, in Spanish.
        columns: of its table.
        rows: plain data, moments in ISO 8601, UTC.
        remarks: what is not green, red first.
        facts: further plain data for ``--json``.
    """

    part: str
    title: str
    summary: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[dict[str, t.Any], ...] = ()
    remarks: tuple[Remark, ...] = ()
    facts: Mapping[str, t.Any] = field(default_factory=dict)

    def count(self, severity: Severity) -> int:
        """Return how many remarks there are of a severity."""
        return sum(remark.severity == severity for remark in self.remarks)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {
            **self.facts,
            "part": self.part,
            "red": self.count("red"),
            "yellow": self.count("yellow"),
            "summary": dict(self.summary),
            "remarks": [remark.to_dict() for remark in self.remarks],
            "rows": list(self.rows),
        }


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """A whole audit.

    Args:
        entity: whose installation.
        made_at: ISO 8601, UTC.
        made_by: name of the person.
        head: of the ledger that was read, ``COUNT:SHA256``.
        sections: in the order of :data:`PARTS`.
    """

    entity: str
    made_at: str
    made_by: str
    head: str
    sections: tuple[Section, ...]

    def count(self, severity: Severity) -> int:
        """Return how many remarks there are of a severity."""
        return sum(section.count(severity) for section in self.sections)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``: each section under the name of its part."""
        return {
            "entity": self.entity,
            "made_at": self.made_at,
            "made_by": self.made_by,
            "head": self.head,
            "red": self.count("red"),
            "yellow": self.count("yellow"),
            **{section.part: section.to_dict() for section in self.sections},
        }


def put_in_order(remarks: t.Iterable[Remark]) -> tuple[Remark, ...]:
    """Return remarks, the red ones first; of very many that say the same, the first, and how many more there are."""
    told: Counter[tuple[Severity, str]] = Counter()
    first: dict[tuple[Severity, str], Remark] = {}
    kept: list[Remark] = []
    for remark in remarks:
        kind: tuple[Severity, str] = (remark.severity, remark.what)
        told[kind] += 1
        first.setdefault(kind, remark)
        if told[kind] <= MOST_ALIKE:
            kept.append(remark)
    for kind, count in told.items():
        if count > MOST_ALIKE:
            one = first[kind]
            more = f"{count - MOST_ALIKE} más como las anteriores"
            kept.append(Remark(severity=one.severity, what=one.what, whose=more, repair=one.repair, clause=one.clause))
    return tuple(sorted(kept, key=lambda remark: remark.severity != "red"))


def remark_of(error: BackupError, severity: Severity, *, clause: str = "", whose: str = "") -> Remark:
    """Return what an error of the package says, as a remark."""
    return Remark(
        severity=severity,
        what=error.what,
        whose=whose or error.whose,
        why=error.why,
        repair=error.repair,
        clause=clause,
    )


def say_value(value: t.Any, form: Form) -> str:
    """Return a value of a row for people."""
    if value is None or value == "":
        return ""
    if form == "moment":
        return format_moment(str(value))
    if form == "hours":
        return f"{value / 24:.0f} días" if value >= 72 else f"{value:.0f} h"
    if form == "seconds":
        return _say_seconds(float(value))
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0").replace(".", ",")
    return "sí" if value is True else "no" if value is False else str(value)


def say_clause(name: str) -> str:
    """Return the text of a clause by its name; empty without a name."""
    if not name:
        return ""
    from copias.standards import clause

    return clause(name)


def _say_seconds(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
