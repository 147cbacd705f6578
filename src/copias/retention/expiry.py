"""Which sealed packages are past their time, and which of those stay all the same.

The time of a package is that of its record series, in calendar years from the day on which it was made: one of
26 November 2021 with five years is kept to the end of 26 November 2026. Nothing is removed by this alone.
"""

from __future__ import annotations

import hashlib
import typing as t
from collections import Counter
from dataclasses import dataclass
from datetime import date

from copias.findings import OPENED, TREATED, list_findings
from copias.ledger import Event
from copias.package.canonical import to_canonical
from copias.retention.dropped import DroppedSeries, is_dropped, list_dropped
from copias.retention.holds import HELD, RELEASED, read_holds
from copias.retention.packages import EVENTS, Package, read_packages

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from copias.office import Office
    from copias.retention.holds import Holds
    from copias.retention.settings import RetentionSettings

SHORT: t.Final = 12
"""Digits of a list's code that people read and type."""


@dataclass(frozen=True, slots=True)
class Expired:
    """A package past its time.

    Args:
        package: which.
        years: that its series is kept.
        last_day: on which it had to be there.
        floors: what keeps it all the same, each a sentence in Spanish; empty when it may go.
    """

    package: Package
    years: int
    last_day: date
    floors: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {**self.package.to_dict(), "years": self.years, "last_day": self.last_day.isoformat()}


@dataclass(frozen=True, kw_only=True)
class PackagePlan:
    """The sealed packages on a day.

    Args:
        day: in Colombia.
        kept: how many are within their time.
        removable: those that may go once two people approved it, by name.
        protected: those past their time that stay.
        unscheduled: kinds and series that nobody gave a time, each with how many packages; they never expire.
        by_year: how many of those within their time reach their last day in each year.
        dropped: series that had more years when their packages were made; before those are over none of them goes.
    """

    day: date
    kept: int
    removable: tuple[Expired, ...]
    protected: tuple[Expired, ...]
    unscheduled: tuple[tuple[str, int], ...]
    by_year: tuple[tuple[int, int], ...]
    dropped: tuple[DroppedSeries, ...] = ()

    @property
    def code(self) -> str:
        """Return what names exactly this list; empty when there is nothing on it."""
        return code_of([one.to_dict() for one in self.removable]) if self.removable else ""

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "day": self.day.isoformat(),
            "kept": self.kept,
            "list": self.code,
            "removable": [one.to_dict() for one in self.removable],
            "protected": [{**one.to_dict(), "floors": list(one.floors)} for one in self.protected],
            "unscheduled": dict(self.unscheduled),
            "by_year": {str(year): count for year, count in self.by_year},
            "dropped": [one.to_dict() for one in self.dropped],
        }


def code_of(entries: Sequence[dict[str, t.Any]]) -> str:
    """Return the SHA-256 of a list, in hexadecimal: of which copies, with which sums."""
    return hashlib.sha256(to_canonical(list(entries))).hexdigest()


def plan_office(office: Office, day: date, *, told: Told | None = None) -> PackagePlan:
    """Plan the packages of an installation by its ledger, or by what was read of it; nothing is asked of any store."""
    known = told or read_ledger(office, {HELD, RELEASED, OPENED, TREATED})
    doubted = {finding.about for finding in list_findings(known.events)}
    deployment = office.deployment
    return plan_packages(
        known.packages,
        read_holds(known.events),
        deployment.retention,
        day,
        doubted=doubted,
        stores=deployment.stores.keys(),
    )


@dataclass(frozen=True)
class Told:
    """What one pass over the ledger tells retention: of 100,000 packages each pass takes a second.

    Args:
        packages: that lie on their stores.
        events: of the other names that were asked for, in their order.
    """

    packages: list[Package]
    events: list[Event]


def read_ledger(office: Office, names: Set[str]) -> Told:
    """Read the ledger once: the packages, and the events of these names."""
    said: list[Event] = []

    def set_aside(entries: Iterable[dict[str, t.Any]]) -> Iterable[dict[str, t.Any]]:
        for entry in entries:
            if entry["event"] in names:
                said.append(Event(**entry))
            else:
                yield entry

    packages = read_packages(set_aside(office.book.ledger.data_of({*EVENTS, *names})))
    return Told(packages, said)


def plan_packages(
    packages: Iterable[Package],
    holds: Holds,
    settings: RetentionSettings,
    day: date,
    *,
    doubted: Set[str] = frozenset(),
    stores: Set[str] | None = None,
) -> PackagePlan:
    """Find the packages past their time, and what keeps some of them.

    Args:
        packages: that lie on their stores.
        holds: of the installation.
        settings: how long each series is kept.
        day: of the plan.
        doubted: names of copies, and of other things, with a finding that nobody treated yet.
        stores: names of those of the deployment; any when not given.
    """
    found = list(packages)
    newest = _find_newest(found, doubted)
    removable: list[Expired] = []
    protected: list[Expired] = []
    kept = 0
    unscheduled: Counter[str] = Counter()
    by_year: Counter[int] = Counter()
    for package in found:
        years = settings.years_of(kind=package.kind, series=package.series)
        if years is None:
            unscheduled[f"{package.kind}: {package.series}"] += 1
            continue
        last_day = add_years(package.day, years)
        if day <= last_day:
            kept += 1
            by_year[last_day.year] += 1
            continue
        floors = (*_find_floors(package, newest, holds, doubted), *_find_gaps(package, settings, day, stores))
        (protected if floors else removable).append(Expired(package, years, last_day, floors))
    return PackagePlan(
        day=day,
        kept=kept,
        removable=tuple(sorted(removable, key=lambda one: one.package.copy)),
        protected=tuple(sorted(protected, key=lambda one: one.package.copy)),
        unscheduled=tuple(sorted(unscheduled.items())),
        by_year=tuple(sorted(by_year.items())),
        dropped=list_dropped(found, settings),
    )


def add_years(day: date, years: int) -> date:
    """Return the same day so many calendar years later; of 29 February, 1 March where there is none: never too soon."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _find_gaps(package: Package, settings: RetentionSettings, day: date, stores: Set[str] | None) -> Iterable[str]:
    """Yield what the deployment's file does not say any more of a package, and so keeps it."""
    if stores is not None and package.store not in stores:
        # On a list it would keep all others of that list from going.
        yield f"su destino, {package.store}, no está en copias.yml"
    if is_dropped(package, settings) and day <= add_years(package.day, package.promised):
        yield f"su serie ya no está en retention.series y se hizo con {package.promised} años"


def _find_newest(packages: Iterable[Package], doubted: Set[str]) -> dict[tuple[str, str], Package]:
    """Return the newest proven package of each kind and subject, or the newest of all where none is proven."""

    def rank(package: Package) -> tuple[bool, bool, bool, date]:
        # One that cannot be read, or was found altered, is the last to be kept in the place of another.
        sound = package.copy not in doubted
        return package.status == "verified" and sound, package.status != "spoilt", sound, package.day

    newest: dict[tuple[str, str], Package] = {}
    for package in packages:
        key = (package.kind, package.subject)
        other = newest.get(key)
        if other is None or rank(package) >= rank(other):
            newest[key] = package
    return newest


def _find_floors(
    package: Package, newest: dict[tuple[str, str], Package], holds: Holds, doubted: Set[str]
) -> Iterable[str]:
    if newest[package.kind, package.subject] is package:
        word = "probada" if package.status == "verified" else "que hay"
        yield f"es la copia {word} más nueva de {package.subject}"
    if (hold := holds.find(copy=package.copy, subject=package.subject)) is not None:
        yield f"está retenida: {hold}"
    if package.copy in doubted:
        yield "tiene un hallazgo abierto"
