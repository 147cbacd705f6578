"""Ask the catalogue which tables a dump carries the rows of, and what surrounds them.

The rules are those of mariadb-dump: of tables that only stand for others (MERGE, FEDERATED) it writes the definition
and no rows; of tables with system versioning the rows of now.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias.database.mariadb.session import ask
from copias.database.mariadb.tools import major_of
from copias.errors import CopyFailed

if t.TYPE_CHECKING:
    from copias.database.mariadb.session import Session

WITHOUT_ROWS = frozenset({"MRG_MYISAM", "MRG_ISAM", "FEDERATED"})
_TABLES = """
SELECT t.TABLE_NAME, t.TABLE_TYPE, t.ENGINE, COALESCE(t.DATA_LENGTH, 0) + COALESCE(t.INDEX_LENGTH, 0),
       t.AUTO_INCREMENT, COALESCE(e.TRANSACTIONS, 'NO'), COALESCE(t.TABLE_COMMENT, '')
FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_SCHEMA = %s
"""
_COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, EXTRA, COALESCE(GENERATION_EXPRESSION, '')
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME, ORDINAL_POSITION
"""


@dataclass(frozen=True)
class Column:
    """A column with stored values; ``kind`` is its type without size, such as ``varchar``."""

    name: str
    kind: str


@dataclass(frozen=True)
class Table:
    """A table whose rows a dump carries, unless ``has_rows`` is false. ``bytes`` is its size with its indexes.

    ``transactional`` says whether a snapshot holds its rows still.
    """

    name: str
    engine: str
    transactional: bool
    versioned: bool
    columns: tuple[Column, ...]
    bytes: int
    auto_increment: int

    @property
    def has_rows(self) -> bool:
        """Return whether the dump carries its rows."""
        return self.engine.upper() not in WITHOUT_ROWS


@dataclass(frozen=True)
class Facts:
    """The server and the database as a whole. ``letter_case`` is ``lower_case_table_names``."""

    version: str
    bytes: int
    encoding: str
    collation: str
    letter_case: int

    @property
    def major(self) -> int:
        """Return 1011 for 10.11.6."""
        return major_of(self.version)

    @property
    def mariadb(self) -> bool:
        """Return whether it is MariaDB, and not MySQL."""
        return "MariaDB" in self.version

    @property
    def ctype(self) -> str:
        """Return how the server treats the letter case of names, in the words of its option."""
        return f"lower_case_table_names={self.letter_case}"


def list_tables(session: Session, database: str) -> tuple[Table, ...]:
    """List the tables, by name.

    Raises:
        CopyFailed: the server cannot open one of them.
    """
    columns: dict[str, list[Column]] = {}
    for table, name, kind, extra, expression in ask(session, _COLUMNS, (database,)):
        found = columns.setdefault(table, [])
        if "VIRTUAL" not in extra.upper() and expression not in {"ROW START", "ROW END"}:
            found.append(Column(name, kind.lower()))
    tables = []
    for name, kind, engine, size, counter, transactions, comment in ask(session, _TABLES, (database,)):
        if kind not in {"BASE TABLE", "SYSTEM VERSIONED"}:
            continue
        if engine is None:
            raise _damaged(database, name, comment)
        versioned, safe = kind == "SYSTEM VERSIONED", transactions == "YES"
        own = tuple(columns.get(name, ()))
        tables.append(Table(name, engine, safe, versioned, own, int(size), int(counter or 0)))
    return tuple(sorted(tables, key=lambda table: table.name))


def list_sequences(session: Session, database: str) -> tuple[str, ...]:
    """List the names of the sequences, which only MariaDB has."""
    return tuple(sorted(str(row[0]) for row in ask(session, _TABLES, (database,)) if row[1] == "SEQUENCE"))


def read_facts(session: Session, database: str) -> Facts:
    """Read the database's facts."""
    version = str(ask(session, "SELECT VERSION()")[0][0])
    found = re.match(r"\d+\.\d+\.\d+(-MariaDB)?", version)
    encoding, collation = ask(
        session,
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
        " WHERE SCHEMA_NAME = %s",
        (database,),
    )[0]
    sizes = ask(
        session,
        "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s",
        (database,),
    )
    case = ask(session, "SELECT @@GLOBAL.lower_case_table_names")
    return Facts(found[0] if found else version, int(sizes[0][0]), encoding, collation, int(case[0][0]))


def say_left_out(tables: t.Iterable[Table]) -> t.Iterator[str]:
    """Say in Spanish what a dump does not carry of these tables."""
    for table in tables:
        if not table.has_rows:
            yield f"Las filas de la tabla «{table.name}»: son de otras tablas ({table.engine})."
        if table.versioned:
            yield f"La historia de la tabla versionada «{table.name}»: se copian sus filas actuales."
        short = [column.name for column in table.columns if column.kind == "float"]
        if short:
            yield (
                f"De las columnas FLOAT de «{table.name}» ({', '.join(short)}), las cifras después de la sexta:"
                " el programa de volcado escribe seis."
            )


def _damaged(database: str, name: str, comment: str) -> CopyFailed:
    return CopyFailed(
        "el servidor no puede abrir una tabla",
        whose=f"{database}.{name}",
        why=comment or "no dice de qué motor es",
        repair="repare o retire esa tabla en el servidor y repita el caso",
    )
