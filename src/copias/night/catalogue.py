"""The nightly copies, derived from the ledger whenever they are asked for.

Events, all of the installation and of no case:

============== =====================================================================================
``night.made``     a dump is in its repository; the data are the fields of :class:`NightCopy`
``night.verified`` ``copy``, ``level`` (``read`` from the repository, or ``restored`` and compared), times
``night.voided``   ``copy``, ``why``: it counts as no copy, though a snapshot may still be there
``night.removed``  ``copy``, ``why``: its snapshot was removed by the policy of retention
============== =====================================================================================
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.ledger import Event

MADE: t.Final = "night.made"
VERIFIED: t.Final = "night.verified"
VOIDED: t.Final = "night.voided"
REMOVED: t.Final = "night.removed"
EVENTS: t.Final = frozenset({MADE, VERIFIED, VOIDED, REMOVED})
CLOCKS: t.Final = timedelta(minutes=5)
"""What two clocks may differ by: a copy that ends further in the future than this was dated by a wrong one."""

Status: t.TypeAlias = t.Literal["made", "read", "restored", "void", "removed"]


@dataclass(frozen=True, kw_only=True)
class NightCopy:
    """One dump of one database in one repository.

    Args:
        copy: its own name, ``noche-hacienda-20261126T050000Z``, and that of its folder in the state's ``copies``.
        database: of the inventory.
        repository: logical name of the repository.
        snapshot: restic's full id of it.
        path: of the dump within the snapshot, ``/hacienda.dump``.
        bytes: size of the dump.
        sha256: of the dump.
        tables: how many it has.
        rows: of all tables.
        started: ISO 8601, UTC.
        finished: ISO 8601, UTC; the moment by which it ages.
        status: ``made``, then ``read`` back, then ``restored`` and compared; or ``void`` or ``removed``.
        verified_at: ISO 8601, UTC, of its last verification; empty before.
    """

    copy: str
    database: str
    repository: str
    snapshot: str
    path: str
    bytes: int
    sha256: str
    tables: int
    rows: int
    started: str
    finished: str
    status: Status = "made"
    verified_at: str = ""

    @property
    def finished_at(self) -> datetime:
        """Return the moment by which it ages, UTC."""
        return datetime.fromisoformat(self.finished).astimezone(UTC)

    def is_future(self, now: datetime) -> bool:
        """Tell whether a wrong clock dated it: it must not keep tonight's copy from being made."""
        return self.finished_at > now + CLOCKS

    @property
    def exists(self) -> bool:
        """Tell whether it counts as a copy."""
        return self.status in {"made", "read", "restored"}

    @property
    def verified(self) -> bool:
        """Tell whether it was read back from its repository, at least."""
        return self.status in {"read", "restored"}

    def to_event(self) -> dict[str, t.Any]:
        """Return the data of its ``night.made``."""
        data = asdict(self)
        del data["status"], data["verified_at"]
        return data

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for ``--json``."""
        return asdict(self)


_FIELDS: t.Final = frozenset(field.name for field in fields(NightCopy)) - {"status", "verified_at"}


def name_copy(database: str, moment: datetime, events: Iterable[Event]) -> str:
    """Return a name for a copy that begins at ``moment``, in UTC: that second, or the next that no event tells of.

    A second copy within a second, or after the clock was set back, would else pass for the one that has the name.
    """
    taken = {event.data.get("copy") for event in events}
    while (name := f"noche-{database}-{moment:%Y%m%dT%H%M%SZ}") in taken:
        moment += timedelta(seconds=1)
    return name


def list_night_copies(
    events: Iterable[Event], *, database: str | None = None, removed: bool = False
) -> list[NightCopy]:
    """Return the nightly copies, the oldest first.

    Args:
        events: of the ledger, in its order.
        database: of this one only.
        removed: also those that are void or were removed.
    """
    found: dict[str, NightCopy] = {}
    for event in events:
        if event.event == MADE:
            known = {name: value for name, value in event.data.items() if name in _FIELDS}
            found[event.data["copy"]] = NightCopy(**known)
        elif event.event in _CHANGES and event.data.get("copy") in found:
            name = event.data["copy"]
            found[name] = _CHANGES[event.event](found[name], event)
    wanted = (copy for copy in found.values() if database in {None, copy.database} and (removed or copy.exists))
    return sorted(wanted, key=lambda copy: (copy.finished, copy.copy))


def _verify(copy: NightCopy, event: Event) -> NightCopy:
    # A copy that was restored once is not less proven because it was only read since.
    status: Status = "restored" if "restored" in {copy.status, event.data["level"]} else "read"
    return replace(copy, status=status, verified_at=event.time) if copy.exists else copy


_CHANGES: t.Final[dict[str, t.Callable[[NightCopy, Event], NightCopy]]] = {
    VERIFIED: _verify,
    VOIDED: lambda copy, _: replace(copy, status="void"),
    REMOVED: lambda copy, _: replace(copy, status="removed"),
}
