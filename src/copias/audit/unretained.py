"""Repositories that only append: no night removes what their policy lets go, so a person has to, and is reminded."""

from __future__ import annotations

import typing as t
from collections import Counter

from copias.audit.model import Remark
from copias.night.steps import list_unretained

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.config import Deployment
    from copias.night.catalogue import NightCopy

CLAUSE: t.Final = "retention"
SLACK: t.Final = 31
"""Copies more than the policy can keep that are no neglect: who comes once a month finds them."""


def say_unretained(deployment: Deployment, nights: Iterable[NightCopy]) -> Iterator[Remark]:
    """Tell the databases of which far more nightly copies lie in such a repository than their policy can ever keep.

    Args:
        deployment: of this installation.
        nights: the nightly copies that count.
    """
    names = frozenset(list_unretained(deployment))
    counts = Counter((one.repository, one.database) for one in nights if one.repository in names)
    schedules = deployment.night_schedules
    for (repository, database), count in sorted(counts.items()):
        kept = schedules.get(database, deployment.retention.nights)
        most = kept.daily + kept.weekly + kept.monthly + kept.yearly
        if count > most + SLACK:
            yield Remark(
                severity="yellow",
                what="nadie le aplica la retención: las noches no pueden, porque solo agrega",
                whose=f"Repositorio {repository}",
                why=f"guarda {count} copias nocturnas de {database}, y su política conserva {most} a lo sumo",
                repair=f"copias retention apply {repository}, con una cuenta que pueda leer su maintenance",
                clause=CLAUSE,
            )
