"""The demo's source in Firebird: a real server on 127.0.0.1 that ends with whoever started it."""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import typing as t
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from copias.database.children import child_environment, memory_file, run_tool, unprivileged_account
from copias.database.firebird.restore import entrance
from copias.database.firebird.scratch import ScratchServer
from copias.database.firebird.tools import require_client
from copias.files import write_atomically
from copias_sandbox.sinfa import DATABASE, READER, Sinfa, give

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database.contract import Connection

MAJOR = 3


@contextmanager
def serve(folder: Path, *, megabytes: int = 20) -> Iterator[Sinfa]:
    """Start a server in ``folder``, fill it, and end it; ``megabytes`` is its approximate size.

    It is such a server as proofs are made with, with an account more. Every folder above it must let other accounts
    pass when we are root.

    Raises:
        NotReady: no server is installed, or the folder cannot be used.
    """
    folder.mkdir(mode=0o755, parents=True)
    with ScratchServer(MAJOR, folder=folder) as started:
        database = str(started.data / f"{DATABASE}.fdb")
        administrator = dataclasses.replace(started.connection, database=database)
        password = folder / READER
        write_atomically(password, secrets.token_urlsafe(18).encode() + b"\n")
        reader = dataclasses.replace(administrator, user=READER.upper(), password_file=password)
        server = Sinfa(folder, reader, administrator, started.version, started.pid)
        _fill(server, megabytes)
        yield server


def copy_database(source: str, name: str) -> str:
    """Copy a database that nobody uses, file by file, and return the copy's path; it lies beside the source."""
    target = Path(source).with_name(f"{name}.fdb")
    shutil.copyfile(source, target)
    give(target, unprivileged_account())
    return str(target)


def run(at: Connection, statements: str) -> None:
    """Run a script with isql; the first statement that fails raises."""
    tools = require_client(whose=str(at))
    name = f"{at.host}/{at.port}:{at.database}"
    with entrance(at) as (options, descriptors, hidden), memory_file(statements.encode()) as source:
        # As a file of its own: what comes by its standard input isql reads without accents.
        script = ["-input", f"/proc/self/fd/{source.fileno()}"]
        run_tool(
            [tools["isql"], "-quiet", "-bail", "-nodbtriggers", "-charset", "UTF8", *script, *options, name],
            whose=str(at),
            what="ejecutar las sentencias",
            environment=child_environment(),
            pass_fds=[*descriptors, source.fileno()],
            secrets=hidden,
        )


def _fill(server: Sinfa, megabytes: int) -> None:
    at = server.administrator
    made = (
        f"CREATE DATABASE '{at.host}/{at.port}:{at.database}' USER '{at.user}' PASSWORD '{at.password()}'"
        " PAGE_SIZE 8192 DEFAULT CHARACTER SET UTF8;\n"
        f"CREATE USER {server.reader.user} PASSWORD '{server.reader.password()}';\n"
        f"GRANT RDB$ADMIN TO {server.reader.user};\nCOMMIT;\n"
    )
    text = resources.files("copias_sandbox").joinpath("sql/sinfa_firebird.sql").read_text(encoding="utf-8")
    users = dataclasses.replace(at, database=str(Path(at.database).with_name("seguridad.fdb")))
    run(users, made)
    run(at, text.replace(":megabytes", str(megabytes)))
