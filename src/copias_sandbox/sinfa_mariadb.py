"""The demo's source in MariaDB: a real server on 127.0.0.1 that ends with whoever started it."""

from __future__ import annotations

import dataclasses
import secrets
import subprocess
import time
import typing as t
from contextlib import closing, contextmanager
from importlib import resources

import pymysql
from pymysql.constants import CLIENT

from copias.database.children import Process, child_environment, spawn, stop, unprivileged_account
from copias.database.contract import Connection
from copias.database.mariadb.scratch import initialise
from copias.database.mariadb.session import SOCKET, Session, ask, connect, quoted, socket_of
from copias.database.mariadb.tools import Server, require_server
from copias.errors import CopyFailed, SourceUnavailable
from copias.files import write_atomically
from copias.loopback import HOST, free_port
from copias_sandbox.sinfa import ADMINISTRATOR, DATABASE, READER, Sinfa, give

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "root"
START_SECONDS = 60
SETTINGS = (
    "--skip-name-resolve",
    "--skip-log-bin",
    "--event-scheduler=OFF",
    "--character-set-server=utf8mb4",
    "--max-allowed-packet=64M",
    # Nothing in it is worth more than the time to make it again.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--innodb-flush-method=O_DIRECT_NO_FSYNC",
    "--innodb-buffer-pool-size=256M",
    "--performance-schema=OFF",
)
READS = "SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES"


@contextmanager
def serve(folder: Path, *, megabytes: int = 20) -> Iterator[Sinfa]:
    """Start a server in ``folder``, which must not exist, fill it, and end it; ``megabytes`` is its approximate size.

    Every folder above it must let other accounts pass when we are root.

    Raises:
        NotReady: no server is installed, or the folder cannot be used.
    """
    account = unprivileged_account()
    folder.mkdir(mode=0o700, parents=True)
    give(folder, account)
    found = require_server(0, whose=DATABASE)
    initialise(found, folder / "data", account)
    port = free_port()
    process = _launch(found, folder, port)
    try:
        server = _describe(folder, found, port, process)
        with closing(_first_session(folder, process)) as session:
            _make_accounts(session, server)
        make_database(server, DATABASE, megabytes)
        yield server
    finally:
        stop(process)


def make_database(server: Sinfa, name: str, megabytes: int) -> None:
    """Make one more copy of the demo's database: the same rows for the same size, whatever the day."""
    text = resources.files("copias_sandbox").joinpath("sql/sinfa_mariadb.sql").read_text(encoding="utf-8")
    for number in (2400, 1100, 900, 700):
        text = text.replace(f":rows_{number}", f"seq_1_to_{number * megabytes}")
    text = text.replace(":files", f"seq_1_to_{3 * megabytes}")
    with closing(administrator(server)) as session:
        ask(session, f"CREATE DATABASE {quoted(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_spanish_ci")
        ask(session, f"USE {quoted(name)}")
        run(session, "SET NAMES utf8mb4 COLLATE utf8mb4_spanish_ci; SET group_concat_max_len = 1000000;" + text)
        ask(session, f"GRANT {READS} ON {quoted(name.replace('_', chr(92) + '_'))}.* TO {quoted(READER)}@'%%'", ())


def administrator(server: Sinfa, database: str = "mysql") -> Session:
    """Open a session of the administrator, see :func:`open_powerful`."""
    return open_powerful(dataclasses.replace(server.administrator, database=database))


def open_powerful(at: Connection) -> Session:
    """Open a session that takes several statements at once, see :func:`run`."""
    return pymysql.connect(
        host=at.host,
        port=at.port,
        unix_socket=socket_of(at.host),
        user=at.user,
        password=at.password() or "",
        database=at.database,
        charset="utf8mb4",
        autocommit=True,
        client_flag=CLIENT.MULTI_STATEMENTS,
    )


def run(session: Session, statements: str) -> None:
    """Run statements in turn; the first one that fails raises."""
    with session.cursor() as cursor:
        cursor.execute(statements, None)
        while cursor.nextset():
            pass


def _launch(found: Server, folder: Path, port: int) -> Process:
    command = [
        str(found.server),
        "--no-defaults",
        f"--datadir={folder / 'data'}",
        f"--tmpdir={folder / 'data'}",
        f"--socket={folder / SOCKET}",
        f"--pid-file={folder / 'data' / 'servidor.pid'}",
        f"--bind-address={HOST}",
        f"--port={port}",
        *SETTINGS,
    ]
    with (folder / "servidor.log").open("wb") as log:
        return spawn(
            command,
            environment=child_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            account=unprivileged_account(),
        )


def _first_session(folder: Path, process: Process) -> Session:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return connect(Connection(str(folder), 0, "mysql", ROOT))
        except SourceUnavailable:
            time.sleep(0.05)
    log = (folder / "servidor.log").read_text(errors="replace")
    raise CopyFailed("el servidor de la demostración no arrancó", whose=DATABASE, why=log[-500:])


def _make_accounts(session: Session, server: Sinfa) -> None:
    """Leave two accounts, each with a password: the one that reads and the one that plays the town hall."""
    for at in (server.administrator, server.reader):
        ask(session, f"CREATE USER {quoted(at.user)}@'%%' IDENTIFIED BY %s", (at.password(),))
    ask(session, f"GRANT ALL ON *.* TO {quoted(ADMINISTRATOR)}@'%' WITH GRANT OPTION")
    ask(session, f"GRANT RELOAD, PROCESS ON *.* TO {quoted(READER)}@'%'")
    ask(session, f"GRANT SELECT ON mysql.* TO {quoted(READER)}@'%'")
    for user, host in ask(session, "SELECT User, Host FROM mysql.user WHERE User IN ('root', '')"):
        ask(session, f"DROP USER {quoted(user)}@{quoted(host)}")


def _describe(folder: Path, found: Server, port: int, process: Process) -> Sinfa:
    for name in (ADMINISTRATOR, READER):
        write_atomically(folder / name, secrets.token_urlsafe(18).encode() + b"\n")
    reader = Connection(HOST, port, DATABASE, READER, folder / READER)
    return Sinfa(
        folder=folder,
        reader=reader,
        administrator=dataclasses.replace(reader, user=ADMINISTRATOR, password_file=folder / ADMINISTRATOR),
        version=found.version,
        pid=process.pid,
    )


__all__ = ["administrator", "make_database", "open_powerful", "run", "serve"]
