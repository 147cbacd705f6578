"""What an engine offers where it can restore on a server that is not ours."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.database.contract import Connection, DumpRecord
    from copias.progress import Report


@t.runtime_checkable
class RestoresElsewhere(t.Protocol):
    """What such an engine offers beside :class:`copias.database.contract.Driver`."""

    def restore_unfinished(self, dump: Path, server: Connection, record: DumpRecord, *, report: Report) -> Connection:
        """Restore into a new database with a passing name, and return how to reach it.

        ``server`` is of an account that may create databases; its ``database`` is the name that is wanted at last.

        Raises:
            BadInput: a database of that name exists.
            NotReady: the account or the server is not fit.
            NotEqual: the dump does not restore; no database is left.
        """
        ...

    def give_name(self, unfinished: Connection, name: str) -> Connection:
        """Rename what was restored, and return how to reach it.

        Raises:
            BadInput: the name was taken meanwhile.
        """
        ...

    def drop_unfinished(self, unfinished: Connection) -> None:
        """Remove a database with a passing name."""
        ...
