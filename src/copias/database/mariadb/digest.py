"""Digest tables in SQL: the number of rows and two sums that do not depend on their order.

A row is hashed as the text of its columns, each with its length in front, so that nothing can pass from one to the
next, and NULL is a mark that no value has. Long values are hashed by themselves first: a row's text that is longer than
``max_allowed_packet`` is NULL, and NULL adds nothing to a sum. A row without a hash is an error.
"""

from __future__ import annotations

import queue
import socket
import threading
import typing as t
from contextlib import closing, suppress
from dataclasses import dataclass, field

import pymysql

from copias.database.contract import TableDigest
from copias.database.mariadb.session import ask, connect, explained, quoted
from copias.errors import BackupError, CopyFailed, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.database.contract import Connection
    from copias.database.mariadb.catalog import Column, Table
    from copias.database.mariadb.session import Session

METHOD = "mariadb-md5-xor-sum"
NO_METHOD = "none"
"""Of a dump that was made without digests, to measure what they cost."""
WORKERS = 2
INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "integer", "bigint", "year"})
NUMBERS = INTEGERS | {"decimal", "numeric", "float", "double", "real", "date", "time", "datetime", "timestamp"}
"""Types whose text has no comma in it."""
LONG = frozenset({f"{size}{kind}" for size in ("tiny", "", "medium", "long") for kind in ("text", "blob")} | {"json"})
HASH_LENGTH = 32
_ROW = "@copias_fila"
RESET = f"SET {_ROW} = ''"
"""Were the variable ever read as it was before the statement, every row would lack its hash, and that is noticed."""
BEGIN = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
    "SAVEPOINT moment",
)
LET_GO = "ROLLBACK TO SAVEPOINT moment"
"""After each table, as the dump program does: who alters one need not wait for the others, nor make all wait."""


def require_method(method: str, *, whose: str) -> None:
    """Raise unless a restore can be digested in the way that its dump was.

    Raises:
        NotReady: the dump was made without digests, or by a program that knew another way.
    """
    if method != METHOD:
        raise NotReady(
            "esa copia no se puede comparar con su restauración",
            whose=whose,
            why=f"sus huellas se hicieron con el método «{method}»",
            repair="use otra copia; las copias normales siempre llevan huellas",
        )


def text_of(column: Column) -> str:
    """Return the SQL of a column's text: never open at its end, and NULL only when the server cannot make it."""
    name = quoted(column.name)
    if column.kind in NUMBERS:
        return f"IFNULL({name},'-')"
    if column.kind in LONG:
        # What is JSON in MySQL has a text only; in MariaDB it is one already.
        value = f"CAST({name} AS CHAR)" if column.kind == "json" else name
        return f"IFNULL(MD5({value}),'-')"
    if column.kind == "bit":
        return f"IFNULL({name}+0,'-')"
    # Not IFNULL: a text that is too long is NULL too, and must make the whole row's text NULL.
    return f"IF({name} IS NULL,'-',CONCAT(LENGTH(CAST({name} AS BINARY)),':',CAST({name} AS BINARY)))"


def statement_for(database: str, table: Table) -> str:
    """Return the statement that digests one table, in a session where :data:`RESET` was just run.

    The hash goes through a variable: named three times it would be computed three times. The condition, always true,
    is where each row passes before the sums see it.
    """
    columns = ",',',".join(text_of(column) for column in table.columns) or "''"
    left, right = (f"CAST(CONV({side}({_ROW},16),16,10) AS UNSIGNED)" for side in ("LEFT", "RIGHT"))
    sums = f"COUNT(*),COALESCE(SUM(LENGTH({_ROW})),0),COALESCE(BIT_XOR({left}),0),COALESCE(SUM({right}),0)"
    rows = f"{quoted(database, table.name)} WHERE LENGTH({_ROW}:=COALESCE(MD5(CONCAT({columns})),''))>=0"
    return f"SELECT {sums} FROM {rows}"  # noqa: S608 - names are quoted


def digest_table(session: Session, database: str, table: Table, *, label: str) -> TableDigest:
    """Digest one table; ``label`` stands for the database's name.

    Raises:
        CopyFailed: a row has no hash, or the server did not compute them row by row.
    """
    ask(session, RESET)
    rows, length, xor, total = ask(session, statement_for(database, table))[0]
    if int(length) != HASH_LENGTH * int(rows):
        raise CopyFailed(
            "el servidor no pudo calcular la huella de todas las filas",
            whose=f"{label}.{table.name}",
            why=f"de {rows} filas solo la tienen {int(length) // HASH_LENGTH}",
            repair="suba max_allowed_packet en el servidor y repita el caso",
        )
    return TableDigest(label, table.name, int(rows), str(xor), str(total))


def open_snapshot(connection: Connection) -> Session:
    """Open a session in a snapshot of now.

    Raises:
        SourceUnavailable: the server does not answer.
        NotReady: it refuses the account.
    """
    session = connect(connection)
    with explained(str(connection)):
        for statement in BEGIN:
            ask(session, statement)
    return session


@dataclass
class Digester:
    """Digests in its own threads, one for each of the sessions it is given, while the caller does something else.

    The sessions stay the caller's to close. May be left at any time.
    """

    connection: Connection
    sessions: Sequence[Session]
    tables: Iterable[Table]
    label: str
    _found: dict[str, TableDigest] = field(default_factory=dict)
    _numbers: list[int] = field(default_factory=list)
    _failures: list[BaseException] = field(default_factory=list)

    def __enter__(self) -> t.Self:
        self._waiting: queue.SimpleQueue[Table] = queue.SimpleQueue()
        for table in sorted(self.tables, key=lambda table: -table.bytes):
            self._waiting.put(table)
        with explained(str(self.connection)):
            self._numbers += [int(ask(session, "SELECT CONNECTION_ID()")[0][0]) for session in self.sessions]
        self._threads = [
            threading.Thread(target=self._work, args=(session,), name="huellas", daemon=True)
            for session in self.sessions
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._failures.append(InterruptedError())  # the threads take no more tables
        if any(thread.is_alive() for thread in self._threads):
            self._cancel()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        """Raise what a thread ran into, if anything."""
        if self._failures:
            raise self._failures[0]

    def finish(self) -> dict[str, TableDigest]:
        """Wait for the threads and return the digests by table."""
        for thread in self._threads:
            thread.join()
        self.check()
        return dict(self._found)

    def _work(self, session: Session) -> None:
        try:
            with explained(str(self.connection)):
                while not self._failures:
                    table = self._waiting.get_nowait()
                    found = digest_table(session, self.connection.database, table, label=self.label)
                    self._found[table.name] = found
                    ask(session, LET_GO)
        except queue.Empty:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread by check()
            self._failures.append(error)

    def _cancel(self) -> None:
        """End what the sessions are doing: by the server, and where it does not answer, by their lines."""
        with suppress(BackupError, pymysql.MySQLError, OSError), closing(connect(self.connection)) as killer:
            for number in self._numbers:
                with suppress(pymysql.MySQLError):
                    ask(killer, f"KILL {number}")
            return
        for session in self.sessions:
            line = getattr(session, "_sock", None)
            if isinstance(line, socket.socket):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


def digest_all(
    connection: Connection, tables: Iterable[Table], *, label: str, workers: int = WORKERS
) -> dict[str, TableDigest]:
    """Digest tables with sessions of its own, each in its own snapshot, and return the digests by table."""
    sessions: list[Session] = []
    try:
        sessions.extend(open_snapshot(connection) for _ in range(workers))  # one by one: those that opened are closed
        with Digester(connection, sessions, tables, label) as digester:
            return digester.finish()
    finally:
        for session in sessions:
            end(session)


def end(session: Session) -> None:
    """Close a session, whatever has become of it."""
    with suppress(pymysql.MySQLError, OSError):
        session.close()
