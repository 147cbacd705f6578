"""The sealed packages of all cases, as retention sees them: read in one pass, 100,000 of them in little memory.

It reads the same events as :mod:`copias.case.story`, and of each copy only what decides how long it stays. Whatever is
about to be removed is looked up in the case's whole story first.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import date, datetime
from sys import intern

from copias.local_time import day_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable

MADE: t.Final = "copy.made"
REMOVED: t.Final = "copy.removed"
_STATUSES: t.Final = {
    MADE: "made",
    "copy.stored": "stored",
    "copy.verified": "verified",
    "copy.voided": "void",
    "copy.spoilt": "spoilt",
    REMOVED: "removed",
}
MOVED: t.Final = "copy.moved"
EVENTS: t.Final = frozenset({*_STATUSES, MOVED})


@dataclass(slots=True)
class Package:
    """One sealed package. Not frozen, so that one object is enough for all events of it; nobody changes it once read.

    Args:
        case: number of its case.
        copy: its id.
        kind: ``mailbox``, ``sinfa`` and so on.
        subject: account or database.
        series: record series, as the deployment named it then.
        day: on which it was made, in Colombia.
        size: bytes of its first file.
        sha256: of the same, 32 bytes.
        store: logical name.
        status: as in :class:`copias.case.story.CopyRecord`.
        promised: calendar years that its series had of its own then; 0 when it had none.
    """

    case: str
    copy: str
    kind: str
    subject: str
    series: str
    day: date
    size: int
    sha256: bytes
    store: str
    status: str
    promised: int = 0

    @property
    def is_kept(self) -> bool:
        """Tell whether it lies on its store, published."""
        return self.status in {"stored", "verified", "spoilt"}

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "case": self.case,
            "copy": self.copy,
            "kind": self.kind,
            "subject": self.subject,
            "series": self.series,
            "day": self.day.isoformat(),
            "bytes": self.size,
            "sha256": self.sha256.hex(),
            "store": self.store,
            "status": self.status,
        }


def read_packages(entries: Iterable[dict[str, t.Any]]) -> list[Package]:
    """Return the packages that lie on their stores, in the order in which they were made.

    Args:
        entries: of the ledger, as :meth:`copias.ledger.Ledger.data_of` yields them; those of :data:`EVENTS`.
    """
    found: dict[str, Package] = {}
    for entry in entries:
        name, data = entry["event"], entry["data"]
        if name == MADE:
            package = _read(entry["case"], data)
            found[package.copy] = package
        elif (known := found.get(data.get("copy", ""))) is not None:
            if name == MOVED:
                known.store = intern(str(data["store"]))
            else:
                known.status = _STATUSES[name]
    return [package for package in found.values() if package.is_kept]


def _read(case: str, data: dict[str, t.Any]) -> Package:
    return Package(
        case=case,
        copy=str(data["copy"]),
        kind=intern(str(data["kind"])),
        subject=intern(str(data["subject"])),
        series=intern(str(data.get("record_series", ""))),
        day=_day(str(data["finished"])),
        size=int(data["bytes"]),
        sha256=bytes.fromhex(str(data["sha256"])),
        store=intern(str(data["store"])),
        status="made",
        promised=int(data.get("series_years", 0)),
    )


def _day(text: str) -> date:
    return day_of(datetime.fromisoformat(text))
