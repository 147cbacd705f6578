"""How long a store still has room: foreseen from what was measured there day by day, never guessed.

One measurement a store and day is an event of the ledger, ``store.measured`` (``store``, ``free`` in bytes, ``day``).
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from statistics import median

from copias.errors import BackupError
from copias.findings import open_finding
from copias.keeping.files import kept_copies
from copias.local_time import today
from copias.package.texts import say_count

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.ledger import Event
    from copias.office import Office

MEASURED: t.Final = "store.measured"
WINDOW: t.Final = timedelta(days=90)
"""What is older says little of the pace of now."""
LEAST_DAYS: t.Final = 7
"""A trend of fewer days than this is the accident of one copy."""
LEAST_POINTS: t.Final = 4
SOON: t.Final = 60
"""Days before a store is full at which it is a warning: time to buy a disk by a public contract."""


@dataclass(frozen=True)
class Measurement:
    """What a store could still take on a day, in bytes."""

    day: date
    free: int


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is foreseen of a place that keeps copies.

    Args:
        daily: bytes that are filled a day by the trend; ``None`` while too little was measured.
        days_left: until it is full by that trend, 0 when it is; ``None`` when it does not fill, or is not known.
        trouble: why the place could not be asked; empty when it could.
    """

    daily: float | None = None
    days_left: int | None = None
    trouble: str = ""

    @property
    def soon_full(self) -> bool:
        """Tell whether somebody must act now."""
        return self.days_left is not None and self.days_left < SOON

    def warn_of(self, place: str) -> str:
        """Return what somebody should know now of a place of this name, in Spanish; empty for nothing."""
        if self.trouble:
            return f"{place} no se pudo medir: {self.trouble}"
        return f"{place} {self.say_when()}" if self.soon_full else ""

    def say_when(self) -> str:
        """Return when it is full, in Spanish; of one that fills, or is full."""
        return f"se llena en {say_count(self.days_left, 'día')}" if self.days_left else "está lleno, o se llena hoy"

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {**asdict(self), "soon_full": self.soon_full}


@dataclass(frozen=True, kw_only=True)
class Capacity(Room):
    """The room of one store.

    Args:
        store: its logical name.
        free: bytes that copies may still take there, ``None`` when the place does not tell.
        kept: bytes of the packages that lie there, by the ledger.
        copies: how many there are.
    """

    store: str
    free: int | None
    kept: int
    copies: int

    @property
    def warning(self) -> str:
        """Return what somebody should know now, in Spanish; empty for nothing."""
        return self.warn_of(f"El destino {self.store}")


def forecast(measured: Sequence[Measurement]) -> tuple[float | None, int | None]:
    """Return the bytes that are filled a day, and the days until nothing is left.

    The pace is the median of the paces between every two days (Theil and Sen): one night that copied a whole mailbox,
    or a day on which somebody made room, does not bend it.

    Args:
        measured: of one store, in any order; of one day the last counts.

    Returns:
        ``(None, None)`` when too little was measured, ``(pace, None)`` when the store does not fill; ``0`` days when
        nothing is left already, whatever was measured before: what is full does not fill any more.
    """
    points = sorted({one.day: one.free for one in measured}.items())
    full = 0 if points and points[-1][1] == 0 else None
    if points:
        points = [point for point in points if points[-1][0] - point[0] <= WINDOW]
    if len(points) < LEAST_POINTS or points[-1][0] - points[0][0] < timedelta(days=LEAST_DAYS):
        return None, full
    pace = median((before[1] - after[1]) / (after[0] - before[0]).days for before, after in combinations(points, 2))
    if pace <= 0:
        return pace, full
    return pace, int(points[-1][1] / pace)


def list_measurements(events: Iterable[Event]) -> dict[str, list[Measurement]]:
    """Return what was measured of each store, the oldest first."""
    found: dict[str, list[Measurement]] = {}
    for event in events:
        if event.event == MEASURED:
            one = Measurement(date.fromisoformat(event.data["day"]), int(event.data["free"]))
            found.setdefault(event.data["store"], []).append(one)
    return found


def measure_stores(office: Office, names: Sequence[str] = (), *, now: datetime | None = None) -> list[Capacity]:
    """Ask each store for its room and foresee the day on which it is full; nothing is recorded.

    Args:
        office: whose stores.
        names: of some of them; all when empty.
        now: aware time of the measurement.

    Raises:
        BadConfiguration: a name is no store's.
    """
    day = today(now)
    measured = list_measurements(office.book.ledger.events_of({MEASURED}))
    kept = _sum_kept(office)
    return [
        _measure(office, name, measured.get(name, []), kept.get(name, (0, 0)), day) for name in names or _all(office)
    ]


def plan_measurements(
    office: Office, found: Iterable[Capacity], *, now: datetime | None = None
) -> tuple[Capacity, ...]:
    """Return what was not measured yet today, of stores that tell their room."""
    day = today(now)
    known = list_measurements(office.book.ledger.events_of({MEASURED}))
    return tuple(
        one for one in found if one.free is not None and day not in {before.day for before in known.get(one.store, [])}
    )


def record_measurements(office: Office, new: Iterable[Capacity], *, now: datetime | None = None) -> None:
    """Keep measurements as today's; see :func:`plan_measurements`."""
    for one in new:
        office.record(MEASURED, {"store": one.store, "free": one.free, "day": today(now).isoformat()})


def open_findings(office: Office, found: Iterable[Capacity]) -> None:
    """Open a finding for each store that is soon full, which stays open until somebody made room or bought some."""
    for one in found:
        if one.soon_full:
            open_finding(
                office,
                about=one.store,
                what="el destino se llena pronto",
                why=f"{one.say_when()}, por lo que se ha medido cada noche",
                repair=f"amplíe el destino, o reemplácelo: copias store move {one.store} NUEVO",
            )


def _all(office: Office) -> list[str]:
    return sorted(office.deployment.stores)


def _measure(office: Office, name: str, before: list[Measurement], kept: tuple[int, int], day: date) -> Capacity:
    copies, size = kept
    try:
        free = office.open_store(name).free_space()
    except BackupError as error:
        return Capacity(store=name, free=None, kept=size, copies=copies, trouble=f"{error.what}: {error.why}")
    if free is None:
        return Capacity(store=name, free=None, kept=size, copies=copies)
    # Copies stop when this much is left, so this is where "full" is.
    usable = max(0, free - office.deployment.store(name).least_free)
    # What a clock that ran ahead had dated would push all that was measured since out of the window.
    daily, days = forecast([*(one for one in before if one.day <= day), Measurement(day, usable)])
    return Capacity(store=name, free=usable, kept=size, copies=copies, daily=daily, days_left=days)


def _sum_kept(office: Office) -> dict[str, tuple[int, int]]:
    """Return for each store how many packages lie there, and their bytes."""
    found: dict[str, tuple[int, int]] = {}
    for _, record in kept_copies(office):
        copies, size = found.get(record.store, (0, 0))
        found[record.store] = (copies + 1, size + record.bytes)
    return found
