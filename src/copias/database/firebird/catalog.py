"""Ask the catalogue which tables a dump carries the rows of, and what surrounds them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.database.firebird.faults import NoPower
from copias.database.firebird.session import connect
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.database.contract import Connection
    from copias.database.firebird.session import Moment, Session

ROLE = "RDB$ADMIN"
ADMINISTRATOR = "SYSDBA"
OLDEST = 3
"""Before it a message's unused bytes may be anything, and there are no users in the database itself."""
TABLE, VIEW, EXTERNAL, TEMPORARY = 0, 1, 2, (4, 5)
BLOB = 261
_TABLES = """
SELECT r.RDB$RELATION_NAME, r.RDB$OWNER_NAME, COALESCE(r.RDB$RELATION_TYPE, 0)
FROM RDB$RELATIONS r WHERE COALESCE(r.RDB$SYSTEM_FLAG, 0) = 0 AND r.RDB$VIEW_BLR IS NULL
ORDER BY 1
"""
_COLUMNS = """
SELECT c.RDB$RELATION_NAME, c.RDB$FIELD_NAME, f.RDB$FIELD_TYPE, COALESCE(f.RDB$DIMENSIONS, 0)
FROM RDB$RELATION_FIELDS c JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = c.RDB$FIELD_SOURCE
JOIN RDB$RELATIONS r ON r.RDB$RELATION_NAME = c.RDB$RELATION_NAME
WHERE COALESCE(r.RDB$SYSTEM_FLAG, 0) = 0 AND r.RDB$VIEW_BLR IS NULL AND f.RDB$COMPUTED_BLR IS NULL
ORDER BY 1, 2
"""
_FACTS = """
SELECT rdb$get_context('SYSTEM', 'ENGINE_VERSION'), m.MON$PAGES, m.MON$PAGE_SIZE,
       m.MON$ODS_MAJOR, m.MON$ODS_MINOR, m.MON$SQL_DIALECT, d.RDB$CHARACTER_SET_NAME, c.RDB$DEFAULT_COLLATE_NAME,
       (SELECT r.RDB$OWNER_NAME FROM RDB$RELATIONS r WHERE r.RDB$RELATION_NAME = 'RDB$DATABASE')
FROM MON$DATABASE m CROSS JOIN RDB$DATABASE d
LEFT JOIN RDB$CHARACTER_SETS c ON c.RDB$CHARACTER_SET_NAME = d.RDB$CHARACTER_SET_NAME
"""

_SEQUENCES = """
SELECT g.RDB$GENERATOR_NAME, g.RDB$GENERATOR_NAME FROM RDB$GENERATORS g WHERE COALESCE(g.RDB$SYSTEM_FLAG, 0) = 0
UNION ALL
SELECT TRIM(c.RDB$RELATION_NAME) || '.' || TRIM(c.RDB$FIELD_NAME), c.RDB$GENERATOR_NAME
FROM RDB$RELATION_FIELDS c WHERE c.RDB$GENERATOR_NAME IS NOT NULL
"""


@dataclass(frozen=True)
class Table:
    """A table whose rows a dump carries; ``columns`` are those that are digested, by name.

    ``arrays`` are the columns that are dumped and that nobody can read back as text or number.
    """

    owner: str
    name: str
    kind: int
    columns: tuple[str, ...]
    arrays: tuple[str, ...]

    @property
    def has_rows(self) -> bool:
        """Return whether the dump carries its rows."""
        return self.kind == TABLE


@dataclass(frozen=True)
class Facts:
    """The server and the database as a whole; ``bytes`` is the size of its file."""

    version: str
    bytes: int
    encoding: str
    collation: str
    structure: str
    owner: str

    @property
    def major(self) -> int:
        """Return 3 for 3.0.11."""
        return int(self.version.split(".")[0])


def open_powerful(connection: Connection) -> tuple[Session, str]:
    """Open a session as somebody who may back the database up, and return it with the role that this takes.

    Raises:
        NotReady: the user may not, or the server is older than any that can be proved.
    """
    role = ""
    try:
        session = connect(connection)
    except NoPower:
        role = ROLE
        session = connect(connection, role=role)
    try:
        _require_known(session, str(connection))
    except BaseException:
        session.close()
        raise
    return session, role


def list_tables(moment: Moment) -> tuple[Table, ...]:
    """List the tables by name, those without rows of their own (external, temporary) included."""
    columns: dict[str, list[str]] = {}
    arrays: dict[str, list[str]] = {}
    for table, column, _, dimensions in moment.ask(_COLUMNS):
        (arrays if dimensions else columns).setdefault(table, []).append(column)
    return tuple(
        Table(owner, name, kind, tuple(columns.get(name, ())), tuple(arrays.get(name, ())))
        for name, owner, kind in moment.ask(_TABLES)
    )


def read_facts(moment: Moment) -> Facts:
    """Read the database's facts."""
    version, pages, page, major, minor, dialect, encoding, collation, owner = moment.ask(_FACTS)[0]
    structure = f"ODS {major}.{minor}, páginas de {page}, dialecto {dialect}"
    return Facts(
        version, int(pages) * int(page), encoding or "NONE", collation or "NONE", structure, str(owner).strip()
    )


def read_sequences(moment: Moment) -> dict[str, str]:
    """Read the values that the sequences, and the counters of columns, have now: no transaction holds them still."""
    values = {}
    for name, sequence in moment.ask(_SEQUENCES):
        asked = f"SELECT GEN_ID({moment.session.quoted(sequence)}, 0) FROM RDB$DATABASE"  # noqa: S608 - quoted
        values[name] = str(moment.ask(asked)[0][0])
    return values


def say_left_out(facts: Facts, tables: t.Iterable[Table]) -> t.Iterator[str]:
    """Say in Spanish what a dump or its proof does not carry of a database and its tables."""
    yield "Los usuarios del servidor y sus contraseñas: no son de la base de datos."
    if facts.owner != ADMINISTRATOR:
        yield f"El dueño de la base de datos, «{facts.owner}»: al restaurarla queda de quien la restaura."
    for table in tables:
        if table.kind == EXTERNAL:
            yield f"Las filas de la tabla externa «{table.name}»: están en un archivo fuera de la base."
        elif table.kind in TEMPORARY:
            yield f"Las filas de la tabla temporal «{table.name}»: son de cada conexión."
        elif table.arrays:
            names = ", ".join(table.arrays)
            yield f"La prueba de las columnas de arreglo de «{table.name}» ({names}): se copian y no se comparan."


def _require_known(session: Session, whose: str) -> None:
    version = str(session.ask("SELECT rdb$get_context('SYSTEM', 'ENGINE_VERSION') FROM RDB$DATABASE")[0][0])
    if int(version.split(".", maxsplit=1)[0]) < OLDEST:
        raise NotReady(
            "esa versión de Firebird no se puede copiar y probar",
            whose=whose,
            why=f"el servidor es {version} y hace falta {OLDEST}.0 o más nuevo",
            repair="pida la copia al proveedor (entrega del proveedor), o que actualice el servidor",
        )
