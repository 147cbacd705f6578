"""Look at a database before anything is dumped, and once more after."""

from __future__ import annotations

import typing as t
from contextlib import closing
from dataclasses import dataclass

from copias.database.mariadb.catalog import Facts, Table, list_tables, read_facts
from copias.database.mariadb.definitions import read_schema
from copias.database.mariadb.grants import Accounts, read_accounts, require_reading
from copias.database.mariadb.session import connect, explained
from copias.database.settling import require_same_schema

if t.TYPE_CHECKING:
    from copias.database.contract import Connection


@dataclass(frozen=True)
class Source:
    """What is known of the source before anything is dumped; ``schema`` as :func:`read_schema` has it."""

    facts: Facts
    tables: tuple[Table, ...]
    schema: dict[str, str]
    accounts: Accounts

    @property
    def still(self) -> tuple[Table, ...]:
        """Return the tables that a snapshot holds still."""
        return tuple(table for table in self.tables if table.has_rows and table.transactional)

    @property
    def moving(self) -> tuple[Table, ...]:
        """Return the tables, such as MyISAM's, that it does not."""
        return tuple(table for table in self.tables if table.has_rows and not table.transactional)


def look(connection: Connection) -> Source:
    """Read all that is to be known of a database.

    Raises:
        SourceUnavailable: the server does not answer.
        NotReady: the account may not read all of it.
    """
    database = connection.database
    with closing(connect(connection)) as session, explained(str(connection)):
        require_reading(session, database, whose=str(connection))
        facts = read_facts(session, database)
        tables = list_tables(session, database)
        return Source(facts, tables, read_schema(session, database), read_accounts(session))


def look_again(connection: Connection, source: Source) -> None:
    """Make sure that nobody changed a definition since.

    Raises:
        CopyFailed: somebody did, and nobody can say which one the dump holds.
    """
    with closing(connect(connection)) as session, explained(str(connection)):
        schema = read_schema(session, connection.database)
    require_same_schema(source.schema, schema, whose=str(connection))
