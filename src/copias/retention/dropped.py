"""Record series that lost their own time: packages were made under it, and now only the years of their kind are left.

A line that vanishes from ``retention.series`` changes nothing that anybody sees for years, and then packages that were
to stay for 80 of them are on a list after five. What was promised is in the ledger with each of them.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import asdict, dataclass

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.retention.settings import RetentionSettings

REPAIR: t.Final = "devuélvala a retention.series de copias.yml con sus años; si cambiaron, con los nuevos"


class Promised(t.Protocol):
    """What has a time of its own: a package, or a copy as the audit sees it."""

    @property
    def kind(self) -> str:
        """``mailbox``, ``sinfa`` and so on."""

    @property
    def series(self) -> str:
        """Record series."""

    @property
    def promised(self) -> int:
        """Calendar years that its series had of its own when it was made; 0 when it had none."""


@dataclass(frozen=True, slots=True)
class DroppedSeries:
    """A record series that is shorter than it was promised, because nobody names it any more.

    Args:
        series: its name.
        kind: of its packages.
        promised: years that it had; the most of any package.
        years: those of the kind, which are left.
        count: of the packages.
    """

    series: str
    kind: str
    promised: int
    years: int
    count: int

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.count} de {self.kind} se hicieron con {self.promised} años, y sin la serie en retention.series "
            f"quedan los {self.years} de su tipo"
        )


def is_dropped(package: Promised, settings: RetentionSettings) -> bool:
    """Tell whether the series of a package had more years than are left now that nobody names it."""
    if not package.promised or settings.own_years(package.series) is not None:
        return False
    return package.promised > settings.years.get(package.kind, package.promised)


def list_dropped(packages: Iterable[Promised], settings: RetentionSettings) -> tuple[DroppedSeries, ...]:
    """Return the series that lost their time, by name and kind."""
    counts: Counter[tuple[str, str]] = Counter()
    promised: dict[tuple[str, str], int] = {}
    for package in packages:
        if is_dropped(package, settings):
            key = (package.series, package.kind)
            counts[key] += 1
            promised[key] = max(package.promised, promised.get(key, 0))
    return tuple(
        DroppedSeries(series, kind, promised[series, kind], settings.years[kind], count)
        for (series, kind), count in sorted(counts.items())
    )
