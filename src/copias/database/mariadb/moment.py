"""One moment of a database, shared by the dump program and by the sessions that digest.

Nothing is written anywhere from before the digesting sessions take their snapshots until the dump program has taken
its own, which it shows by the first definition that it writes. The lock is the server's global one, or where the
account may not (RELOAD), one over the tables of this database. A lock that waits makes everybody behind it wait, so it
never waits long: it steps back, and tries again.

An account that may take no lock at all still gets a consistent dump. Then the tables are digested before it begins and
after it has its snapshot, and only what did not change in between is proved.
"""

from __future__ import annotations

import time
import typing as t
from contextlib import contextmanager, suppress

import pymysql
from pymysql import err

from copias.database.mariadb.digest import WORKERS, end, open_snapshot
from copias.database.mariadb.session import DENIED, LOCKED, ask, code_of, connect, explained, quoted, words_of
from copias.errors import SourceUnavailable

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copias.database.contract import Connection
    from copias.database.mariadb.catalog import Table
    from copias.database.mariadb.session import Session

PATIENCE = 2
"""Seconds that one attempt at the lock waits."""
PAUSE = 3.0
"""Seconds between two attempts, in which whoever had to wait for us gets through."""
HOLD = 30.0
"""Seconds that the lock is held at most: no dump program that has not begun by then is worth stopping a town hall."""
GLOBAL_SINCE = 1004
"""The series from which on the global lock neither waits for readers nor leaves them waiting when it gives up."""
GLOBAL = "FLUSH TABLES WITH READ LOCK"
_WORKING = """
SELECT ID, USER, COALESCE(DB, ''), TIME, COALESCE(INFO, '') FROM information_schema.PROCESSLIST
WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump') AND ID <> CONNECTION_ID() AND INFO IS NOT NULL
ORDER BY TIME DESC LIMIT 1
"""


class Moment:
    """The sessions of the moment. ``shared`` tells whether the dump program sees the very same."""

    def __init__(self, connection: Connection, locker: Session | None) -> None:
        self.sessions: list[Session] = []
        self.later: list[Session] = []
        self.shared = locker is not None
        self.held = 0.0
        self._connection = connection
        self.locker = locker
        self._since = time.monotonic()
        self._released = False

    def release(self) -> None:
        """Let everybody write again; the dump program has its snapshot. May be called twice.

        Raises:
            SourceUnavailable: the lock was lost before, so nobody knows what was written meanwhile.
        """
        if self._released:
            return
        self._released = True
        if self.locker is None:
            self.later.extend(open_snapshot(self._connection) for _ in range(WORKERS))
            return
        with explained(str(self._connection)):
            ask(self.locker, "UNLOCK TABLES")
        self.held = time.monotonic() - self._since

    def check(self) -> None:
        """Raise when everybody has waited for us for too long.

        Raises:
            SourceUnavailable: the dump program did not begin in time.
        """
        if not self._released and self.locker is not None and time.monotonic() - self._since > HOLD:
            raise SourceUnavailable(
                "el programa de volcado tardó demasiado en empezar; se soltó el bloqueo de las tablas",
                whose=str(self._connection),
                why=f"pasaron {HOLD:.0f} segundos",
                repair="intente más tarde, cuando el servidor esté menos ocupado",
            )


@contextmanager
def open_moment(
    connection: Connection, tables: Sequence[Table], *, lock_wait: float, everywhere: bool = True
) -> Iterator[Moment]:
    """Stop all writing, open the digesting sessions, and let go at the end or by :meth:`Moment.release`.

    ``lock_wait`` is in seconds, for all attempts at the lock together. ``everywhere`` says whether the server's global
    lock is worth a try, which is the surer one, or only that of these tables.

    Raises:
        SourceUnavailable: somebody works all the time, who is named; or the server does not answer.
    """
    locker = _lock(connection, tables, lock_wait, everywhere=everywhere)
    moment = Moment(connection, locker)
    try:
        for _ in range(WORKERS):
            moment.sessions.append(open_snapshot(connection))
        yield moment
    finally:
        for session in (*([locker] if locker else []), *moment.sessions, *moment.later):
            end(session)  # its locks go with it


def _lock(connection: Connection, tables: Sequence[Table], lock_wait: float, *, everywhere: bool) -> Session | None:
    """Return a session that holds the lock, or ``None`` when the account may take none."""
    local = ", ".join(f"{quoted(connection.database, table.name)} READ" for table in tables)
    for statement in (GLOBAL if everywhere else "", f"LOCK TABLES {local}" if local else ""):
        if not statement:
            continue
        session = connect(connection)
        try:
            with explained(str(connection)):
                if _try_lock(session, statement, connection, lock_wait):
                    return session
        except BaseException:
            end(session)
            raise
        end(session)
    return None


def _try_lock(session: Session, statement: str, connection: Connection, lock_wait: float) -> bool:
    """Take the lock; return false when the account may not."""
    deadline = time.monotonic() + lock_wait
    # Were this machine to lose its power, the server lets go of the lock by itself, and soon.
    ask(session, f"SET SESSION lock_wait_timeout = {PATIENCE}, wait_timeout = {int(HOLD) + 5}")
    while True:
        try:
            ask(session, statement)
        except err.MySQLError as error:
            if code_of(error) in DENIED:
                return False
            if code_of(error) != LOCKED:
                raise
            if time.monotonic() + PAUSE > deadline:
                raise _busy(session, connection, error) from error
        else:
            return True
        time.sleep(PAUSE)


def _busy(session: Session, connection: Connection, error: err.MySQLError) -> SourceUnavailable:
    return SourceUnavailable(
        "no se pudo fijar un momento de la base de datos: alguien escribe sin parar",
        whose=str(connection),
        why=_who_works(session) or words_of(error),
        repair="espere a que ese proceso termine, o termínelo con KILL, y repita el caso",
    )


def _who_works(session: Session) -> str:
    """Name the statement that has worked longest, as far as this account may see."""
    with suppress(pymysql.MySQLError):
        for number, user, database, seconds, statement in ask(session, _WORKING):
            verb = str(statement).strip().partition(" ")[0]  # no more: the second word may be a password already
            return f"el proceso {number} del usuario «{user}» trabaja en «{database}» desde hace {seconds} s ({verb} …)"
    return ""
