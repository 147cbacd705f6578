"""One moment of a database, held still while it is dumped and digested.

Exporting a snapshot is not enough: TRUNCATE empties a table for older snapshots too, and DROP or a rewriting ALTER
breaks the dump. So every table is locked in ACCESS SHARE first, and the snapshot is taken after the locks. In
REPEATABLE READ the first query takes the snapshot and LOCK TABLE is none, so the tables are listed in a session's
transaction of its own before, and once more inside: if the lists differ, somebody changed a table in between, and
all starts over.

Nothing is ever waited for while locks are held: with NOWAIT the copy steps back and tries again, so that no session of
the town hall's can find itself in a deadlock with us, and be the one that the server ends.
"""

from __future__ import annotations

import random
import time
import typing as t
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from copias.database.postgresql.catalog import Relation, list_relations
from copias.database.postgresql.session import connect, explained
from copias.errors import BackupError, CopyFailed, SourceUnavailable

if t.TYPE_CHECKING:
    from copias.database.contract import Connection
    from copias.database.postgresql.session import Session

PAUSE = (0.05, 1.0)
"""Seconds between two attempts, at first and at most."""
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
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation = ANY(%s::int8[]::oid[])
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY l.granted DESC, a.xact_start LIMIT 1
"""


@dataclass(frozen=True)
class Snapshot:
    """A moment that other sessions can enter by its id, as long as ``session`` stays open."""

    id: str
    session: Session
    relations: tuple[Relation, ...]


class _Changed(Exception):
    """A table came, went or changed while the locks were taken."""


class _Locked(Exception):
    """Somebody else has a table, or waits for it before us."""


@contextmanager
def open_snapshot(connection: Connection, *, lock_wait: float = 30.0) -> Iterator[Snapshot]:
    """Lock all tables, take a snapshot and hold both; ``lock_wait`` is in seconds.

    Raises:
        SourceUnavailable: a table stays locked by somebody else, who is named.
        NotReady: a table cannot be read by this user.
        CopyFailed: the tables never stop changing.
    """
    with closing(connect(connection)) as session:
        with explained(str(connection)):
            snapshot = _take(session, connection, lock_wait)
        yield snapshot


def require_held(snapshot: Snapshot, whose: str) -> None:
    """Raise unless the locks were held until now: a session that was lost has let go of them unseen.

    Raises:
        SourceUnavailable: the session is gone.
    """
    with explained(whose):
        snapshot.session.execute("SELECT 1")


def _take(session: Session, connection: Connection, lock_wait: float) -> Snapshot:
    deadline = time.monotonic() + lock_wait
    pause = PAUSE[0]
    while True:
        before = list_relations(session)
        try:
            return _try_once(session, before)
        except (_Changed, _Locked) as obstacle:
            session.execute("ROLLBACK")
            if time.monotonic() > deadline:
                raise _obstructed(obstacle, connection, before, lock_wait) from obstacle
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - out of step with whoever does the same all the time
        pause = min(2 * pause, PAUSE[1])


def _try_once(session: Session, before: tuple[Relation, ...]) -> Snapshot:
    session.execute(BEGIN)
    try:
        lock(session, before)
    except _CHANGED as error:
        raise _Changed from error
    except psycopg.errors.LockNotAvailable as error:
        raise _Locked from error
    exported = session.execute("SELECT pg_export_snapshot()").fetchone()
    after = list_relations(session, sized=True)
    if exported is None or [relation.identity for relation in before] != [relation.identity for relation in after]:
        raise _Changed
    return Snapshot(exported[0], session, after)


def lock(session: Session, relations: tuple[Relation, ...]) -> None:
    """Lock these tables, each by itself, against everything but reading and writing rows, or fail at once."""
    for first in range(0, len(relations), BATCH):
        names = [sql.Identifier(relation.schema, relation.table) for relation in relations[first : first + BATCH]]
        only = sql.SQL(", ").join(sql.SQL("ONLY {}").format(name) for name in names)
        session.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE NOWAIT").format(only))


def _obstructed(
    obstacle: Exception, connection: Connection, relations: tuple[Relation, ...], waited: float
) -> BackupError:
    if isinstance(obstacle, _Changed):
        return CopyFailed(
            "las tablas cambian sin parar y no se pudo fijar un momento de la base de datos",
            whose=str(connection),
            why=f"se intentó durante {waited:.0f} segundos",
            repair="repita el caso cuando termine la actualización o la carga que está en curso",
        )
    return SourceUnavailable(
        "una tabla está bloqueada y no se puede copiar",
        whose=str(connection),
        why=_who_locks(connection, relations) or f"se esperó {waited:.0f} segundos por una tabla que otro proceso usa",
        repair="espere a que ese proceso termine, o termínelo con pg_terminate_backend, y repita el caso",
    )


def _who_locks(connection: Connection, relations: tuple[Relation, ...]) -> str:
    with closing(connect(connection)) as session:
        row = session.execute(_BLOCKERS, ([relation.oid for relation in relations],)).fetchone()
    if row is None:
        return ""
    name, pid, user, application, query = row
    program = f" ({application})" if application else ""
    statement = f": {' '.join(query.split())[:120]}" if query else ""
    return f"la tabla «{name}» está bloqueada por el proceso {pid} del usuario «{user}»{program}{statement}"
