"""Databases that nights copied lately and that none copies any more: a line that is gone from a file fails nowhere.

Each opens a finding, once, which the summaries tell until nights copy it again or a person says what became of it.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from copias.findings import EVENTS as FINDINGS
from copias.findings import Found, list_findings, open_all, treat_all
from copias.night.catalogue import EVENTS, list_night_copies
from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.config import Deployment
    from copias.night.catalogue import NightCopy
    from copias.office import Office

LATELY: t.Final = timedelta(days=90)
"""How long after its last night a database that no night copies any more is told."""
WHAT: t.Final = "las noches la copiaban y ya no la copian"


def list_left_out(deployment: Deployment, nights: Iterable[NightCopy], now: datetime) -> dict[str, NightCopy]:
    """Return the newest copy of each such database, by its name.

    Args:
        deployment: of this installation.
        nights: the nightly copies that count, the oldest first.
        now: aware.
    """
    last = {one.database: one for one in nights if not is_asked_for(deployment, one.database)}
    return {name: copy for name, copy in sorted(last.items()) if now - copy.finished_at < LATELY}


def is_asked_for(deployment: Deployment, name: str) -> bool:
    """Tell whether nights copy a database, or a policy says that they must, so that the audit tells of its age."""
    database = deployment.databases.get(name)
    if database is None:
        return False
    return database.repository is not None or bool(deployment.known_policies.of_database(name)[0])


def say_why(deployment: Deployment, name: str, copy: NightCopy) -> str:
    """Return what is known of why no night copies a database any more, and how old its newest copy is."""
    why = "ya no tiene repository en copias.yml" if name in deployment.databases else "ya no está en copias.yml"
    return f"{why}; su última copia nocturna es del {format_moment(copy.finished)}"


def settle_left_out(office: Office) -> None:
    """Open a finding for each that has none since its newest copy, and treat those of what nights copy again."""
    now, ledger, deployment = datetime.now(UTC), office.book.ledger, office.deployment
    left_out = list_left_out(deployment, list_night_copies(ledger.events_of(EVENTS)), now)
    known = [one for one in list_findings(ledger.events_of(FINDINGS), treated=True) if one.what == WHAT]
    told = {one.about for one in known if one.about in left_out and _is_newer(one.opened_at, left_out[one.about])}
    repair = "si fue por error, devuélvala a copias.yml; si se retiró, regístrelo con `copias finding treat`"
    found = [
        Found(name, WHAT, say_why(deployment, name, copy), repair)
        for name, copy in left_out.items()
        if name not in told
    ]
    if found:
        open_all(office, found)
    over = [one for one in known if one.is_open and is_asked_for(deployment, one.about)]
    if over:
        treat_all(office, over, action="está otra vez entre las que copian las noches")


def _is_newer(moment: str, copy: NightCopy) -> bool:
    return datetime.fromisoformat(moment) > copy.finished_at
