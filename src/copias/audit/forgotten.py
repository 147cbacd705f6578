"""What the audit would pass over because nobody names it any more: it must not be green for want of a question."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from copias.audit.model import Remark
from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from copias.config import Deployment
    from copias.night.catalogue import NightCopy

CLAUSE: t.Final = "backup.coverage"
LATELY: t.Final = timedelta(days=90)
"""How long after its last night a database that nobody names any more is told."""


def say_forgotten(deployment: Deployment, nights: Iterable[NightCopy], now: datetime) -> Iterator[Remark]:
    """Tell the databases that nights copied lately and nobody names any more, and a file that names nothing.

    Args:
        deployment: of this installation.
        nights: the nightly copies that count, the oldest first.
        now: aware.
    """
    last = {one.database: one for one in nights if one.database not in deployment.databases}
    for name, copy in sorted(last.items()):
        if now - copy.finished_at < LATELY:
            yield Remark(
                severity="yellow",
                what="las noches la copiaban y ya no está en copias.yml",
                whose=f"Base {name}",
                why=f"su última copia nocturna es del {format_moment(copy.finished)}",
                repair="si se retiró, registre la revisión con `copias audit inventory --review`; si no, devuélvala a "
                "databases de copias.yml",
                clause=CLAUSE,
            )
    if not deployment.databases and deployment.mailboxes is None:
        yield Remark(
            severity="yellow",
            what="copias.yml no dice que se copie nada",
            why="no tiene databases ni mailboxes: que nada falte no prueba nada",
            repair="agréguelos a copias.yml",
            clause=CLAUSE,
        )
