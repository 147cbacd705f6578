"""Restore a dump into a private server, and look at what came out.

A dump is a program, and it may come from elsewhere. The client takes no commands of its own from it
(``--binary-mode``), and the account that runs it owns one database and no more: no files, no other accounts. What it
loads into a private server it reads within that server's walls, where it sees its socket and nothing else.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
import typing as t
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from copias.database.children import (
    child_environment,
    find_interruption,
    memory_file,
    spawn,
    stop,
    tail_of,
    unprivileged_account,
)
from copias.database.confinement import Allowance, Confinement
from copias.database.contract import Contents, DumpRecord
from copias.database.mariadb.catalog import list_sequences, list_tables
from copias.database.mariadb.definitions import read_schema
from copias.database.mariadb.digest import METHOD, digest_all
from copias.database.mariadb.faults import explain_restore
from copias.database.mariadb.session import SOCKET, ask, connect, explained, options_in_memory, quoted
from copias.database.mariadb.stream import TAIL
from copias.database.mariadb.tools import major_of, require_server
from copias.database.schema import sum_of_schema
from copias.errors import BackupError, CopyFailed, NotEqual

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from copias.database.children import Process
    from copias.database.contract import Connection
    from copias.database.mariadb.session import Session
    from copias.progress import Report

Start: t.TypeAlias = "Callable[..., Process]"
"""Starts the engine's program, given its input and where its complaints go."""
OWNER = "copias_prueba"
"""An account that the sources' own do not matter to: it may make objects in their names."""
READER = "copias_consulta"
"""An account that only reads what was restored."""
SET_USER = 1005
"""The series from which on a lesser privilege than SUPER lets an account make objects in others' names."""
LOOK = 0.5
"""Seconds between two looks at how far the client has read."""
MEMORY = 8 << 30
"""Bytes of address space of the client: a statement of a gigabyte lies in it more than once."""
CLIENT_OPTIONS = (
    "--batch",
    "--binary-mode",
    "--comments",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
    # Tables of older servers have more columns, or other options, than a new table of today may.
    "--init-command=SET SESSION innodb_strict_mode = OFF",
    # Else the statement that failed is told, which is somebody's data; older clients have no such option.
    "--loose-skip-print-query-on-error",
)
ROOTS = tuple(f"root@{host}" for host in ("localhost", "127.0.0.1", "::1", "%"))
"""Whose objects are the most usual ones; to the private server they are nobody (see ``ADMINISTRATOR`` there)."""
COUNTER = "AUTO_INCREMENT"
_DEFINERS = """
SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s
UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s
UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s
UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s
"""


def restore_dump(dump: Path, server: Connection, record: DumpRecord, *, report: Report, seconds: float) -> Connection:
    """Restore into a new database of ``server``, of the source's own name: its objects may call each other by it.

    ``report`` is told the bytes of the dump that the client has taken.

    Raises:
        NotEqual: the dump has no end, or the client failed; its words are in the message.
        NotReady: it reads in another database.
    """
    whose = f"restauración de «{record.database}»"
    require_end(dump, whose)
    client = require_server(record.major, whose=whose).client
    target = dataclasses.replace(server, database=record.database, user=OWNER)
    with closing(connect(server)) as session, explained(whose):
        _create_database(session, record)
        # A view that calls a function is not even made while the function's definer is nobody.
        _create_definers(session, record.database, {*ROOTS, *record.roles})
    try:
        fill_database(dump, target, client, report=report, seconds=seconds, whose=whose, private=True)
    except NotEqual as error:
        if meaning := explain_restore(error, record.database):
            raise meaning from error
        raise
    with closing(connect(dataclasses.replace(server, database=record.database))) as session, explained(whose):
        found = {str(definer) for (definer,) in ask(session, _DEFINERS, (record.database,) * 4)}
        _create_definers(session, record.database, found)
    return target


def digest_restored(restored: Connection, record: DumpRecord) -> Contents:
    """Digest a quiet database, in the names of the source."""
    label = record.database
    with closing(connect(restored)) as session, explained(str(restored)):
        tables = list_tables(session, restored.database)
        schema = _nearest_schema(session, restored.database, record)
        sequences = {f"{label}.{table.name}.{COUNTER}": str(table.auto_increment) for table in tables}
        counted = {name: value for name, value in sequences.items() if int(value) > 1}
        counted.update(_sequences(session, restored.database, label))
    found = digest_all(restored, [table for table in tables if table.has_rows], label=label)
    return Contents(
        method=METHOD,
        tables=tuple(found[name] for name in sorted(found)),
        sequences=counted,
        schema=schema,
        schema_sha256=sum_of_schema(schema),
    )


def _nearest_schema(session: Session, database: str, record: DumpRecord) -> dict[str, str]:
    """Return the definitions in the words of the record, which may be of before names were made one."""
    schema = read_schema(session, database, label=record.database)
    if not record.schema or schema == record.schema:
        return schema
    told = read_schema(session, database, label=record.database, as_told=True)
    return min((schema, told), key=lambda found: len(found.items() ^ record.schema.items()))


def check_tables(restored: Connection) -> tuple[str, ...]:
    """Let the server check every table and its indexes."""
    said = []
    with closing(connect(restored)) as session, explained(str(restored)):
        for table in list_tables(session, restored.database):
            for name, _, kind, words in ask(session, f"CHECK TABLE {quoted(restored.database, table.name)} EXTENDED"):
                if kind in {"error", "warning"} or (
                    kind == "status" and words not in {"OK", "Table is already up to date"}
                ):
                    said.append(f"La tabla «{name}» está dañada: {words}")
    return tuple(said)


def _sequences(session: Session, database: str, label: str) -> dict[str, str]:
    values = {}
    for name in list_sequences(session, database):
        row = ask(session, f"SELECT next_not_cached_value FROM {quoted(database, name)}")[0]  # noqa: S608 - quoted
        values[f"{label}.{name}"] = f"{row[0]},false"
    return values


def require_end(dump: Path, whose: str) -> None:
    """Raise unless a dump ends as a whole one does.

    Raises:
        NotEqual: it does not.
    """
    with dump.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 256))
        end = stream.read()
    if TAIL not in end:
        raise _not_restored(whose, "le falta el final: no está la línea «Dump completed»")


def _create_database(session: Session, record: DumpRecord) -> None:
    name, owner = quoted(record.database), f"{quoted(OWNER)}@{quoted('localhost')}"
    ask(session, f"CREATE OR REPLACE USER {owner}")
    ask(session, f"CREATE DATABASE {name} CHARACTER SET {quoted(record.encoding)} COLLATE {quoted(record.collation)}")
    ask(session, f"GRANT ALL ON {pattern_of(record.database)}.* TO {owner}")
    reader = f"{quoted(READER)}@{quoted('localhost')}"
    ask(session, f"CREATE OR REPLACE USER {reader}")
    ask(session, f"GRANT SELECT, SHOW VIEW, EXECUTE ON {pattern_of(record.database)}.* TO {reader}")
    (version,) = ask(session, "SELECT VERSION()")[0]
    ask(session, f"GRANT {'SET USER' if major_of(str(version)) >= SET_USER else 'SUPER'} ON *.* TO {owner}")
    ask(session, f"GRANT SELECT ON mysql.proc TO {owner}")


def _create_definers(session: Session, database: str, definers: Iterable[str]) -> None:
    """Make the accounts in whose name views and routines run: without them they could not be asked anything."""
    for definer in sorted(definers):
        user, _, host = definer.rpartition("@")
        if user in {OWNER, READER} or not (user or host):
            continue
        if user and host:
            account = f"{quoted(user)}@{quoted(host)}"
            ask(session, f"CREATE USER IF NOT EXISTS {account} ACCOUNT LOCK")
        else:  # a role
            account = quoted(user or host)
            ask(session, f"CREATE ROLE IF NOT EXISTS {account}")
        ask(session, f"GRANT SELECT, EXECUTE ON {pattern_of(database)}.* TO {account}")


def pattern_of(database: str) -> str:
    """Return a database's name for a grant, where a name is a pattern."""
    return quoted(database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%"))


def fill_database(
    dump: Path, target: Connection, client: Path, *, report: Report, seconds: float, whose: str, private: bool = False
) -> None:
    """Let the client of the engine run a dump in a database that is empty.

    Args:
        dump: the file.
        target: the database; of a private server, its socket's folder and an account without a password.
        client: the program.
        report: told the bytes of the dump that were taken.
        seconds: that it may take.
        whose: for messages.
        private: the server is a scratch server: the client stands within walls as it does.

    Raises:
        NotEqual: it failed; its words are in the message.
        CopyFailed: something killed it.
    """
    starting = _starting_privately(target, client, seconds) if private else _starting(target, client)
    with memory_file() as complaints, starting as start, dump.open("rb", buffering=0) as source:
        process = start(stdin=source, stderr=complaints)
        try:
            _follow(process, source, report, seconds)
        except subprocess.TimeoutExpired:
            raise _not_restored(whose, f"tardó más de {seconds:.0f} segundos") from None
        finally:
            stop(process)
        if process.returncode != 0:
            why = tail_of(complaints)
            if interruption := find_interruption(process, why):  # it says nothing of the dump
                raise CopyFailed("la restauración se interrumpió", whose=whose, why=interruption)
            raise _not_restored(whose, why)


@contextmanager
def _starting(target: Connection, client: Path) -> Iterator[Start]:
    with options_in_memory(target, database=True) as (options, pass_fds, _):
        yield partial(
            spawn, [str(client), options, *CLIENT_OPTIONS], environment=child_environment(), pass_fds=pass_fds
        )


@contextmanager
def _starting_privately(target: Connection, client: Path, seconds: float) -> Iterator[Start]:
    # There is no password to hide, and within the walls no file in memory has a name.
    options = (f"--socket={target.host}/{SOCKET}", f"--user={target.user}", f"--database={target.database}")
    # Twice the time, in seconds of the processor: the clock is to end it first.
    allowance = Allowance(2 * seconds, MEMORY)
    yield partial(
        spawn,
        [str(client), "--no-defaults", *CLIENT_OPTIONS, *options],
        environment=child_environment(),
        account=unprivileged_account(),
        confinement=Confinement((client,), writes=(), reads=(Path(target.host),), allowance=allowance),
    )


def _follow(process: subprocess.Popen[bytes], source: t.IO[bytes], report: Report, seconds: float) -> None:
    """Wait for the client; the file's place is its own, so it tells how far it has read."""
    deadline = time.monotonic() + seconds
    done = 0
    while True:
        try:
            process.wait(LOOK)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise
        place = os.lseek(source.fileno(), 0, os.SEEK_CUR)
        report(max(0, place - done))
        done = max(done, place)
        if process.returncode is not None:
            return


def _not_restored(whose: str, why: str) -> BackupError:
    return NotEqual(
        "el volcado no se pudo restaurar",
        whose=whose,
        why=why,
        repair="no use esta copia; corrija la causa que dice el cliente de MariaDB y repita el caso",
    )
