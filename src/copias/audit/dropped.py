"""Record series that vanished from the deployment's file while packages of them lie on the stores."""

from __future__ import annotations

import typing as t

from copias.audit.model import Remark
from copias.retention.dropped import REPAIR, list_dropped

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.audit.case_fold import CaseFold
    from copias.config import Deployment

CLAUSE: t.Final = "retention"


def say_dropped(deployment: Deployment, cases: CaseFold) -> Iterator[Remark]:
    """Tell the series whose packages were promised more years than the deployment gives them now.

    Args:
        deployment: of this installation.
        cases: the packages, those of cases and those of a month.
    """
    # A spoilt package is kept, and its years are those of any other.
    kept = (copy for copy in cases.copies.values() if copy.counts or copy.status == "spoilt")
    for one in list_dropped(kept, deployment.retention):
        yield Remark(
            severity="yellow",
            what="perdió el tiempo de conservación con que se hicieron sus paquetes",
            whose=f"Serie {one.series}",
            why=str(one),
            repair=REPAIR,
            clause=CLAUSE,
        )
