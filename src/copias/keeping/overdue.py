"""A store whose packages are not all read again in time: the night's share is too small for what it holds."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from copias.findings import EVENTS, Found, list_findings, open_all, treat_all

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from copias.office import Office

OVERDUE: t.Final = "hay copias de este destino que hace mucho no se releen"
LATEST: t.Final = timedelta(days=60)
"""Twice the days in which each package is read once: some nights that failed are made up for in that time."""


def tell_overdue(office: Office, last_read: Mapping[str, Mapping[str, date]], *, day: date) -> None:
    """Open a finding for each store that falls behind, and close those of the stores that have caught up.

    Args:
        office: of this installation.
        last_read: by the names of stores and of their copies, when each was read last, or else made; a store that did
            not answer is left out, and so is a copy that has a finding of its own.
        day: today, in Colombia.
    """
    found = []
    for store, copies in last_read.items():
        late = sorted((last, name) for name, last in copies.items() if day - last > LATEST)
        if late:
            (oldest, name), count = late[0], len(late)
            more = f"; con ella son {count} las de más de {LATEST.days} días" if count > 1 else ""
            why = f"la que más espera, {name}, se leyó por última vez el {oldest:%d/%m/%Y}{more}"
            repair = f"`copias store verify {store} --all` cuando haya tiempo, y aumente store_watch_budget"
            found.append(Found(store, OVERDUE, why, repair))
    if found:
        open_all(office, found)
    behind = {one.about for one in found}
    known = list_findings(office.book.ledger.events_of(EVENTS))
    over = [one for one in known if one.what == OVERDUE and one.about in last_read and one.about not in behind]
    if over:
        treat_all(office, over, action="todas sus copias se releyeron a tiempo otra vez")
