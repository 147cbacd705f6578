"""The packages that are sealed at each month's end of a database: each month that had a copy must have one, proven."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from copias.audit.model import Remark
from copias.case.series import monthly_series
from copias.night.steps import list_monthly
from copias.sinfa.monthly import month_of

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.audit.case_fold import CaseFold
    from copias.config import Deployment
    from copias.night.catalogue import NightCopy

CLAUSE: t.Final = "retention"
GRACE: t.Final = timedelta(days=3)
"""How long the nights of a new month have to seal the one before it."""
_DONE: t.Final = frozenset({"verified", "removed"})


def say_monthly(deployment: Deployment, cases: CaseFold, nights: list[NightCopy], now: datetime) -> Iterator[Remark]:
    """Tell the months that are over and have no proven package, although nights copied the database by then.

    Args:
        deployment: of this installation.
        cases: the copies of the ledger, those of series too.
        nights: the nightly copies that count.
        now: aware.
    """
    last = _last_month(now - GRACE)
    for name in list_monthly(deployment):
        series = monthly_series(name)
        sealed = {copy.month for copy in cases.copies.values() if copy.case == series and copy.status in _DONE}
        copied = {month_of(datetime.fromisoformat(one.started)) for one in nights if one.database == name}
        # The last one also when no copy of it was made or is left, once there had been any before it.
        begun = {last} if any(month < last for month in copied | sealed) else set[str]()
        for month in sorted(month for month in copied | begun if month <= last and month not in sealed):
            yield Remark(
                severity="red",
                what="un mes que terminó no tiene su copia sellada",
                whose=f"Base {name}, mes {month}",
                why="la política la pide (monthly_package), y no hay un paquete leído de vuelta",
                repair="copias nightly --only monthly; si no hay copia de ese mes, pídala y regístrela con un caso",
                clause=CLAUSE,
            )


def _last_month(now: datetime) -> str:
    """Return the month before the one that a moment is of."""
    year, number = map(int, month_of(now).split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"
