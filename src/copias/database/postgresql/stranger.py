r"""Load a dump that somebody else made into a private server, without letting it do anything but fill a database.

A dump is a program. ``psql`` would run whatever ``\!`` asks for on this machine, and a superuser's ``COPY … FROM
PROGRAM`` would too. So no psql reads a plain dump: its SQL goes to the server as it is, cut only where the rows of a
``COPY`` begin and end, and a line of psql's own is skipped when pg_dump writes it and refused otherwise. And the role
that loads it owns one database and no more: no files, no programs, no other roles. Owners and privileges are left out.
"""

from __future__ import annotations

import dataclasses
import re
import threading
import typing as t
from contextlib import closing, contextmanager

import psycopg
from psycopg import pq, sql

from copias.database.postgresql.creating import FALLBACK_LOCALES
from copias.database.postgresql.load_watch import DATABASE, Room, Watch
from copias.database.postgresql.session import connect, conninfo, explained
from copias.database.postgresql.sql_lines import Rows, Statements, split_dump
from copias.database.postgresql.stranger_archive import load_archive
from copias.database.postgresql.stranger_faults import NotLoadable, judge_state, not_loaded
from copias.database.postgresql.tools import installed
from copias.errors import BackupError, CopyFailed

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.database.contract import Connection
    from copias.progress import Report

ROLE: t.Final = "copias_entrega"
_ENCODING: t.Final = re.compile(rb"^SET client_encoding = '([A-Za-z0-9_-]{1,40})';", re.MULTILINE)


def find_server_major(needed: int) -> int:
    """Return the oldest major version of a server here that takes a dump of ``needed``.

    Raises:
        NotLoadable: there is none.
    """
    fit = sorted(tools.major for tools in installed() if tools.major >= needed and tools.has("postgres", "initdb"))
    if not fit:
        raise NotLoadable(
            f"no hay aquí un servidor PostgreSQL {needed} o más nuevo", repair=f"instale el paquete postgresql-{needed}"
        )
    return fit[0]


def load_stranger(dump: Path, server: Connection, major: int, *, plain: bool, room: Room, report: Report) -> Connection:
    """Load a dump of unknown make into a new database, as a role that may do nothing else.

    Args:
        dump: a file of ours.
        server: how the administrator of the private server reaches it.
        major: its version.
        plain: it is SQL; else an archive for pg_restore.
        room: what it may take.
        report: told the bytes of a plain dump that the server took; of an archive, the growth of the database.

    Raises:
        NotEqual: it does not load; what of its data a message holds is left out.
        NotLoadable: this server, or a role without privileges, cannot load it.
    """
    target = dataclasses.replace(server, database=DATABASE, user=ROLE)
    with closing(connect(server)) as session, explained("servidor de prueba"):
        session.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(sql.Identifier(ROLE))
        )
        _create_database(session, _find_encoding(dump) if plain else "UTF8")
        watch = Watch(session, room)
        if plain:
            _feed(dump, target, watch, report)
        else:
            load_archive(dump, target, major, watch, report)
    return target


@contextmanager
def limit_time(server: Connection, seconds: float) -> Iterator[None]:
    """End the sessions of the role that loaded a dump when the block takes longer.

    What the dump defined runs when its rows are read, as that role: it may never end by itself.

    Raises:
        NotLoadable: it took longer.
    """
    ended = threading.Event()

    def end() -> None:
        ended.set()
        with closing(connect(server)) as session:
            session.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(ROLE)))
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (ROLE,))

    clock = threading.Timer(seconds, end)
    clock.daemon = True
    clock.start()
    try:
        yield
    except BackupError as error:
        if ended.is_set():
            raise NotLoadable("leer lo que se cargó no termina", why=f"pasaron {seconds:.0f} segundos") from error
        raise
    finally:
        clock.cancel()


def _create_database(session: psycopg.Connection[t.Any], encoding: str) -> None:
    for locale in FALLBACK_LOCALES if encoding == "UTF8" else ("C",):
        statement = sql.SQL(
            "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
        ).format(
            sql.Identifier(DATABASE),
            sql.Identifier(ROLE),
            sql.Literal(encoding),
            sql.Literal(locale),
            sql.Literal(locale),
        )
        try:
            session.execute(statement)
        except (psycopg.errors.WrongObjectType, psycopg.errors.InvalidParameterValue):
            continue
        return
    raise NotLoadable(f"el servidor de prueba no tiene la codificación {encoding!a}")


def _find_encoding(dump: Path) -> str:
    """Return the encoding that a plain dump was written in: of the source itself, unless somebody chose another."""
    with dump.open("rb") as stream:
        found = _ENCODING.search(stream.read(64 << 10))
    return found[1].decode("ascii") if found else "UTF8"


def _feed(dump: Path, target: Connection, watch: Watch, report: Report) -> None:
    """Send a plain dump to the server, its statements as they are, and the rows of each COPY after it."""
    with _raw_session(target, watch) as session, dump.open("rb") as stream:
        copying = False
        for piece in split_dump(stream):
            if isinstance(piece, Rows):
                session.put_copy_data(piece.content) if piece.content else None
                if piece.last:
                    session.put_copy_end()
                    _drain(session)
                    copying = False
            elif isinstance(piece, Statements):
                copying = _ask(session, piece.content, begins_rows=piece.begins_rows)
            report(piece.size)
            watch.check()
        if copying:
            raise not_loaded("le falta el final de las filas de una tabla")


@contextmanager
def _raw_session(target: Connection, watch: Watch) -> Iterator[pq.abc.PGconn]:
    """Open a session below psycopg's: an answer of any size is let go row by row, and none is kept."""
    session = pq.PGconn.connect(conninfo(target).encode())
    try:
        if session.status != pq.ConnStatus.OK:
            raise CopyFailed(
                "no se pudo entrar al servidor de prueba", why=session.error_message.decode(errors="replace")
            )
        clock = threading.Timer(max(0.0, watch.left), lambda: session.get_cancel().cancel())
        clock.daemon = True
        clock.start()
        try:
            yield session
        finally:
            clock.cancel()
    finally:
        session.finish()


def _ask(session: pq.abc.PGconn, statements: bytes, *, begins_rows: bool) -> bool:
    """Send statements and let their answers go; return whether the server now waits for rows."""
    session.send_query(statements)
    session.set_single_row_mode()
    return _drain(session, begins_rows=begins_rows)


def _drain(session: pq.abc.PGconn, *, begins_rows: bool = False) -> bool:
    failure: Exception | None = None
    while (result := session.get_result()) is not None:
        status = result.status
        if status == pq.ExecStatus.COPY_IN and begins_rows:
            return True
        if status in {pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH}:
            raise not_loaded("tiene un COPY que un volcado no tiene")
        if status == pq.ExecStatus.FATAL_ERROR and failure is None:
            failure = judge_state((result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode("ascii", "replace"))
    if failure is not None:
        raise failure
    return False
