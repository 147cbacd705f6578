"""How old the copies of mailboxes are that are no packages of cases: mirrors, and what of them is in a repository."""

from __future__ import annotations

import typing as t

from copias.mailbox.standing_copy import read_copy
from copias.mailbox.status import mirrors_folder
from copias.night.catalogue import CLOCKS, REMOVED, VOIDED
from copias.night.mirrors_view import KEPT, name_of

if t.TYPE_CHECKING:
    from datetime import datetime

    from copias.office import Office


def last_of_mirrors(office: Office, now: datetime) -> dict[str, tuple[datetime, str]]:
    """Return when each mirror was last found up to date, and where, by its folder.

    One without a complete first copy is none. Where mirrors go into a repository, one is as old as what of it lies
    there: this machine's disk is no backup of itself.
    """
    found: dict[str, tuple[datetime, str]] = {}
    repository = office.deployment.night.mirrors_repository
    kept = _list_stored(office, now) if repository else []
    root = mirrors_folder(office.deployment)
    for folder in root.iterdir() if root.is_dir() else ():
        good = read_copy(folder, now).last_good
        stored = next((moment for moment, failed in kept if folder.name not in failed), None)
        if good is not None and not repository:
            found[folder.name] = good, "espejo"
        elif good is not None and stored is not None:
            found[folder.name] = min(good, stored), f"espejo, {repository}"
    return found


def _list_stored(office: Office, now: datetime) -> list[tuple[datetime, frozenset[str]]]:
    """Return the moments of the mirrors' copies that count, the newest first, and the folders that each left out."""
    events = list(office.book.ledger.events_of({KEPT, VOIDED, REMOVED}))
    gone = {event.data["copy"] for event in events if event.event != KEPT}
    kept = [event for event in events if event.event == KEPT and name_of(event.data["snapshot"]) not in gone]
    return [(event.when, frozenset(event.data["failed"])) for event in reversed(kept) if event.when <= now + CLOCKS]
