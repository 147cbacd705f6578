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
        """Restore into a new database that nobody takes for a finished one, and return how to reach it.

        It has a passing name, or the wanted one and a mark that this engine's administrators see.

        ``server`` is of an account that may create databases; its ``database`` is the name that is wanted at last.

        Raises:
            BadInput: a database of that name exists.
            NotReady: the account or the server is not fit.
            NotEqual: the dump does not restore; no database is left.
        """
        ...

    def give_name(self, unfinished: Connection, name: str) -> Connection:
        """Give what was restored the name that is wanted, without the mark, and return how to reach it.

        Raises:
            BadInput: the name was taken meanwhile.
        """
        ...

    def drop_unfinished(self, unfinished: Connection) -> None:
        """Remove a database that is not finished, and never another."""
        ...


@t.runtime_checkable
class WarnsOfRestored(t.Protocol):
    """What an engine offers where a restored database that holds the same may still work in another way."""

    def warn_of_restored(self, restored: Connection, record: DumpRecord) -> tuple[str, ...]:
        """Say in Spanish what people must look at before they use it; ``record`` is of the dump."""
        ...
