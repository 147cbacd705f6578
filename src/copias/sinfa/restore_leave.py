"""Who allows a database to be restored: a standing authorisation, or that of a recovery case."""

from __future__ import annotations

import typing as t

from copias.case.book import check_number
from copias.case.intake import find_authorisation, in_force
from copias.case.states import State
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.office import Office
    from copias.sinfa.settings import DatabaseSettings
    from copias.sinfa.sources import SinfaCopy

CLOSED: t.Final = frozenset({State.CANCELLED, State.ON_HOLD, State.RESOLVED})
"""Of a case whose authorisation counts no more."""


def require_leave(office: Office, copy: SinfaCopy, settings: DatabaseSettings, case: str) -> None:
    """Raise unless a recovery case, or without one the database's standing authorisation, allows a restore.

    Raises:
        NotReady: nobody authorised it, or not any more; or the case is not of recovery of this database.
        BadInput: that is no number of a case.
    """
    leave = _find_grant(office, copy, case) if case else settings.authorisation
    if leave is None or not in_force(leave):
        act = "registre el acto que la autoriza en authorisation de esa base de datos, en copias.yml"
        raise NotReady(
            "la restauración no está autorizada",
            whose=f"caso {case}" if case else copy.database,
            why="no hay autorización" if leave is None else f"venció el {leave.until:%d/%m/%Y}",
            repair=f"copias authorise {case} --name … --post … --document … --motive …"
            if case
            else f"{act}; o autorice un caso de recuperación y dé su número con --case",
        )


def _find_grant(office: Office, copy: SinfaCopy, case: str) -> Authorisation | None:
    """Return what was recorded for this database in a recovery case, as the ledger has it.

    Raises:
        NotReady: the case is no recovery of this database, or it is closed.
        BadInput: that is no number of a case.
    """
    story, whose = office.book.story(check_number(case)), f"caso {case}"
    decided = story.classification or {}
    if (decided.get("kind"), decided.get("subject")) != ("recovery", copy.database):
        raise NotReady(
            "el caso no es de recuperación de esa base de datos",
            whose=whose,
            repair=f"copias classify {case} --kind recovery --subject {copy.database}",
        )
    if story.state in CLOSED:
        raise NotReady("el caso no está en curso", whose=whose, repair=f"copias show {case}")
    return find_authorisation(story.grant_for("recovery", copy.database), None)
