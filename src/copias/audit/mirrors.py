"""How old the copies of mailboxes are that are no packages of cases: mirrors, and what of them is in a repository."""

from __future__ import annotations

import typing as t

from copias.mailbox.standing_copy import read_copy
from copias.mailbox.status import mirrors_folder
from copias.night.catalogue import CLOCKS, REMOVED, VOIDED
from copias.night.mirrors_view import KEPT, name_of
from copias.store import safe_part

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from copias.office import Office


def last_of_mirrors(
    office: Office,
    now: datetime,
    completed: Mapping[str, int] | None = None,
    *,
    owners: Mapping[str, str] | None = None,
) -> dict[str, tuple[datetime, str]]:
    """Return when each mirror was last found up to date, and where, by its folder.

    One without a complete first copy is none. Where mirrors go into a repository, one is as old as what of it lies
    there: this machine's disk is no backup of itself.

    Args:
        office: of this installation.
        now: aware.
        completed: by account, the number of the event with which its first copy was complete, as far as it is known:
            what went into the repository before has no such mirror, or half of it.
        owners: by folder, Google's id of the account that has the address now: a mirror of who had it before is none.
    """
    first = {safe_part(account): number for account, number in (completed or {}).items()}
    found: dict[str, tuple[datetime, str]] = {}
    repository = office.deployment.night.mirrors_repository
    kept = _list_stored(office, now) if repository else []
    root = mirrors_folder(office.deployment)
    for folder in root.iterdir() if root.is_dir() else ():
        copy, owner = read_copy(folder, now), (owners or {}).get(folder.name, "")
        good = copy.last_good if copy.owner in {"", owner} or not owner else None
        stored = next(
            (one for one in kept if folder.name not in one.failed and one.n > first.get(folder.name, 0)), None
        )
        if good is not None and not repository:
            found[folder.name] = good, "espejo"
        elif good is not None and stored is not None:
            found[folder.name] = min(good, stored.moment), f"espejo, {stored.repository}"
    return found


class _Stored(t.NamedTuple):
    """A copy of the mirrors: its event's number and moment, where it lies, and the folders that it left out."""

    n: int
    moment: datetime
    repository: str
    failed: frozenset[str]


def _list_stored(office: Office, now: datetime) -> list[_Stored]:
    """Return the mirrors' copies that count, the newest first."""
    events = list(office.book.ledger.events_of({KEPT, VOIDED, REMOVED}))
    gone = {event.data["copy"] for event in events if event.event != KEPT}
    kept = [event for event in events if event.event == KEPT and name_of(event.data["snapshot"]) not in gone]
    return [
        _Stored(event.n, event.when, event.data["repository"], frozenset(event.data["failed"]))
        for event in reversed(kept)
        if event.when <= now + CLOCKS
    ]
