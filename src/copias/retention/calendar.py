"""The calendar of what will be kept: a picture that prints, and the same in words for who cannot see it.

A row is a year, a column a month, and a mark a copy on its day. The stronger the rule that keeps it, the taller the
mark, so that it is read without colours too. The same plan makes the same bytes.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from copias.retention.pages import render

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from copias.retention.expiry import PackagePlan
    from copias.retention.settings import RetentionSettings
    from copias.retention.simulation import Forecast, Kept

MONTHS: t.Final = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
RULES: t.Final = ("anual", "mensual", "semanal", "diaria", "piso")
"""The strongest first; *piso* is what no rule keeps, but a floor: a hold, the least copies."""
_LEFT: t.Final = 48
_TOP: t.Final = 24
_MONTH: t.Final = 80
_ROW: t.Final = 36
_HEIGHTS: t.Final = {"anual": 30, "mensual": 23, "semanal": 16, "diaria": 9, "piso": 30}
_DAYS: t.Final = 31


@dataclass(frozen=True)
class Mark:
    """One copy in the picture, in pixels."""

    x: float
    y: int
    height: int
    rule: str
    title: str


@dataclass(frozen=True)
class Picture:
    """The calendar of one database on one day."""

    database: str
    repository: str
    years: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...]
    width: int
    height: int
    summary: str


def rule_of(kept: Kept) -> str:
    """Return the strongest rule that keeps a copy."""
    return next((rule for rule in RULES if rule in kept.periods), "piso")


def count_rules(kept: Sequence[Kept]) -> dict[str, int]:
    """Return how many copies each rule keeps, each copy counted once, by the strongest."""
    found = Counter(map(rule_of, kept))
    return {rule: found[rule] for rule in RULES}


def draw(forecast: Forecast) -> Picture:
    """Draw what is kept on the last day that was foreseen."""
    last, kept = forecast.days[-1]
    first = min((one.day.year for one in kept), default=last.year)
    years = tuple((year, _TOP + _ROW * place) for place, year in enumerate(range(first, last.year + 1)))
    tops = dict(years)
    return Picture(
        database=forecast.database,
        repository=forecast.repository,
        years=years,
        marks=tuple(_mark(one, tops[one.day.year]) for one in kept),
        width=_LEFT + _MONTH * len(MONTHS),
        height=_TOP + _ROW * len(years),
        summary=f"{len(kept)} copias: " + ", ".join(f"{count} {rule}" for rule, count in count_rules(kept).items()),
    )


def render_calendar(
    forecasts: Sequence[Forecast],
    packages: PackagePlan,
    settings: RetentionSettings,
    *,
    entity: str,
    until: date,
) -> bytes:
    """Return the page."""
    return render(
        "calendar.html.j2",
        entity=entity,
        until=until,
        today=packages.day,
        schedule=str(settings.nights),
        pictures=[draw(forecast) for forecast in forecasts],
        tables=[
            (forecast, [(day, count_rules(kept), len(kept)) for day, kept in forecast.days]) for forecast in forecasts
        ],
        last={(one.repository, one.database): one.last for one in forecasts},
        packages=packages,
        rules=RULES,
        rule_of=rule_of,
        months=[(name, _LEFT + _MONTH * place) for place, name in enumerate(MONTHS)],
        left=_LEFT,
        row=_ROW,
    )


def _mark(one: Kept, top: int) -> Mark:
    rule = rule_of(one)
    x = _LEFT + _MONTH * (one.day.month - 1) + _MONTH * (one.day.day - 1) / _DAYS
    height = _HEIGHTS[rule]
    reasons = ", ".join((*one.periods, *one.floors))
    return Mark(round(x, 1), top + _ROW - 3 - height, height, rule, f"{one.day:%d/%m/%Y}: {reasons}")
