"""The schedule of nightly copies, as restic applies it: for the future, which restic does not have yet.

Of each of the last n days, weeks, months and years *that have a copy* the last copy stays; the rules are added, not
subtracted. Days without copies do not count, so an outage ages nothing. While a rule has places left, the oldest copy
of all takes one, which makes the history as long as it can be.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from copias.retention.settings import Schedule

Period: t.TypeAlias = t.Literal["daily", "weekly", "monthly", "yearly"]
PERIODS: t.Final[tuple[Period, ...]] = ("daily", "weekly", "monthly", "yearly")
PERIOD_WORDS: t.Final[dict[Period, str]] = {
    "daily": "diaria",
    "weekly": "semanal",
    "monthly": "mensual",
    "yearly": "anual",
}


@dataclass(frozen=True)
class Dated:
    """A copy and its moment, in the offset by which its day is reckoned."""

    name: str
    moment: datetime


def apply_schedule(copies: Iterable[Dated], schedule: Schedule) -> dict[str, tuple[Period, ...]]:
    """Return the names that stay, each with the rules that keep it; what is not in the answer may go."""
    newest_first = sorted(copies, key=lambda copy: copy.moment, reverse=True)
    kept: dict[str, tuple[Period, ...]] = {}
    for period in PERIODS:
        for name in _keep(newest_first, getattr(schedule, period), _BUCKETS[period]):
            kept[name] = (*kept.get(name, ()), period)
    return kept


def _keep(newest_first: list[Dated], places: int, bucket: Callable[[datetime], tuple[int, ...]]) -> Iterable[str]:
    last: tuple[int, ...] | None = None
    for copy in newest_first:
        if not places:
            return
        found = bucket(copy.moment)
        if found != last or copy is newest_first[-1]:
            last = found
            places -= 1
            yield copy.name


_BUCKETS: t.Final[dict[Period, Callable[[datetime], tuple[int, ...]]]] = {
    "daily": lambda moment: (moment.year, moment.month, moment.day),
    "weekly": lambda moment: tuple(moment.isocalendar()[:2]),
    "monthly": lambda moment: (moment.year, moment.month),
    "yearly": lambda moment: (moment.year,),
}
