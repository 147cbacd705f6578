"""The drills of an installation, derived from its ledger.

Events, all of the installation: ``drill.passed`` and ``drill.failed`` have the fields of :class:`Drill`;
``drill.certified`` is a provider's certificate that a copy of theirs was restored.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time

from copias.local_time import BOGOTA

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from copias.ledger import Event

PASSED: t.Final = "drill.passed"
FAILED: t.Final = "drill.failed"
CERTIFIED: t.Final = "drill.certified"
RECOVERY: t.Final = ("fetch", "start", "restore")
"""Phases that a recovery has too; what follows is for the proof alone."""

Outcome: t.TypeAlias = t.Literal["passed", "failed", "certified"]


@dataclass(frozen=True, kw_only=True)
class Drill:
    """One drill of one database.

    Args:
        database: of the inventory.
        copy: that was restored; empty where a certificate does not say.
        source: ``night``, ``case``, or ``provider`` of a certificate.
        place: logical name of the store or repository that it came from.
        outcome: ``passed``, ``failed`` or ``certified``.
        engine: and version of the server that it was restored into.
        version: of that server.
        confinement: what kept it from the rest of the machine.
        tables: that were compared.
        rows: of these.
        bytes: of the dump.
        seconds: of each phase: ``fetch``, ``start``, ``restore``, ``compare``, ``check``.
        problems: what differs, in Spanish.
        checks: what the questions to the restored database found.
        when: ISO 8601, UTC.
        by: name of the person or account.
    """

    database: str
    copy: str = ""
    source: str = ""
    place: str = ""
    outcome: Outcome
    engine: str = ""
    version: str = ""
    confinement: str = ""
    tables: int = 0
    rows: int = 0
    bytes: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    checks: tuple[Mapping[str, str], ...] = ()
    when: str = ""
    by: str = ""

    @property
    def recovery_seconds(self) -> float | None:
        """Return how long it takes to have the database back; nothing where it was not measured."""
        if not all(phase in self.seconds for phase in RECOVERY):
            return None
        return round(sum(self.seconds[phase] for phase in RECOVERY), 1)

    def age(self, now: datetime | None = None) -> int:
        """Return how many days ago it was."""
        return ((now or datetime.now(UTC)) - datetime.fromisoformat(self.when)).days

    def to_event(self) -> dict[str, t.Any]:
        """Return the data of its event; who did it and when are the event's own."""
        data = asdict(self)
        for name in ("outcome", "when", "by"):
            del data[name]
        return {**data, "recovery_seconds": self.recovery_seconds}

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return {**asdict(self), "recovery_seconds": self.recovery_seconds, "age_days": self.age() if self.when else 0}


_OUTCOMES: t.Final[Mapping[str, Outcome]] = {PASSED: "passed", FAILED: "failed", CERTIFIED: "certified"}
_KNOWN: t.Final = frozenset(one.name for one in fields(Drill)) - {"outcome", "when", "by"}


def list_drills(events: Iterable[Event], *, database: str | None = None) -> list[Drill]:
    """Return the drills and the providers' certificates, the oldest first; of one database only if asked so."""
    found = (_read(event) for event in events if event.event in _OUTCOMES)
    # A certificate may be recorded long after its day, and after drills that are younger.
    return sorted((drill for drill in found if database in {None, drill.database}), key=_moment_of)


def last_drills(events: Iterable[Event], databases: Iterable[str]) -> dict[str, Drill | None]:
    """Return the last drill of each database that was not a failure; nothing where there never was one."""
    last: dict[str, Drill | None] = dict.fromkeys(databases)
    for drill in list_drills(events):
        if drill.database in last and drill.outcome != "failed":
            last[drill.database] = drill
    return last


def _read(event: Event) -> Drill:
    # Of a later version's event, or a certificate's, what is not known here is passed over.
    known = {name: value for name, value in event.data.items() if name in _KNOWN}
    for name in ("problems", "checks"):
        known[name] = tuple(known.get(name, ()))
    by = str(event.actor.get("name", ""))
    day = str(event.data.get("date", "")) if event.event == CERTIFIED else ""
    # Of a certificate counts the day of the restore: it does not get younger by being recorded late.
    when = datetime.combine(date.fromisoformat(day), time(), BOGOTA).isoformat() if day else event.time
    return Drill(**{"database": "", **known}, outcome=_OUTCOMES[event.event], when=when, by=by)


def _moment_of(drill: Drill) -> datetime:
    return datetime.fromisoformat(drill.when)
