"""Restore a dump into a new database of a server that is not ours, beside databases that live there.

Firebird renames no database. So it has its own name from the start, and stays shut to all but administrators until it
was compared: whoever opens it before is refused by the server itself.
"""

from __future__ import annotations

import re
import typing as t
from contextlib import closing, suppress

from firebird.driver import DatabaseError

from copias.database.children import run_tool
from copias.database.firebird.faults import Closed, explain
from copias.database.firebird.restore import entrance, fill_database
from copias.database.firebird.session import attach, connect
from copias.database.firebird.tools import require_client
from copias.errors import BackupError, BadConfiguration, BadInput, NotEqual, NotReady

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.database.contract import Connection, DumpRecord
    from copias.progress import Report

OPEN: t.Final = 0
"""The shutdown mode of a database that everybody may use."""
_TAKEN: t.Final = re.compile(r"already exists|ya existe")
_REFUSED: t.Final = re.compile(r"no permission|not granted|Unable to perform|Access to database file|Permission denied")
"""Words of gbak about the account or the folder, which say nothing of the dump."""


def restore_unfinished(
    dump: Path, server: Connection, record: DumpRecord, *, report: Report, seconds: float
) -> Connection:
    """Restore into the new database, shut, and return how to reach it; what fails leaves none.

    Args:
        dump: the file.
        server: its account may create databases; ``database`` is the path of the new file, as the server sees it.
        record: of the dump.
        report: told the bytes of the dump that were taken.
        seconds: that it may take.

    Raises:
        BadInput: a database is there.
        NotReady: the account may not, or the folder is not one where that server keeps databases.
        NotEqual: the dump does not restore.
    """
    _require_free(server)
    tools = require_client(whose=str(server))
    try:
        fill_database(dump, server, record, tools=tools, report=report, seconds=seconds)
        _set_mode(server, "-shut", "multi", "-force", "0")
    except BaseException as error:
        if isinstance(error, NotEqual) and _TAKEN.search(error.why):
            raise _taken(server) from error  # by somebody else, meanwhile
        with suppress(BackupError, DatabaseError):
            _drop(server)
        if isinstance(error, NotEqual) and _REFUSED.search(error.why):
            raise _not_permitted(server, error.why) from error
        raise
    return server


def give_name(unfinished: Connection) -> Connection:
    """Open it to whoever may use it."""
    _set_mode(unfinished, "-online")
    return unfinished


def drop_unfinished(unfinished: Connection) -> None:
    """Remove a database that is still shut, and never another."""
    with closing(connect(unfinished)) as session:
        ((mode,),) = session.ask("SELECT MON$SHUTDOWN_MODE FROM MON$DATABASE")
    if mode == OPEN:
        raise ValueError(unfinished.database)
    _drop(unfinished)


def _require_free(server: Connection) -> None:
    if not re.search(r"[/\\]", server.database):
        raise NotReady(
            "no se sabe en qué carpeta del servidor crear la base de datos",
            whose=str(server),
            repair="escriba folder en restore de esa base, en copias.yml: la carpeta, como la ve el servidor",
        )
    try:
        connect(server).close()
    except BadConfiguration:
        return  # nothing is there
    except Closed as error:
        raise _taken(server) from error
    raise _taken(server)


def _set_mode(database: Connection, *options: str) -> None:
    tools = require_client(whose=str(database))
    with entrance(database) as (entry, descriptors, hidden):
        name = f"{database.host}/{database.port}:{database.database}"
        run_tool(
            [tools["gfix"], *options, *entry, name],
            whose=str(database),
            what="abrir o cerrar la base restaurada",
            pass_fds=descriptors,
            secrets=hidden,
        )


def _drop(database: Connection) -> None:
    handle, _ = attach(database)
    try:
        handle.drop_database()
    except DatabaseError as error:
        raise explain(error, str(database)) from error


def _taken(server: Connection) -> BadInput:
    return BadInput(
        "ya existe una base de datos con ese nombre, y nunca se escribe sobre una",
        whose=str(server),
        why="si está cerrada, puede ser de una restauración que se interrumpió",
        repair="dé otro nombre con --to",
    )


def _not_permitted(server: Connection, why: str) -> NotReady:
    return NotReady(
        f"el usuario «{server.user}» o el servidor no pueden crear la base de datos en esa carpeta",
        whose=str(server),
        why=why,
        repair="entre como SYSDBA, o dele CREATE DATABASE y use la carpeta de DatabaseAccess; "
        "o saque el volcado a una carpeta: --to ./carpeta",
    )
