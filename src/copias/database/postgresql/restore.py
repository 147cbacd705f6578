"""Restore a dump into a private server, and look at what came out."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import time
import typing as t
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from copias.database.children import memory_file, run_tool, spawn, stop, tail_of
from copias.database.contract import Connection, Contents, DumpRecord
from copias.database.postgresql.archive import schema_of, sequence_name
from copias.database.postgresql.catalog import list_relations, list_sequences
from copias.database.postgresql.creating import create_database, read_order
from copias.database.postgresql.digest import Digester
from copias.database.postgresql.passwords import password_in_memory
from copias.database.postgresql.session import connect, conninfo, encoding_of, explained
from copias.database.postgresql.tools import Tools, require_server
from copias.database.postgresql.wording import find_wording, fixed
from copias.database.schema import sum_of_schema
from copias.errors import BackupError, CopyFailed, NotEqual, NotReady

if t.TYPE_CHECKING:
    from copias.database.postgresql.session import Session
    from copias.progress import Report

JOBS = 2
LOOK = 0.5
"""Seconds between two looks at the size of what is being restored."""
_DATA = re.compile(r" · (?:DETAIL|CONTEXT): .*?(?= · (?:pg_restore|HINT|Command was|ERROR):|$)", re.DOTALL)
"""Where the server quotes the row that it refused, which is somebody's data."""


def restore_dump(dump: Path, server: Connection, record: DumpRecord, *, report: Report, seconds: float) -> Connection:
    """Restore into a new database of ``server``, owners and privileges included.

    The roles that the dump names are made first, without a password and unable to log in: so ownership and
    privileges are compared too, instead of being left out of the restore. ``report`` is told the growth in bytes.

    Raises:
        NotReady: the server lacks an extension that the dump uses.
        NotEqual: pg_restore failed; its words are in the message.
    """
    target = dataclasses.replace(server, database=f"prueba_{record.sha256[:12]}")
    with closing(connect(server)) as session:
        fill_database(dump, target, session, record, report=report, seconds=seconds)
    return target


def fill_database(
    dump: Path,
    target: Connection,
    session: Session,
    record: DumpRecord,
    *,
    report: Report,
    seconds: float,
    superusers: bool = True,
) -> None:
    """Create ``target``, which must not exist, and restore into it; ``session`` is of the same server.

    ``superusers`` makes the roles that were superusers such again, which only a private server should allow.

    Raises:
        NotReady: the server lacks an extension that the dump uses.
        NotEqual: pg_restore failed; its words are in the message.
    """
    whose = f"restauración de «{record.database}»"
    tools = require_server(record.major, whose=whose)
    with explained(whose):
        _require_extensions(session, record, whose)
        _create_roles(session, record, superusers=superusers)
        order = read_order(dump, record, tools=tools, whose=whose)
        create_database(session, target.database, record, order, private=superusers)
        _run(tools, dump, target, session, report=report, seconds=seconds, whose=whose)


def digest_restored(restored: Connection, record: DumpRecord) -> Contents:
    """Digest a quiet database in the way that its dump was."""
    whose = str(restored)
    tools = require_server(record.major, whose=whose)
    with closing(connect(restored)) as session, explained(whose):
        relations = list_relations(session, sized=True)
        sequences, encoding = _sequences(session), encoding_of(session)
    with Digester(restored, relations, record.method) as digester:
        read = partial(_read_schema, restored, tools, encoding)
        schema = find_wording(record.schema, record.major, read)
        tables, large_objects = digester.finish()
    return Contents(
        method=record.method,
        tables=tables,
        sequences=sequences,
        schema=schema,
        schema_sha256=sum_of_schema(schema),
        large_objects=large_objects,
    )


def _read_schema(restored: Connection, tools: Tools, encoding: str, settings: dict[str, str]) -> dict[str, str]:
    whose = str(restored)
    options = ("--format=custom", "--schema-only", f"--encoding={encoding}", f"--dbname={conninfo(restored)}")
    with password_in_memory(restored) as (environment, pass_fds, secrets):
        archive = run_tool(
            [tools["pg_dump"], *options],
            whose=whose,
            what="leer la definición restaurada",
            environment=fixed(environment, settings),
            pass_fds=pass_fds,
            secrets=secrets,
        )
    return schema_of(tools, archive, whose=whose, encoding=encoding)


def check_indexes(restored: Connection) -> tuple[str, ...]:
    """Check every B-tree index against its table with amcheck, where the server has it."""
    with closing(connect(restored)) as session, explained(str(restored)):
        if not session.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'").fetchone():
            return ()
        # In a transaction that is undone: the restored database stays as it was restored.
        with session.transaction(force_rollback=True):
            session.execute("CREATE SCHEMA copias_amcheck; CREATE EXTENSION amcheck SCHEMA copias_amcheck")
            return tuple(_complaints(session))


def _complaints(session: Session) -> t.Iterator[str]:
    indexes = session.execute(
        "SELECT c.oid::int8, n.nspname || '.' || c.relname FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_am a ON a.oid = c.relam"
        " WHERE c.relkind = 'i' AND a.amname = 'btree' AND c.relpersistence <> 't' AND i.indisvalid"
        " AND n.nspname !~ '^pg_' ORDER BY 2"
    ).fetchall()
    for oid, name in indexes:
        try:
            with session.transaction():
                session.execute("SELECT copias_amcheck.bt_index_check(%s::int8::oid::regclass)", (oid,))
        except psycopg.Error as error:
            yield f"El índice «{name}» está dañado: {error.diag.message_primary}"


def _require_extensions(session: Session, record: DumpRecord, whose: str) -> None:
    there = {name for (name,) in session.execute("SELECT name FROM pg_available_extensions").fetchall()}
    missing = sorted(record.extensions.keys() - there)
    if missing:
        raise NotReady(
            "al servidor de prueba le faltan extensiones que la base de datos usa",
            whose=whose,
            why=", ".join(missing),
            repair=f"instale sus paquetes para PostgreSQL {record.major} en esta máquina",
        )


def _create_roles(session: Session, record: DumpRecord, *, superusers: bool) -> None:
    there = {name for (name,) in session.execute("SELECT rolname FROM pg_roles").fetchall()}
    for name, superuser in record.roles.items():
        if name not in there:
            # Only a superuser may own an event trigger or a foreign-data wrapper.
            kind = sql.SQL("SUPERUSER" if superuser and superusers else "NOSUPERUSER")
            session.execute(sql.SQL("CREATE ROLE {} NOLOGIN {}").format(sql.Identifier(name), kind))


def _run(
    tools: Tools, dump: Path, target: Connection, session: Session, *, report: Report, seconds: float, whose: str
) -> None:
    command = [
        tools["pg_restore"],
        f"--jobs={JOBS}",
        "--exit-on-error",
        "--no-tablespaces",
        f"--dbname={conninfo(target)}",
        str(dump),
    ]
    with memory_file() as complaints, password_in_memory(target) as (environment, pass_fds, _):
        process = spawn(command, environment=environment, stderr=complaints, pass_fds=pass_fds)
        try:
            _follow(process, session, target.database, report, seconds)
        except subprocess.TimeoutExpired:
            raise _not_restored(whose, f"tardó más de {seconds:.0f} segundos") from None
        finally:
            stop(process)
        if process.returncode < 0:  # killed, by a person or for want of memory: that says nothing of the dump
            raise CopyFailed("la restauración se interrumpió", whose=whose, why=f"señal {-process.returncode}")
        if process.returncode != 0:
            raise _not_restored(whose, _DATA.sub("", tail_of(complaints)))


def _follow(process: subprocess.Popen[bytes], session: Session, database: str, report: Report, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    done = _size(session, database)
    while True:
        try:
            process.wait(LOOK)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise
        size = _size(session, database)
        report(max(0, size - done))
        done = max(done, size)
        if process.returncode is not None:
            return


def _size(session: Session, database: str) -> int:
    row = session.execute("SELECT pg_database_size(%s)", (database,)).fetchone()
    return int(row[0]) if row else 0


def _not_restored(whose: str, why: str) -> BackupError:
    return NotEqual(
        "el volcado no se pudo restaurar",
        whose=whose,
        why=why,
        repair="no use esta copia; corrija la causa que dice pg_restore y repita el caso",
    )


def _sequences(session: Session) -> dict[str, str]:
    values = {}
    for schema, name in list_sequences(session):
        statement = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name))
        row = session.execute(statement).fetchone()
        if row is not None:
            values[sequence_name(schema, name)] = f"{row[0]},{str(row[1]).lower()}"
    return values
