"""The cases of a ledger, folded in one pass: their copies, and by whose leave mailboxes are copied; little of each.

:mod:`copias.case.story` tells all of one case; of a hundred thousand that would take minutes and gigabytes.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from sys import intern

import orjson

from copias.case.states import State
from copias.case.story import SPOILT, CopyRecord, Story
from copias.ledger import Event

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.audit.ledger_pass import Entry

_STATES: t.Final = {
    "case.started": State.IN_PROGRESS,
    "case.held": State.ON_HOLD,
    "case.resumed": State.ASSIGNED,
    "case.reopened": State.ASSIGNED,
    "case.cancelled": State.CANCELLED,
    "case.resolved": State.RESOLVED,
}
"""What is enough to tell whether a case is open; how far an open one is, its story tells."""
_STATUSES: t.Final = {
    "copy.stored": "stored",
    "copy.verified": "verified",
    "copy.voided": "void",
    SPOILT: "spoilt",
    "copy.removed": "removed",
}


@dataclass(slots=True)
class CaseCopy:
    """One copy of a case. Not frozen: one object for all events of it.

    Args:
        case: number of its case.
        copy: its id.
        kind: ``mailbox``, ``sinfa`` and so on.
        subject: account or database.
        finished: ISO 8601, UTC.
        store: logical name.
        package: its name there.
        size: bytes of its first file.
        sha256: of the same, 32 bytes.
        status: as in :class:`copias.case.story.CopyRecord`.
        level: of its proof; empty before.
        month: that a sealed package of a database is of, ``2026-10``; empty for a case's copy.
        series: record series.
        promised: calendar years that the series had of its own then; 0 when it had none.
        owner: Google's id of the account of a mailbox; empty where nobody told it.
    """

    case: str
    copy: str
    kind: str
    subject: str
    finished: str
    store: str
    package: str
    size: int
    sha256: bytes
    status: str = "made"
    level: str = ""
    month: str = ""
    series: str = ""
    promised: int = 0
    owner: str = ""

    @property
    def counts(self) -> bool:
        """Tell whether it lies on its store and nothing is known against it."""
        return self.status in {"stored", "verified"}

    @property
    def verified(self) -> bool:
        """Tell whether it was proven."""
        return self.status == "verified"

    def to_record(self) -> CopyRecord:
        """Return it as the case's story knows it, as far as its files go."""
        data = {"copy": self.copy, "package": self.package, "store": self.store, "bytes": self.size}
        return CopyRecord(self.copy, {**data, "sha256": self.sha256.hex()}, self.status)


@dataclass(slots=True)
class _Case:
    state: State = State.REGISTERED
    decided: tuple[str, str] = ("", "")
    """Kind and subject as last classified."""
    grant: str = ""
    granted_for: tuple[str, str] | None = None
    started: str = ""
    started_for: tuple[str, str] = ("", "")


@dataclass
class CaseFold:
    """Takes the events of cases; see :class:`copias.audit.ledger_pass.Fold`."""

    copies: dict[str, CaseCopy] = field(default_factory=dict)
    """By id, voided ones left out."""
    cases: dict[str, _Case] = field(default_factory=dict)

    @property
    def events(self) -> frozenset[str]:
        """Return the names of the events that it wants."""
        return frozenset({*_STATES, *_STATUSES, "copy.made", "copy.moved", "case.classified", "case.authorised"})

    def take(self, entry: Entry) -> None:
        """Take one event."""
        name, data, number = entry["event"], entry["data"], entry["case"]
        if name == "copy.made":
            self.copies[data["copy"]] = _read_copy(number, data)
        elif name.startswith("copy."):
            self._change(name, data)
        else:
            self._tell(self.cases.setdefault(number, _Case()), name, data)

    def counting(self) -> Iterator[CaseCopy]:
        """Yield the copies that count, in the order in which they were made."""
        return (copy for copy in self.copies.values() if copy.counts)

    def resolved(self) -> Iterator[CaseCopy]:
        """Yield the proven copies of cases that were resolved."""
        for copy in self.counting():
            case = self.cases.get(copy.case)
            if copy.verified and case is not None and case.state is State.RESOLVED:
                yield copy

    def unproven(self) -> Iterator[str]:
        """Yield the numbers of the resolved cases of which no proven copy exists, nor was one removed by the rules."""
        kept = {copy.case for copy in self.copies.values() if copy.status in {"verified", "removed"}}
        for number, case in self.cases.items():
            kind = (case.decided if case.decided[0] else case.started_for)[0]
            if case.state is State.RESOLVED and kind != "recovery" and number not in kept:
                yield number

    def open_stories(self) -> Iterator[Story]:
        """Yield what is needed of each open mailbox case to tell whether it allows a mirror."""
        for number, case in self.cases.items():
            if case.state in {State.RESOLVED, State.CANCELLED}:
                continue
            kind, subject = case.decided if case.decided[0] else case.started_for
            if kind != "mailbox":
                continue
            of = case.granted_for
            yield Story(
                number,
                state=case.state,
                classification={"kind": kind, "subject": subject},
                authorisation=orjson.loads(case.grant) if case.grant else None,
                authorised_for={"kind": of[0], "subject": of[1]} if of else None,
                events=_started_events(number, case),
            )

    def _change(self, name: str, data: dict[str, t.Any]) -> None:
        copy = self.copies.get(data["copy"])
        if copy is None:
            return
        if name == "copy.moved":
            copy.store = intern(str(data["store"]))
            return
        copy.status = _STATUSES[name]
        if name == "copy.verified":
            copy.level = intern(str(data.get("level", "")))
        elif name == "copy.voided":
            del self.copies[data["copy"]]

    def _tell(self, case: _Case, name: str, data: dict[str, t.Any]) -> None:
        case.state = _STATES.get(name, case.state)
        if name == "case.classified":
            case.decided = _scope(data)
        elif name == "case.authorised":
            of = data.get("of")
            case.grant = _dump({key: value for key, value in data.items() if key != "of"})
            case.granted_for = _scope(of) if of else None
        elif name == "case.started":
            case.started_for = _scope(data)
            grant = _dump(data.get("authorisation"))
            case.started = case.grant if grant == case.grant else grant


def _read_copy(number: str, data: dict[str, t.Any]) -> CaseCopy:
    return CaseCopy(
        case=number,
        copy=str(data["copy"]),
        kind=intern(str(data["kind"])),
        subject=intern(str(data["subject"])),
        finished=str(data["finished"]),
        store=intern(str(data["store"])),
        package=str(data["package"]),
        size=int(data["bytes"]),
        sha256=bytes.fromhex(str(data["sha256"])),
        month=intern(str(data.get("month", ""))),
        series=intern(str(data.get("record_series", ""))),
        promised=int(data.get("series_years", 0)),
        owner=intern(str(data.get("owner", ""))),
    )


def _scope(data: dict[str, t.Any]) -> tuple[str, str]:
    return intern(str(data.get("kind") or "")), intern(str(data.get("subject") or ""))


def _dump(data: t.Any) -> str:
    # No bytes: orjson's own hold their buffer of four kilobytes. Most cases repeat one authorisation word for word.
    return intern(orjson.dumps(data).decode()) if data else ""


def _started_events(number: str, case: _Case) -> tuple[Event, ...]:
    if not case.started:
        return ()
    kind, subject = case.started_for
    data = {"kind": kind, "subject": subject, "authorisation": orjson.loads(case.started)}
    return (Event(0, "", "case.started", number, None, {}, data, ""),)
