"""What the retention of nightly copies is told, and what it decides."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from copias.night.catalogue import NightCopy
    from copias.repository.snapshots import Snapshot
    from copias.retention.holds import Holds
    from copias.retention.settings import RetentionSettings, Schedule


STATE: t.Final = "estado de copias"
"""Stands for a database where the copies are of this installation's own state; no database can have such a name."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is to become of one snapshot.

    Args:
        snapshot: its full id.
        copy: id of the nightly copy that it is, or belongs to.
        database: of the same.
        moment: of the snapshot, in its own offset.
        bytes: of the dump; 0 of what only accompanies it.
        verified: the copy was read back at least.
        periods: rules of the schedule that keep it.
        floors: what keeps it beside the schedule, each a sentence in Spanish.
        why: of one that goes, in Spanish; empty of one that stays.
    """

    snapshot: str
    copy: str
    database: str
    moment: datetime
    bytes: int = 0
    verified: bool = False
    periods: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()
    why: str = ""

    @property
    def stays(self) -> bool:
        """Tell whether it is kept."""
        return not self.why

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "copy": self.copy,
            "database": self.database,
            "snapshot": self.snapshot,
            "moment": self.moment.isoformat(),
            "bytes": self.bytes,
            "verified": self.verified,
            "stays": self.stays,
            "periods": list(self.periods),
            "floors": list(self.floors),
            "why": self.why,
        }


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why nothing is removed: of one database, or, with ``database`` empty, of the whole repository."""

    database: str = ""
    why: str
    repair: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return plain data."""
        return {"database": self.database, "why": self.why, "repair": self.repair}


@dataclass(frozen=True, kw_only=True)
class NightPlan:
    """What retention would do in one repository.

    Args:
        repository: its logical name.
        decisions: one for each snapshot of a copy that the ledger knows, the oldest first.
        refusals: why nothing of a database, or of all, is removed.
        vanished: copies that the ledger has and the repository has not.
        strangers: snapshots that no copy in the ledger accounts for; they are never touched.
    """

    repository: str
    decisions: tuple[Decision, ...]
    refusals: tuple[Refusal, ...] = ()
    vanished: tuple[NightCopy, ...] = ()
    strangers: tuple[Snapshot, ...] = ()

    @property
    def removals(self) -> tuple[Decision, ...]:
        """Return what goes; nothing of what was refused."""
        return tuple(decision for decision in self.decisions if not decision.stays)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "repository": self.repository,
            "decisions": [decision.to_dict() for decision in self.decisions],
            "refusals": [refusal.to_dict() for refusal in self.refusals],
            "vanished": [copy.copy for copy in self.vanished],
            "strangers": [snapshot.id for snapshot in self.strangers],
            "removals": len(self.removals),
        }


@dataclass(frozen=True, kw_only=True)
class NightFacts:
    """What a plan is made from.

    Args:
        repository: its logical name.
        copies: of that repository by the ledger, void and removed ones too.
        snapshots: that it has.
        kept: ids of those that restic's own schedule keeps.
        unreadable: ids of others that it has, and that restic could not load.
        holds: of the installation.
        now: by this machine's clock, aware.
        ledger_time: of the newest event of the ledger.
        most: removals that are allowed at once; by default what the settings say.
        to_free: room of an earlier removal is still to be freed, and may be.
        unexplained: copies are gone without a plan, and nobody has treated that finding: no room is freed.
        in_question: names of copies, and of other things, with a finding that nobody treated yet.
        schedules: of the databases whose policy has one of its own; of the others that of the settings counts.
    """

    repository: str
    copies: Sequence[NightCopy]
    snapshots: Sequence[Snapshot]
    kept: frozenset[str]
    holds: Holds
    now: datetime
    ledger_time: datetime | None = None
    most: int | None = None
    to_free: bool = False
    unexplained: bool = False
    in_question: frozenset[str] = frozenset()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()

    @property
    def unread(self) -> tuple[NightCopy, ...]:
        """Return the copies that count and whose snapshot is there, and cannot be read."""
        return tuple(copy for copy in self.copies if copy.exists and copy.snapshot in self.unreadable)

    def schedule_of(self, database: str, settings: RetentionSettings) -> Schedule:
        """Return how many copies of a database stay."""
        return self.schedules.get(database, settings.nights)


Pair: t.TypeAlias = "tuple[NightCopy, Snapshot]"


@dataclass
class SortedOut:
    """The snapshots of a repository, each beside the copy that it is or belongs to."""

    copies: dict[str, list[Pair]] = field(default_factory=lambda: defaultdict(list))
    """By database, the oldest first."""
    dead: list[Pair] = field(default_factory=list)
    """Of copies that count no more."""
    companions: list[Pair] = field(default_factory=list)
    """Stored beside a copy, with its name in a tag."""
    strangers: list[Snapshot] = field(default_factory=list)
    vanished: list[NightCopy] = field(default_factory=list)


def sort_out(facts: NightFacts) -> SortedOut:
    """Match what the repository has with what the ledger says."""
    found = SortedOut()
    by_snapshot = {copy.snapshot: copy for copy in facts.copies}
    by_name = {copy.copy: copy for copy in facts.copies}
    for snapshot in facts.snapshots:
        if (copy := by_snapshot.get(snapshot.id)) is not None:
            (found.copies[copy.database] if copy.exists else found.dead).append((copy, snapshot))
        elif (copy := _find_owner(snapshot, by_name)) is not None:
            found.companions.append((copy, snapshot))
        else:
            found.strangers.append(snapshot)
    for pairs in found.copies.values():
        pairs.sort(key=lambda pair: (pair[1].time, pair[0].copy))
    present = {snapshot.id for snapshot in facts.snapshots} | facts.unreadable
    found.vanished = [copy for copy in facts.copies if copy.exists and copy.snapshot not in present]
    return found


def _find_owner(snapshot: Snapshot, copies: Mapping[str, NightCopy]) -> NightCopy | None:
    return copies.get(snapshot.run)
