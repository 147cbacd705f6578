"""The snapshots of a repository: listed, planned for removal by restic itself, and removed by their ids."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, fields
from datetime import datetime

import orjson

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copias.repository.repository import Repository

GROUPS: t.Final = "host,paths"
"""Never by tags: with a ``run=`` tag each snapshot would be a group of its own, and nothing would ever be removed."""
SECONDS: t.Final = 3600.0
_PASSED_OVER: t.Final = re.compile(r'Ignoring "([0-9a-f]{64})"', re.ASCII)
"""How restic says that it could not load a snapshot; it goes on without it, and ends well."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One snapshot.

    Args:
        id: restic's full id.
        time: by the clock of the machine that made it, in the offset in which restic reckons its day.
        host: what it was made for, not a machine: a database's name.
        paths: what it holds.
        tags: ``run=…``, ``engine=…``.
        bytes: of what was read; 0 when the snapshot does not tell.
    """

    id: str
    time: datetime
    host: str
    paths: tuple[str, ...]
    tags: tuple[str, ...]
    bytes: int

    @property
    def run(self) -> str:
        """Return the name of the nightly copy that it was made as; empty when it is none."""
        return next((tag.removeprefix("run=") for tag in self.tags if tag.startswith("run=")), "")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How many snapshots of a group are kept, in restic's own words; 0 is none by that rule. Rules are OR-ed."""

    last: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: str = ""
    """Keep all of this long before the newest one, as ``7d``."""

    def options(self) -> list[str]:
        """Return restic's options."""
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [f"--keep-{name}={value}" for name, value in given if value]


@dataclass(frozen=True)
class Group:
    """What restic would do with the snapshots of one host and path."""

    host: str
    paths: tuple[str, ...]
    keep: tuple[Snapshot, ...]
    remove: tuple[Snapshot, ...]
    reasons: dict[str, tuple[str, ...]]
    """For each id that is kept, the rules that keep it."""


@dataclass(frozen=True)
class ForgetPlan:
    """A plan, and the very answer of restic that it was read from: the evidence.

    ``unreadable`` are the ids of snapshots that are there and that restic could not load: it planned without them.
    """

    groups: tuple[Group, ...]
    evidence: bytes
    unreadable: frozenset[str] = frozenset()


def list_snapshots(repository: Repository) -> tuple[Snapshot, ...]:
    """Return all snapshots that can be read, the oldest first."""
    return find_snapshots(repository)[0]


def find_snapshots(repository: Repository) -> tuple[tuple[Snapshot, ...], frozenset[str]]:
    """Return the snapshots that can be read, the oldest first, and the ids of those that are there and cannot."""
    unreadable: set[str] = set()
    answer = repository.run(
        ["snapshots"], doing="leer la lista de copias", hear=_note_unreadable(unreadable), seconds=SECONDS
    )
    readable = sorted(map(_snapshot, orjson.loads(answer)), key=lambda one: (one.time, one.id))
    return tuple(readable), frozenset(unreadable)


def _note_unreadable(found: set[str]) -> Callable[[str], None]:
    return lambda complaints: found.update(_PASSED_OVER.findall(complaints))


def forget_plan(repository: Repository, policy: Policy) -> ForgetPlan:
    """Ask restic what a policy would remove; nothing is removed, and an empty policy plans nothing."""
    command = ["forget", "--dry-run", f"--group-by={GROUPS}", *policy.options()]
    if not policy.options():
        return ForgetPlan((), b"[]")
    # Of a repository without snapshots it says nothing at all.
    unreadable: set[str] = set()
    hear = _note_unreadable(unreadable)
    answer = repository.run(command, doing="planear la retención", hear=hear, seconds=SECONDS) or b"[]"
    return ForgetPlan(tuple(map(_group, orjson.loads(answer) or [])), answer, frozenset(unreadable))


def forget(repository: Repository, ids: Sequence[str]) -> None:
    """Remove snapshots by their full ids; what only they hold stays until :func:`prune`.

    Raises:
        Incomplete: the server did not let some be removed, as one that only appends.
        BadConfiguration: this way in only appends; open the repository for maintenance.
    """
    for first in range(0, len(ids), 500):  # an argument list has a limit
        repository.run(["forget", *ids[first : first + 500]], doing="quitar copias", seconds=SECONDS)


def prune(repository: Repository) -> None:
    """Free the room of what no snapshot holds any more; call it only after a clean ``check``."""
    limit = repository.settings.time_limit.total_seconds()
    repository.run(["prune"], doing="liberar el espacio de las copias quitadas", seconds=limit)


def _snapshot(entry: dict[str, t.Any]) -> Snapshot:
    return Snapshot(
        id=entry["id"],
        time=datetime.fromisoformat(entry["time"]),  # its nanoseconds are cut off; the offset says which day it is of
        host=entry.get("hostname", ""),
        paths=tuple(entry.get("paths") or ()),
        tags=tuple(entry.get("tags") or ()),
        bytes=int((entry.get("summary") or {}).get("total_bytes_processed", 0)),
    )


def _group(entry: dict[str, t.Any]) -> Group:
    return Group(
        host=entry.get("host") or "",
        paths=tuple(entry.get("paths") or ()),
        keep=tuple(map(_snapshot, entry.get("keep") or ())),
        remove=tuple(map(_snapshot, entry.get("remove") or ())),
        reasons={one["snapshot"]["id"]: tuple(one.get("matches") or ()) for one in entry.get("reasons") or ()},
    )
