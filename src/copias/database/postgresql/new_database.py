"""Restore a dump into a new database of a server that is not ours, beside databases that live there.

It has a passing name until it was compared: so under the name that was asked for there is a good database or none.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from contextlib import closing

import psycopg
from psycopg import sql

from copias.database.postgresql.properties import restore_properties
from copias.database.postgresql.restore import fill_database
from copias.database.postgresql.session import connect, explained
from copias.database.postgresql.tools import require_server
from copias.errors import BadInput, NotEqual, NotReady

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.database.contract import Connection, DumpRecord
    from copias.database.postgresql.session import Session
    from copias.progress import Report

ENTRANCE: t.Final = "postgres"
"""The database of every server, to connect to for making others."""
PASSING: t.Final = "copias_restaurando_"
_REFUSED: t.Final = re.compile(r"permission denied|permiso denegado|must be |debe ser |SET ROLE")
"""Words of pg_restore about the account, which say nothing of the dump."""


def restore_unfinished(
    dump: Path, server: Connection, record: DumpRecord, *, report: Report, seconds: float
) -> Connection:
    """Restore under a passing name, and return how to reach it; what fails leaves no database.

    Roles that the dump names and the server has not are made there, unable to log in and never superusers.

    Args:
        dump: the file.
        server: its account may create databases; ``database`` is the name that is wanted, which must be free.
        record: of the dump.
        report: told the growth in bytes.
        seconds: that it may take.

    Raises:
        BadInput: a database of that name exists.
        NotReady: the account may not create databases or roles, or the server is of another version.
        NotEqual: the dump does not restore.
    """
    unfinished = dataclasses.replace(server, database=PASSING + record.sha256[:12])
    with closing(connect(dataclasses.replace(server, database=ENTRANCE))) as session:
        with explained(str(server)):
            _require_fit(session, server, record)
            _drop(session, unfinished.database)  # of a restore that was killed
        try:
            fill_database(dump, unfinished, session, record, report=report, seconds=seconds, superusers=False)
            tools = require_server(record.major, whose=str(server))
            restore_properties(dump, unfinished, record, tools=tools)
        except BaseException as error:
            with explained(str(server)):
                _drop(session, unfinished.database)
            if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
                raise _not_permitted(server, str(error.__cause__)) from error
            if isinstance(error, NotEqual) and _REFUSED.search(error.why):
                raise _not_permitted(server, error.why) from error
            raise
    return unfinished


def give_name(unfinished: Connection, name: str) -> Connection:
    """Rename it; one that took the name meanwhile stays as it is.

    Raises:
        BadInput: it is taken.
    """
    named = dataclasses.replace(unfinished, database=name)
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with closing(connect(dataclasses.replace(named, database=ENTRANCE))) as session, explained(str(named)):
        try:
            session.execute(statement.format(sql.Identifier(unfinished.database), sql.Identifier(name)))
        except psycopg.errors.DuplicateDatabase:
            raise _taken(named) from None
    return named


def drop_unfinished(unfinished: Connection) -> None:
    """Remove a database with a passing name, and never another."""
    if not unfinished.database.startswith(PASSING):
        raise ValueError(unfinished.database)
    with closing(connect(dataclasses.replace(unfinished, database=ENTRANCE))) as session, explained(str(unfinished)):
        _drop(session, unfinished.database)


def _drop(session: Session, name: str) -> None:
    session.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _require_fit(session: Session, server: Connection, record: DumpRecord) -> None:
    if session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (server.database,)).fetchone():
        raise _taken(server)
    major = session.info.server_version // 10000
    if major != record.major:
        raise NotReady(
            "el servidor es de otra versión que la copia, y lo restaurado no se podría comparar",
            whose=str(server),
            why=f"el servidor es PostgreSQL {major} y la copia es de PostgreSQL {record.major}",
            repair="use un servidor de esa versión, o saque el volcado a una carpeta: --to ./carpeta",
        )


def _taken(server: Connection) -> BadInput:
    return BadInput(
        "ya existe una base de datos con ese nombre, y nunca se escribe sobre una",
        whose=str(server),
        repair="dé otro nombre con --to",
    )


def _not_permitted(server: Connection, why: str) -> NotReady:
    return NotReady(
        f"el usuario «{server.user}» no puede crear la base de datos o sus roles",
        whose=str(server),
        why=" ".join(why.split()),
        repair="dele CREATEDB y CREATEROLE en ese servidor, y que sea miembro de los roles dueños; "
        "o saque el volcado a una carpeta: --to ./carpeta",
    )
