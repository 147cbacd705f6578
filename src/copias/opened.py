"""Who opens a copy is in the ledger before anything of it is read: who is killed on the way has opened it too.

Event of the installation: ``copy.opened`` (``copy``, ``by``: the verb, ``to``: where what is read goes, ``case``,
``motive``). What came of it, an event of the verb's own tells. Searching mail has one before anything is shown, of the
case that allows it. What the program reads only to compare it, and shows nothing of, is no opening (a read-back, a
drill, a proof); an audit that somebody asks to read copies is one, for the person chose what was read.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.ledger import Event
    from copias.office import Office

OPENED: t.Final = "copy.opened"


def record_opening(office: Office, copy: str, *, by: str, to: str, case: str = "", motive: str = "") -> Event:
    """Record that a copy is opened now.

    Args:
        office: of this installation, and of who opens it.
        copy: its id.
        by: the verb, as people type it.
        to: account, database or path; empty for a look that keeps nothing.
        case: number of the case that allows it; empty for none.
        motive: in words, where the verb asks for one.
    """
    return office.record(OPENED, {"copy": copy, "by": by, "to": to, "case": case, "motive": motive})


def copy_of_file(office: Office, path: Path) -> str:
    """Return the id of the copy whose package has a file's name; that name where the ledger knows no such copy."""
    from copias.case.catalogue import list_copies

    found = (copy.copy_id for copy in list_copies(office) if copy.package.rpartition("/")[2] == path.name)
    return next(found, path.name)
