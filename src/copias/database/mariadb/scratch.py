"""A private MariaDB that lives for one proof: no network, its own folder, an account without privileges."""

from __future__ import annotations

import dataclasses
import secrets
import subprocess
import time
import typing as t
from contextlib import ExitStack, closing
from pathlib import Path

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
from copias.database.mariadb.session import SOCKET, ask, connect
from copias.database.mariadb.tools import Server, require_server, series_of
from copias.database.server import ServerFolder, require_room
from copias.errors import CopyFailed, NotReady, SourceUnavailable

PORT = 3306
"""A number to be told; no port is opened."""
ADMINISTRATOR = f"copias_{secrets.token_hex(16)}"
"""A name that no dump knows: whoever restores one may make objects in others' names, and then run them as those."""
_ONLY_OURS = (
    f"UPDATE mysql.global_priv SET User = '{ADMINISTRATOR}' WHERE User = 'root' AND Host = 'localhost'",  # noqa: S608
    f"DELETE FROM mysql.global_priv WHERE User <> '{ADMINISTRATOR}'",  # noqa: S608
    # What the server's own accounts may see, our name too.
    "DELETE FROM mysql.tables_priv",
    "DELETE FROM mysql.proxies_priv",
    "FLUSH PRIVILEGES",
)
START_SECONDS = 60
OWN_ROOM = 600 << 20
"""Bytes of an empty server: its logs, its system tables, its temporary space."""
SETTINGS = (
    "--skip-networking",
    # The dump's own events and its owners' files are none of this machine's business.
    "--event-scheduler=OFF",
    "--local-infile=OFF",
    "--skip-symbolic-links",
    "--skip-log-bin",
    "--max-allowed-packet=1G",
    "--max-connections=20",
    "--character-set-server=utf8mb4",
    # Nobody will ever read this server again: what protects against a power cut is only slow.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--innodb-flush-method=O_DIRECT_NO_FSYNC",
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=256M",
    "--innodb-fast-shutdown=2",
    "--performance-schema=OFF",
)


class ScratchServer:
    """A context manager: starts the server, and leaves neither a process nor a file."""

    def __init__(
        self, major: int, *, folder: Path | None = None, room: int = 0, letter_case: int = 0, mariadb: bool = True
    ) -> None:
        """Prepare a server of at least this series in ``folder``, which must have ``room`` bytes free.

        ``letter_case`` is the source's ``lower_case_table_names``; 2 is only of other systems' disks.
        """
        self._major = major
        self._parent = folder
        self._room = room
        self._letter_case = 1 if letter_case else 0
        self._mariadb = mariadb
        self._opened = ExitStack()
        self._process: Process | None = None

    @property
    def connection(self) -> Connection:
        """Return how its administrator reaches it."""
        return Connection(str(self._place.socket), PORT, "mysql", ADMINISTRATOR)

    @property
    def version(self) -> str:
        """Return its version."""
        return self._found.version

    @property
    def pid(self) -> int:
        """Return the server process's id."""
        return server_pid(self._process)

    @property
    def confinement(self) -> str:
        """Return what keeps it from the rest of this machine, in Spanish."""
        return say_confinement()

    def __enter__(self) -> t.Self:
        self._found = require_server(self._major, whose="servidor de prueba", mariadb=self._mariadb)
        account = unprivileged_account()
        with ExitStack() as opened:
            self._place = opened.enter_context(ServerFolder("mariadb", account=account, parent=self._parent))
            require_room(self._place.path, self._room)
            initialise(self._found, self._place.path / "data", account)
            self._process = self._start(account)
            opened.callback(stop, self._process)
            self._wait_until_ready()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _start(self, account: Account | None) -> Process:
        place = self._place
        command = [
            str(self._found.server),
            "--no-defaults",
            f"--datadir={place.path / 'data'}",
            f"--tmpdir={place.path / 'data'}",
            f"--secure-file-priv={place.socket}",  # where nothing is to be read or written
            f"--socket={place.socket / SOCKET}",
            f"--pid-file={place.path / 'data' / 'servidor.pid'}",
            f"--lower-case-table-names={self._letter_case}",
            *SETTINGS,
        ]
        with (place.path / "servidor.log").open("wb") as log:
            return spawn(
                command,
                environment=child_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                account=account,
                confinement=Confinement(programs=(self._found.server,), writes=(place.path / "data", place.socket)),
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
            try:
                session = connect(dataclasses.replace(self.connection, user="root"))
            except SourceUnavailable:
                time.sleep(0.05)
            else:
                with closing(session):
                    for statement in _ONLY_OURS:
                        ask(session, statement)
                return
        log = (self._place.path / "servidor.log").read_text(errors="replace")
        raise NotReady(
            "el servidor de prueba no arrancó",
            whose=f"MariaDB {self.version}",
            why=" · ".join(log.split("\n")[-6:]).strip(" ·"),
            repair="revise el espacio en disco y la memoria de esta máquina",
        )


def initialise(server: Server, data: Path, account: Account | None) -> None:
    """Make an empty server's files in ``data``; its administrator has no password, and only the socket leads to it.

    Raises:
        NotReady: the program that makes them failed; its words are in the message.
    """
    command = [
        str(server.install),
        "--no-defaults",
        f"--datadir={data}",
        # In the common one two servers of different namespaces, which may have one process number, meet.
        f"--tmpdir={data}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        "--innodb-flush-method=O_DIRECT_NO_FSYNC",
    ]
    try:
        run_tool(command, whose=f"MariaDB {series_of(server.major)}", what="crear el servidor", account=account)
    except CopyFailed as error:
        raise NotReady(
            "no se pudo crear el servidor de prueba",
            whose=error.whose,
            why=error.why,
            repair="revise el espacio en disco y que la carpeta temporal admita a otras cuentas",
        ) from error
