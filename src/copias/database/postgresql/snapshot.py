"""One moment of a database, held still while it is dumped and digested.

Exporting a snapshot is not enough: TRUNCATE empties a table for older snapshots too, and DROP or a rewriting ALTER
breaks the dump. So every table is locked in ACCESS SHARE first, and the snapshot is taken after the locks. In
REPEATABLE READ the first query takes the snapshot and LOCK TABLE is none, so the tables are listed in a session's
transaction of its own before, and once more inside: if the lists differ, somebody changed a table in between, and
all starts over.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from copias.database.postgresql.catalog import Relation, list_relations
from copias.database.postgresql.session import connect, explained
from copias.errors import CopyFailed, SourceUnavailable

if t.TYPE_CHECKING:
    from copias.database.contract import Connection
    from copias.database.postgresql.session import Session

ATTEMPTS = 8
BATCH = 200
"""Tables in one LOCK: a statement of sane length, and few round trips."""
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_CHANGED = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.WrongObjectType)
_BLOCKERS = """
SELECT n.nspname || '.' || c.relname, a.pid, coalesce(a.usename, '?'), coalesce(a.application_name, ''), a.query
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation = ANY(%s::int8[]::oid[])
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY a.xact_start LIMIT 1
"""


@dataclass(frozen=True)
class Snapshot:
    """A moment that other sessions can enter by its id, as long as ``session`` stays open."""

    id: str
    session: Session
    relations: tuple[Relation, ...]


class _Changed(Exception):
    """A table came, went or changed while the locks were taken."""


@contextmanager
def open_snapshot(connection: Connection, *, lock_wait: float = 30.0) -> Iterator[Snapshot]:
    """Lock all tables, take a snapshot and hold both; ``lock_wait`` is in seconds.

    Raises:
        SourceUnavailable: a table stays locked by somebody else, who is named.
        NotReady: a table cannot be read by this user.
        CopyFailed: the tables never stop changing.
    """
    whose = str(connection)
    with connect(connection) as session:
        yield _take(session, connection, whose, lock_wait)


def require_held(snapshot: Snapshot, whose: str) -> None:
    """Raise unless the locks were held until now: a session that was lost has let go of them unseen.

    Raises:
        SourceUnavailable: the session is gone.
    """
    with explained(whose):
        snapshot.session.execute("SELECT 1")


def _take(session: Session, connection: Connection, whose: str, lock_wait: float) -> Snapshot:
    for _ in range(ATTEMPTS):
        try:
            with explained(whose):
                return _try_once(session, connection, lock_wait)
        except _Changed:
            session.execute("ROLLBACK")
    raise CopyFailed(
        "las tablas cambian sin parar y no se pudo fijar un momento de la base de datos",
        whose=whose,
        why=f"se intentó {ATTEMPTS} veces",
        repair="repita el caso cuando termine la actualización o la carga que está en curso",
    )


def _try_once(session: Session, connection: Connection, lock_wait: float) -> Snapshot:
    before = list_relations(session)
    session.execute(BEGIN)
    # SET, not set_config(): a SELECT would take the snapshot before the locks.
    session.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(int(lock_wait * 1000))))
    try:
        lock(session, before)
    except _CHANGED as error:
        raise _Changed from error
    except psycopg.errors.LockNotAvailable as error:
        session.execute("ROLLBACK")
        raise locked_by_others(connection, before, lock_wait) from error
    exported = session.execute("SELECT pg_export_snapshot()").fetchone()
    after = list_relations(session, sized=True)
    if [relation.identity for relation in before] != [relation.identity for relation in after]:
        raise _Changed
    return Snapshot(exported[0] if exported else "", session, after)


def lock(session: Session, relations: tuple[Relation, ...]) -> None:
    """Lock these tables, each by itself, against everything but reading and writing rows."""
    for first in range(0, len(relations), BATCH):
        names = [sql.Identifier(relation.schema, relation.table) for relation in relations[first : first + BATCH]]
        only = sql.SQL(", ").join(sql.SQL("ONLY {}").format(name) for name in names)
        session.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(only))


def locked_by_others(connection: Connection, relations: tuple[Relation, ...], waited: float) -> SourceUnavailable:
    """Return the error that names the table and the session that holds it."""
    with connect(connection) as session:
        row = session.execute(_BLOCKERS, ([relation.oid for relation in relations],)).fetchone()
    if row is None:
        why = f"se esperó {waited:.0f} segundos por una tabla que otro proceso tenía bloqueada"
    else:
        name, pid, user, application, query = row
        program = f" ({application})" if application else ""
        statement = f": {' '.join(query.split())[:120]}" if query else ""
        why = f"la tabla «{name}» está bloqueada por el proceso {pid} del usuario «{user}»{program}{statement}"
    return SourceUnavailable(
        "una tabla está bloqueada y no se puede copiar",
        whose=str(connection),
        why=why,
        repair="espere a que ese proceso termine, o termínelo con pg_terminate_backend, y repita el caso",
    )
