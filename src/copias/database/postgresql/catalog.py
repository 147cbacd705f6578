"""Ask the catalogue which relations a dump carries the rows of, and what surrounds them.

The rules are those of pg_dump (``selectDumpableTable``, ``makeTableDataInfo``): ordinary tables, partitions
included, logged or not (a standby cannot read those that are not, nor does pg_dump there); of an extension's own
tables only those it declares as configuration, under its condition.
Not carried: rows of foreign tables, contents of materialized views (computed again by a restore), temporary tables.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from copias.database.postgresql.session import Session


@dataclass(frozen=True)
class Relation:
    """A table to lock and, unless it is only the parent of partitions, to digest.

    ``condition`` is an extension's own WHERE clause for its configuration rows, or empty. ``columns`` are by name.
    Sizes are bytes.
    """

    oid: int
    schema: str
    table: str
    has_rows: bool
    condition: str
    columns: tuple[str, ...]
    main_bytes: int
    all_bytes: int

    @property
    def name(self) -> str:
        """Return ``schema.table`` for people to read."""
        return f"{self.schema}.{self.table}"

    @property
    def identity(self) -> tuple[t.Any, ...]:
        """Return what must not change between two listings."""
        return (self.oid, self.schema, self.table, self.has_rows, self.condition, self.columns)


@dataclass(frozen=True)
class Facts:
    """The database as a whole."""

    version: str
    number: int
    bytes: int
    encoding: str
    collation: str
    ctype: str
    extensions: dict[str, str]
    roles: dict[str, bool]
    foreign_tables: int
    materialized_views: int
    large_objects: int
    hidden_mappings: int
    """Accounts at other servers whose passwords this account may not read."""
    subscriptions: int = 0
    """To other servers' publications, where this account may not read them."""

    @property
    def major(self) -> int:
        """Return 15 for 15.18, and 9 for 9.6."""
        return self.number // 10000

    def left_out(self) -> tuple[str, ...]:
        """Say in Spanish what a dump, or its proof, does not carry."""
        said = []
        if self.foreign_tables:
            said.append(f"Las filas de {self.foreign_tables} tablas foráneas: viven en otro servidor.")
        if self.materialized_views:
            said.append(
                f"El contenido de {self.materialized_views} vistas materializadas: se calcula de nuevo al restaurar."
            )
        if self.large_objects:
            count = self.large_objects
            said.append(f"La prueba de los dueños y permisos de {count} objetos grandes: se copian y no se comparan.")
        if self.hidden_mappings:
            said.append(
                f"El usuario y la clave de {self.hidden_mappings} cuentas en otros servidores (USER MAPPING):"
                " solo su dueño o un superusuario los puede leer."
            )
        if self.subscriptions:
            count = self.subscriptions
            said.append(f"Las {count} suscripciones a otros servidores: solo un superusuario las puede copiar.")
        return tuple(said)


_RELATIONS = """
SELECT c.oid::int8, n.nspname, c.relname, c.relkind = 'r',
       coalesce(config.condition, ''),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname COLLATE "C"),
       CASE WHEN %(sized)s THEN pg_relation_size(c.oid) ELSE 0 END,
       CASE WHEN %(sized)s THEN pg_table_size(c.oid) ELSE 0 END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT e.extconfig, e.extcondition FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      AND d.refclassid = 'pg_extension'::regclass LIMIT 1) member ON true
LEFT JOIN LATERAL (
    SELECT member.extcondition[k] AS condition FROM generate_subscripts(member.extconfig, 1) k
    WHERE member.extconfig[k] = c.oid) config ON true
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (c.relpersistence <> 'u' OR NOT pg_is_in_recovery())
  AND (member.extconfig IS NULL AND NOT EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
       OR config.condition IS NOT NULL)
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_SEQUENCES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                     AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')
       OR EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))
"""
_FACTS = """
SELECT current_setting('server_version'), current_setting('server_version_num')::int,
       pg_database_size(d.oid), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
       (SELECT count(*) FROM pg_class WHERE relkind = 'f'), (SELECT count(*) FROM pg_class WHERE relkind = 'm'),
       (SELECT count(*) FROM pg_largeobject_metadata),
       (SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NULL AND current_setting('is_superuser') = 'off')
FROM pg_database d WHERE d.datname = current_database()
"""
_SUBSCRIPTIONS = """
SELECT count(subdbid) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database() AND current_setting('is_superuser') = 'off'
"""
_SUBSCRIPTIONS_SINCE = 100000


def list_relations(session: Session, *, sized: bool = False) -> tuple[Relation, ...]:
    """List the tables that a dump locks, by name.

    ``sized`` measures them, which waits for whoever locks them: only once they are locked by us.
    """
    rows = session.execute(_RELATIONS, {"sized": sized}).fetchall()
    return tuple(
        Relation(oid, schema, table, has_rows, condition, tuple(columns), main, total)
        for oid, schema, table, has_rows, condition, columns, main, total in rows
    )


def list_sequences(session: Session) -> tuple[tuple[str, str], ...]:
    """List ``(schema, name)`` of the sequences whose values a dump carries: of an extension's own, as of its tables."""
    return tuple((schema, name) for schema, name in session.execute(_SEQUENCES).fetchall())


def read_facts(session: Session) -> Facts:
    """Read the database's facts."""
    row = session.execute(_FACTS).fetchone()
    if row is None:
        raise AssertionError("a session is always in a database")
    extensions = session.execute("SELECT extname, extversion FROM pg_extension ORDER BY 1").fetchall()
    roles = session.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1").fetchall()
    version, number, size, encoding, collation, ctype, *counts = row
    if number >= _SUBSCRIPTIONS_SINCE:
        counts += session.execute(_SUBSCRIPTIONS).fetchone() or ()
    return Facts(version, number, size, encoding, collation, ctype, dict(extensions), dict(roles), *counts)
