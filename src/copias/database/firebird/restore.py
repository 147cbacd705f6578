"""Restore a dump into a private server, and look at what came out."""

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
    run_tool,
    spawn,
    stop,
    tail_of,
    unprivileged_account,
)
from copias.database.confinement import Allowance, Confinement
from copias.database.contract import Connection, Contents, DumpRecord
from copias.database.firebird.catalog import list_tables, read_sequences
from copias.database.firebird.definitions import leave_out_unrecorded, read_schema
from copias.database.firebird.digest import METHOD, digest_tables
from copias.database.firebird.moment import recognise_sequence
from copias.database.firebird.session import connect
from copias.database.firebird.tools import require_client, require_server
from copias.database.schema import sum_of_schema
from copias.errors import BackupError, CopyFailed, NotEqual, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copias.database.children import Process
    from copias.database.firebird.tools import Tools
    from copias.progress import Report

Start: t.TypeAlias = "Callable[..., Process]"
"""Starts the engine's program, given its input and where its complaints go."""
HEAD = b"\0\2\4"
"""The record of the backup itself, and the first number of its format."""
LOOK = 0.5
"""Seconds between two looks at how far the program has read."""
CLIENT_FILES = ("firebird.conf", "plugins.conf", "databases.conf", "firebird.msg", "plugins", "intl")
"""What of a private server's root its client reads."""


@contextmanager
def entrance(connection: Connection) -> Iterator[tuple[list[str], list[int], list[str]]]:
    """Yield a tool's options that let it in, the files it inherits, and what must not be repeated."""
    password = connection.password()
    with memory_file(f"{password or ''}\n".encode()) as stream:
        descriptor = stream.fileno()
        options = ["-user", connection.user, "-fetch_password", f"/proc/self/fd/{descriptor}"]
        yield options, [descriptor], [password] if password else []


def services(connection: Connection) -> str:
    """Return the name of the server's service manager: the server itself does the work, far faster than a client."""
    return f"{connection.host}/{connection.port}:service_mgr"


def restore_dump(dump: Path, server: Connection, record: DumpRecord, *, report: Report, seconds: float) -> Connection:
    """Restore into a new database file of ``server``. ``report`` is told the bytes of the dump that were taken.

    Raises:
        NotEqual: the dump is not whole, or gbak failed; its words are in the message.
    """
    file = Path(server.database).with_name(f"prueba_{record.sha256[:12]}.fdb")
    target = dataclasses.replace(server, database=str(file))
    tools = require_server(record.major, whose=f"restauración de «{record.database}»")
    fill_database(dump, target, record, tools=tools, report=report, seconds=seconds, private=True)
    return target


def fill_database(
    dump: Path,
    target: Connection,
    record: DumpRecord,
    *,
    tools: Tools,
    report: Report,
    seconds: float,
    private: bool = False,
) -> None:
    """Let the server of ``target`` make that database, which must not exist, of a dump that gbak sends it.

    Of a ``private`` server, a scratch server, gbak stands within walls as that does.

    Raises:
        NotEqual: the dump is not whole, or gbak failed; its words are in the message.
    """
    whose = f"restauración de «{record.database}»"
    with dump.open("rb") as stream:
        if stream.read(len(HEAD)) != HEAD:
            raise _not_restored(whose, "no empieza como un respaldo de gbak")
    starting = _starting_privately(target, tools, seconds) if private else _starting(target, tools)
    with starting as (start, hidden), memory_file() as complaints, dump.open("rb") as source:
        process = start(stdin=source, stderr=complaints)
        try:
            _follow(process, source, report, seconds)
        except subprocess.TimeoutExpired:
            raise _not_restored(whose, f"tardó más de {seconds:.0f} segundos") from None
        finally:
            stop(process)
        if process.returncode != 0:
            why = tail_of(complaints, secrets=hidden)
            if interruption := find_interruption(process, why):  # it says nothing of the dump
                raise CopyFailed("la restauración se interrumpió", whose=whose, why=interruption)
            raise _not_restored(whose, why)


@contextmanager
def _starting(target: Connection, tools: Tools) -> Iterator[tuple[Start, list[str]]]:
    with entrance(target) as (options, descriptors, hidden):
        yield (
            partial(spawn, _command(target, tools, options), environment=child_environment(), pass_fds=descriptors),
            hidden,
        )


@contextmanager
def _starting_privately(target: Connection, tools: Tools, seconds: float) -> Iterator[tuple[Start, list[str]]]:
    """Yield what starts gbak within walls: it sees its password's file, and reaches the port of the server."""
    password_file = t.cast("Path", target.password_file)  # within the walls no file in memory has a name
    folder = password_file.parent
    library = (tools.library,) if tools.library else ()
    yield (
        partial(
            spawn,
            _command(target, tools, ["-user", target.user, "-fetch_password", str(password_file)]),
            environment=child_environment(FIREBIRD=str(folder)),
            account=unprivileged_account(),
            confinement=Confinement(
                (tools.programs["gbak"],),
                writes=(),
                reads=(password_file, *(folder / name for name in CLIENT_FILES), *library),
                servers=(target.port,),
                allowance=Allowance(2 * seconds),  # of the processor: the clock is to end it first
            ),
        ),
        [target.password() or ""],
    )


def _command(target: Connection, tools: Tools, entry: list[str]) -> list[str]:
    # Without shadows: those would be more files, at places that the dump names.
    return [tools["gbak"], "-c", "-k", "-se", services(target), *entry, "stdin", target.database]


def digest_restored(restored: Connection, record: DumpRecord) -> Contents:
    """Digest a quiet database.

    Raises:
        NotReady: the dump was made without digests, or by a program that knew another way.
    """
    if record.method != METHOD:
        raise NotReady(
            "esa copia no se puede comparar con su restauración",
            whose=str(restored),
            why=f"sus huellas se hicieron con el método «{record.method}»",
            repair="use otra copia; las copias normales siempre llevan huellas",
        )
    with closing(connect(restored)) as session:
        moment = session.begin()
        try:
            tables = list_tables(moment)
            schema = leave_out_unrecorded(read_schema(moment), record.schema)
            values = read_sequences(moment)
            found = digest_tables(moment, tables)
        finally:
            moment.end()
    return Contents(
        method=METHOD,
        tables=tuple(found[name] for name in sorted(found)),
        sequences={name: recognise_sequence(record.sequences.get(name), value) for name, value in values.items()},
        schema=schema,
        schema_sha256=sum_of_schema(schema),
    )


def check_pages(restored: Connection, *, seconds: float) -> tuple[str, ...]:
    """Let the server validate every page and record; whatever it says is a complaint."""
    tools = require_client(whose=str(restored))
    with entrance(restored) as (options, descriptors, hidden):
        name = f"{restored.host}/{restored.port}:{restored.database}"
        try:
            said = run_tool(
                [tools["gfix"], "-validate", "-full", *options, name],
                whose=str(restored),
                what="validar la base restaurada",
                pass_fds=descriptors,
                secrets=hidden,
                seconds=seconds,
            )
        except CopyFailed as error:
            return (str(error),)
    return tuple(line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip())


def _follow(process: subprocess.Popen[bytes], source: t.IO[bytes], report: Report, seconds: float) -> None:
    """Wait for gbak; the file's place is its own, so it tells how far it has read."""
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
        repair="no use esta copia; corrija la causa que dice gbak y repita el caso",
    )
