"""What the audit would pass over because nobody names it any more: it must not be green for want of a question."""

from __future__ import annotations

import typing as t

from copias.audit.model import Remark
from copias.night.left_out import WHAT, list_left_out, say_why

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from copias.config import Deployment
    from copias.night.catalogue import NightCopy

CLAUSE: t.Final = "backup.coverage"


def say_forgotten(deployment: Deployment, nights: Iterable[NightCopy], now: datetime) -> Iterator[Remark]:
    """Tell the databases that nights copied lately and nobody names any more, and a file that names nothing.

    Args:
        deployment: of this installation.
        nights: the nightly copies that count, the oldest first.
        now: aware.
    """
    for name, copy in list_left_out(deployment, nights, now).items():
        yield Remark(
            severity="yellow",
            what=WHAT,
            whose=f"Base {name}",
            why=say_why(deployment, name, copy),
            repair="si se retiró, registre la revisión con `copias audit inventory --review …`; si no, devuélvala a "
            "databases de copias.yml, con su repository",
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
