"""Map every object of a database to its definition, as the server itself writes it.

What changes by itself is left out: the next value of AUTO_INCREMENT is no definition, see the sequences; nor is the
folder that a table lies in, or the age of its files. And a character set has one name, whatever the server's version
calls it.
"""

from __future__ import annotations

import re
import typing as t

from pymysql.cursors import DictCursor

from copias.database.mariadb.session import ask, quoted
from copias.database.schema import digest_of
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.database.mariadb.session import Session

_COUNTER = re.compile(r"(\n\) ENGINE=\w+) AUTO_INCREMENT=\d+")
_STORED = re.compile(r" (?:DATA|INDEX) DIRECTORY ?= ?'(?:[^'\\]|''|\\.)*'| /\* mariadb-5\.3 \*/")
"""Where a server keeps a table, and in what form a time: a restored one has its own."""
_OLD_NAME = re.compile(r"(?<![A-Za-z0-9])(_?)utf8(?![A-Za-z0-9])")
"""What servers called ``utf8mb3`` before 10.6, alone or at the start of a collation's name."""
_PART = re.compile(r"^  (?:(?:UNIQUE |FULLTEXT |SPATIAL )?KEY|(CONSTRAINT)) `((?:[^`]|``)+)`.*?,?$", re.MULTILINE)
_LISTS = {
    "TABLE": "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
    " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')",
    "SEQUENCE": "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'SEQUENCE'",
    "TRIGGER": "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s",
    "EVENT": "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s",
}
_VIEWS = "SELECT * FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"
_ROUTINES = "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s"
_ORDER = "SELECT TRIGGER_NAME, ACTION_ORDER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s"
_FADING = frozenset({"Created", "Database Collation", "TABLE_CATALOG", "TABLE_SCHEMA", "IS_UPDATABLE"})
"""Columns that are no definition: when it was made, where it lies, and what depends on other objects."""


def read_schema(session: Session, database: str, *, label: str | None = None, as_told: bool = False) -> dict[str, str]:
    """Map ``KIND label.name`` to the start of the SHA-256 of each definition.

    Args:
        session: is in ``database``, so that the server leaves its name out.
        database: whose objects.
        label: stands for its name in the keys.
        as_told: leave the names of character sets as the server tells them, as older records have them.

    Raises:
        NotReady: the account may not read a definition; the message says which.
    """
    objects: dict[str, str] = {}
    prefix = database if label is None else label

    def show(kind: str, name: str) -> str:
        told = show_create(session, kind, name)
        return told if as_told else with_new_names(told)

    for kind, statement in _LISTS.items():
        for (name,) in ask(session, statement, (database,)):
            objects.update(_parts(kind, prefix, name, show(kind, name)))
    views = _views(session, database, prefix).items()
    objects.update({name: digest_of(text if as_told else with_new_names(text)) for name, text in views})
    for kind, name in ask(session, _ROUTINES, (database,)):
        objects[f"{kind} {prefix}.{name}"] = digest_of(show(kind, name))
    for name, order in ask(session, _ORDER, (database,)):
        objects[f"TRIGGER ORDER {prefix}.{name}"] = digest_of(str(order))
    return objects


def with_new_names(definition: str) -> str:
    """Return a definition with the names that character sets have since 10.6."""
    return _OLD_NAME.sub(r"\1utf8mb3", definition)


def show_create(session: Session, kind: str, name: str) -> str:
    """Return the definition of one object with all that goes with it: its SQL mode, character set and collation.

    Raises:
        NotReady: the account may see that it is there, but not what it is.
    """
    with session.cursor() as cursor:
        cursor.execute(f"SHOW CREATE {kind} {quoted(name)}", None)
        names = [column[0] for column in cursor.description or ()]
        row = cursor.fetchone() or ()
    if None in row:
        raise NotReady(
            "el usuario no tiene permiso para leer una definición",
            whose=f"{kind} {name}",
            why="el servidor la muestra vacía",
            repair="otórguele SELECT sobre mysql.proc (en MariaDB 11.3 o más nueva, SHOW CREATE ROUTINE)",
        )
    told = [str(value).rstrip() for column, value in zip(names, row, strict=True) if column not in _FADING]
    return _COUNTER.sub(r"\1", "\n".join(told))


def _views(session: Session, database: str, prefix: str) -> dict[str, str]:
    """Map the views to their texts. SHOW CREATE VIEW writes others when the account that made them is gone."""
    objects = {}
    with session.cursor(DictCursor) as cursor:
        cursor.execute(_VIEWS, (database,))
        for view in cursor.fetchall():
            told = [f"{column}={value}" for column, value in sorted(view.items()) if column not in _FADING]
            text = "\n".join(told).replace(quoted(database) + ".", quoted(prefix) + ".")
            objects[f"VIEW {prefix}.{view['TABLE_NAME']}"] = text
    return objects


def _parts(kind: str, prefix: str, name: str, definition: str) -> dict[str, str]:
    """Split a table's indexes and constraints off, so that a difference names them."""
    if kind != "TABLE":
        return {f"{kind} {prefix}.{name}": digest_of(definition)}
    definition = _STORED.sub("", definition)
    objects = {
        f"{found[1] or 'INDEX'} {prefix}.{name}.{found[2].replace('``', '`')}": digest_of(found[0].rstrip(","))
        for found in _PART.finditer(definition)
    }
    rest = "\n".join(line.rstrip(",") for line in _PART.sub("", definition).splitlines() if line)
    return {f"TABLE {prefix}.{name}": digest_of(rest), **objects}
