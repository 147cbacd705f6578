"""The records of a database's earlier copies, of cases and of nights: what is usual of it."""

from __future__ import annotations

import typing as t

from copias.case.copy_folder import CopyFolder
from copias.errors import BadConfiguration
from copias.night.catalogue import list_night_copies
from copias.sinfa.records import read_dump

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database import DumpRecord
    from copias.office import Office

MOST: t.Final = 10
"""Copies that say what is usual."""


def earlier_records(office: Office, database: str, record: DumpRecord) -> list[DumpRecord]:
    """Return the records of the last copies before this one, the newest first; void copies are none.

    Args:
        office: whose ledger and records.
        database: of the inventory.
        record: of the copy that is compared with them.
    """
    found: list[DumpRecord] = []
    for _, copy_id in sorted(_made(office, database), reverse=True):
        try:
            one = read_dump(CopyFolder(office.deployment, copy_id))
        except (FileNotFoundError, BadConfiguration, ValueError):
            continue  # lost here, or of a newer program: one copy fewer to compare with
        if one.finished < record.finished and one.engine == record.engine:
            found.append(one)
        if len(found) == MOST:
            break
    return found


def _made(office: Office, database: str) -> Iterator[tuple[str, str]]:
    """Yield moment and id of each copy of a database that was believed."""
    for story in office.book.keepers().values():
        for copy in story.copies:
            if (copy.data.get("kind"), copy.data.get("subject")) == ("sinfa", database) and copy.status != "void":
                yield str(copy.data["finished"]), copy.copy_id
    for night in list_night_copies(office.book.ledger.events(), database=database, removed=True):
        if night.status != "void":
            yield night.finished, night.copy
