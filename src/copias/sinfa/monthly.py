"""The package that is sealed at each month's end of a database, and kept as long as its record series says.

It holds the newest verified nightly copy of the month, read out of its repository, lies on the database's store like
the package of a case, and is of no case: its events stand under the name of a series (:mod:`copias.case.series`), so
that everything which keeps packages sees it. They are those of a case's copy: ``copy.made``, with ``month``
(``2026-10``) and ``night`` (the copy that it was made from), ``copy.stored``, and ``copy.verified`` with ``level`` and
``dump_sha256``.

A month is sealed in the first night after it. What a night missed, the next one does: a month counts as done once its
package was read back, and never twice. A month of which no nightly copy was verified cannot be sealed, and is told: by
the nights until the next month ends, and by a finding until somebody treats it.
"""

from __future__ import annotations

import time
import typing as t
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from copias.case.evidence import publish_proof
from copias.case.series import monthly_series
from copias.errors import AlreadyRunning, Altered, NotReady
from copias.files import held
from copias.findings import EVENTS as FINDINGS
from copias.findings import list_findings, open_finding
from copias.night.catalogue import EVENTS, list_night_copies
from copias.night.copying import void_altered
from copias.night.day import night_of
from copias.package import ProofLevel
from copias.sinfa.monthly_package import MonthlyPackage
from copias.sinfa.storing import store_package

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.case.story import CopyRecord
    from copias.night.catalogue import NightCopy
    from copias.office import Office

MOST: t.Final = 3
"""Months of a database that one night seals: a policy that begins late has a year of them to catch up with."""
_DONE: t.Final = frozenset({"verified", "removed"})
_PENDING: t.Final = frozenset({"made", "stored"})


@dataclass(frozen=True)
class Month:
    """A month that is to be sealed.

    Args:
        name: ``2026-10``.
        nights: its verified nightly copies, the newest first.
        record: of a package that was begun, else ``None``.
        tries: how many packages of it were made before, which count no more.
    """

    name: str
    nights: tuple[NightCopy, ...]
    record: CopyRecord | None = None
    tries: int = 0


class MonthlyPlan:
    """What sealing the months of one database would do; see :func:`plan_monthly`."""

    def __init__(
        self, office: Office, database: str, now: datetime, *, months: tuple[Month, ...], missing: str
    ) -> None:
        self._office = office
        self._database = database
        self._now = now
        self._missing = missing
        self.months = months

    @property
    def changes(self) -> bool:
        """Tell whether a month is to be sealed."""
        return bool(self.months)

    def run(self) -> None:
        """Seal each month: make its package, read it back from its store, publish it, record it.

        Raises:
            AlreadyRunning: another process seals.
            Altered: no nightly copy of a month is what was stored any more, or the store gave back something else.
            NotReady: nobody authorised it, or the last month has no verified nightly copy.
            StoreFull, StoreUnavailable: nothing that could be taken for a package is left; the next night goes on.
        """
        with _alone(self._office):
            # Looked at again: the one who had the lock may have sealed it.
            for month in list_months(self._office, self._database, self._now)[:MOST]:
                self._seal(month)
        if self._missing:
            raise say_missing(self._database, self._missing)

    def _seal(self, month: Month) -> None:
        begun, book, series = time.monotonic(), self._office.book, monthly_series(self._database)
        record = month.record or self._make(month)
        if record.status == "made":
            store_package(self._office, series, record)
        level = self._level_of(str(record.data["night"]))
        publish_proof(self._office, record, level=level)
        facts = {name: record.data[name] for name in ("copy", "month", "night", "dump_sha256", "tables", "rows")}
        seconds = round(time.monotonic() - begun, 1)
        book.record(series, "copy.verified", {**facts, "level": level.value, "seconds": seconds})

    def _make(self, month: Month) -> CopyRecord:
        """Make the package of the newest copy of the month that its repository still gives back as it was stored."""
        altered: Altered | None = None
        for night in month.nights:
            package = MonthlyPackage(self._office, self._database, month.name, night, tries=month.tries)
            package.prepare()
            try:
                return package.make()
            except Altered as error:
                void_altered(self._office, night, error)
                altered = error
        raise altered or say_missing(self._database, month.name)

    def _level_of(self, night: str) -> ProofLevel:
        """Return how far it is proven: a drill that restored these very bytes proves them, wherever they lie."""
        nights = list_night_copies(self._office.book.ledger.events_of(EVENTS), removed=True)
        restored = any(one.copy == night and one.status == "restored" for one in nights)
        return ProofLevel.RESTORED if restored else ProofLevel.INTACT


def plan_monthly(office: Office, database: str, now: datetime | None = None) -> MonthlyPlan:
    """Return what is to be sealed; reads the ledger and nothing outside, and changes nothing.

    Args:
        office: of this installation.
        database: of the inventory, with nightly copies.
        now: aware.

    Raises:
        NotReady: nothing is to be sealed, and the last month has no verified nightly copy.
    """
    moment = now or datetime.now(UTC)
    months, missing = list_months(office, database, moment), _find_missing(office, database, moment)
    if missing and not months:
        raise say_missing(database, missing)
    return MonthlyPlan(office, database, moment, months=tuple(months[:MOST]), missing=missing)


def list_months(office: Office, database: str, now: datetime) -> list[Month]:
    """Return the months before this one that have verified nightly copies, or a package begun, and none sealed yet."""
    current, found = month_of(now), _verified_by_month(_nights(office, database), now)
    sealed = _packages(office, database)
    wanted = {*found, *(name for name, records in sealed.items() if _pending(records))}
    return [
        Month(
            name,
            tuple(found.get(name, ())),
            _pending(sealed.get(name, ())),
            sum(one.status not in _PENDING for one in sealed.get(name, ())),
        )
        for name in sorted(wanted)
        if name < current and not any(one.status in _DONE for one in sealed.get(name, ()))
    ]


def month_of(moment: datetime) -> str:
    """Return the month of the night that an aware moment is of: what ends after midnight of the last day is of it."""
    return f"{night_of(moment):%Y-%m}"


def say_missing(database: str, month: str) -> NotReady:
    """Return that there is nothing to seal of a month."""
    return NotReady(
        "no hay copia mensual que sellar",
        whose=f"{database}, mes {month}",
        why="ninguna copia nocturna de ese mes se hizo y se releyó, o ya no está en su repositorio",
        repair="pida una copia de ese mes al proveedor o a quien la tenga, y regístrela con un caso; revise las noches",
    )


def tell_missing(office: Office, database: str, now: datetime | None = None) -> None:
    """Open a finding for each month that nothing seals any more, once each: the nights after tell of the last alone.

    Of months before the first package nothing is said: then nobody had asked for any.
    """
    moment = now or datetime.now(UTC)
    known = {(one.about, one.what) for one in list_findings(office.book.ledger.events_of(FINDINGS), treated=True)}
    for month in _list_missing(office, database, moment):
        what, why = f"el mes {month} no tiene copia mensual", say_missing(database, month)
        if (database, what) not in known:
            open_finding(office, about=database, what=what, why=why.why, repair=why.repair)


def _find_missing(office: Office, database: str, now: datetime) -> str:
    """Return the last month, when it is sealed by nothing and cannot be; empty when it is, or nights began after it."""
    last = _before(month_of(now))
    return last if last in _list_missing(office, database, now) else ""


def _list_missing(office: Office, database: str, now: datetime) -> list[str]:
    """Return the months, since the first that has a package, that are sealed by nothing and cannot be."""
    nights, packages, month = _nights(office, database), _packages(office, database), _before(month_of(now))
    sealed = {name for name, records in packages.items() if any(one.status in {*_DONE, *_PENDING} for one in records)}
    covered, first = sealed | set(_verified_by_month(nights, now)), min([*packages, month])
    begun = min((month_of(_moment(copy)) for copy in nights), default="")
    found: list[str] = []
    while month >= first:
        if month not in covered and (month in packages or (begun and begun <= month)):
            found.append(month)
        month = _before(month)
    return found[::-1]


def _before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def _nights(office: Office, database: str) -> list[NightCopy]:
    return list_night_copies(office.book.ledger.events_of(EVENTS), database=database, removed=True)


def _moment(copy: NightCopy) -> datetime:
    return datetime.fromisoformat(copy.started)


def _verified_by_month(nights: Sequence[NightCopy], now: datetime) -> dict[str, list[NightCopy]]:
    found: dict[str, list[NightCopy]] = {}
    for copy in reversed(nights):
        if copy.verified and not copy.is_future(now):
            found.setdefault(month_of(_moment(copy)), []).append(copy)
    return found


def _packages(office: Office, database: str) -> dict[str, list[CopyRecord]]:
    found: dict[str, list[CopyRecord]] = {}
    for record in office.book.story(monthly_series(database)).copies:
        found.setdefault(str(record.data["month"]), []).append(record)
    return found


def _pending(records: Sequence[CopyRecord]) -> CopyRecord | None:
    return next((one for one in records if one.status in _PENDING), None)


def _alone(office: Office) -> AbstractContextManager[None]:
    busy = AlreadyRunning("ya se están sellando las copias del mes", repair="espere a que termine")
    return held(office.deployment.state / "monthly.lock", busy=busy)
