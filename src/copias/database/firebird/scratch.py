"""A private Firebird that lives for one proof: its own configuration, users and folder, on 127.0.0.1 alone.

Firebird has no sockets but those of the network. So nobody but who reads a password made for this one proof comes
in. The port is told in the configuration: told in the command (``-p``) the server listens on all addresses.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import time
import typing as t
from contextlib import ExitStack
from pathlib import Path

from copias.database.children import (
    Account,
    Process,
    child_environment,
    memory_file,
    run_tool,
    server_pid,
    spawn,
    stop,
    unprivileged_account,
)
from copias.database.confinement import Confinement
from copias.database.contract import Connection
from copias.database.enclosing import say_confinement
from copias.database.firebird.session import connect
from copias.database.firebird.tools import require_server
from copias.database.server import ServerFolder, require_room
from copias.errors import BackupError, CopyFailed, NotReady, SourceUnavailable
from copias.loopback import HOST, free_port

ADMINISTRATOR = "SYSDBA"
START_SECONDS = 60
TRIES = 3
"""Ports to try: somebody may take one between our choice and the server's start."""
SETTINGS = {
    "RemoteBindAddress": HOST,
    "RemoteAuxPort": "0",
    "ServerMode": "Super",
    # What a restored database says shall neither read nor run anything of this machine.
    "ExternalFileAccess": "None",
    "MaxUserTraceLogSize": "0",
    "DefaultDbCachePages": "8192",
    "TempCacheLimit": "268435456",
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
        self._port = 0

    @property
    def connection(self) -> Connection:
        """Return how its administrator reaches it; its database is that of the users."""
        return Connection(HOST, self._port, str(self._security), ADMINISTRATOR, self._place.path / "clave")

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
        return say_confinement(network=True)

    @property
    def data(self) -> Path:
        """Return the only folder whose databases it opens."""
        return self._place.path / "data"

    @property
    def _security(self) -> Path:
        return self.data / "seguridad.fdb"

    def __enter__(self) -> t.Self:
        self._tools = require_server(self._major, whose="servidor de prueba")
        self._account = unprivileged_account()
        with ExitStack() as opened:
            self._place = opened.enter_context(ServerFolder("firebird", account=self._account, parent=self._parent))
            require_room(self._place.path, self._room)
            self._arrange()
            self._create_users()
            opened.callback(self._end)
            self._start()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _arrange(self) -> None:
        """Make the folders, and a root of the installation's own shape around our configuration."""
        root, library = self._place.path, self._tools.library
        if library is None:
            raise AssertionError("such an installation has no server")
        for folder in (self.data, root / "cerrojos"):
            folder.mkdir(mode=0o700)
            _give(folder, self._account)
        (root / "plugins").symlink_to(library / "plugins")
        if (library / "firebird.msg").exists():
            (root / "firebird.msg").symlink_to(library / "firebird.msg")
        # Copied: Firebird finds no character sets behind a link.
        shutil.copytree(library / "intl", root / "intl")
        for name in ("plugins.conf", "databases.conf"):
            (root / name).write_text("")
        self._configure()

    def _configure(self) -> None:
        self._port = free_port()
        settings = {
            **SETTINGS,
            "RemoteServicePort": str(self._port),
            "DatabaseAccess": f"Restrict {self.data}",
            "UdfAccess": f"Restrict {self._tools.library}/UDF",
            "SecurityDatabase": str(self._security),
            "TempDirectories": str(self.data),
        }
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self._place.path / "firebird.conf").write_text(text)

    def _environment(self) -> dict[str, str]:
        root = str(self._place.path)
        return child_environment(FIREBIRD=root, FIREBIRD_LOCK=f"{root}/cerrojos", FIREBIRD_TMP=f"{root}/data")

    def _create_users(self) -> None:
        password = secrets.token_urlsafe(18)
        path = self._place.path / "clave"
        path.touch(mode=0o600)
        path.write_text(password + "\n")
        _give(path, self._account)  # gbak reads it, as that account
        script = f"CREATE DATABASE '{self._security}'; CREATE USER SYSDBA PASSWORD '{password}'; COMMIT;"
        with memory_file(script.encode()) as source:
            try:
                run_tool(
                    [self._tools["isql"], "-quiet", "-bail", "-user", ADMINISTRATOR],
                    whose=f"Firebird {self.version}",
                    what="crear el servidor",
                    environment=self._environment(),
                    stdin=source,
                    secrets=[password],
                    account=self._account,
                )
            except CopyFailed as error:
                raise NotReady(
                    "no se pudo crear el servidor de prueba",
                    whose=error.whose,
                    why=error.why,
                    repair="revise el espacio en disco y que la carpeta temporal admita a otras cuentas",
                ) from error

    def _start(self) -> None:
        why = ""
        for _ in range(TRIES):
            with (self._place.path / "servidor.log").open("wb") as log:
                self._process = spawn(
                    [self._tools["firebird"]],
                    environment=self._environment(),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    account=self._account,
                    confinement=self._confinement(),
                )
            why = self._wait_until_ready()
            if not why:
                return
            self._end()
            self._configure()
        raise NotReady(
            "el servidor de prueba no arrancó",
            whose=f"Firebird {self.version}",
            why=why,
            repair="revise el espacio en disco y la memoria de esta máquina",
        )

    def _confinement(self) -> Confinement:
        """Say what it may touch: its installation, its own folder, and its one port."""
        library = self._tools.library
        return Confinement(
            programs=(self._tools.programs["firebird"],),
            # Debian keeps the list of character sets elsewhere, behind a link.
            # Its own configuration it only reads: a restored database shall not change what the next start would do.
            reads=(self._place.path, *((library, library / "intl" / "fbintl.conf") if library else ())),
            writes=(self.data, self._place.path / "cerrojos"),
            ports=(self._port,),
        )

    def _wait_until_ready(self) -> str:
        """Return nothing when it answers, else why it does not."""
        deadline = time.monotonic() + START_SECONDS
        why = "no contestó"
        while self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
            try:
                connect(self.connection).close()
            except SourceUnavailable as error:
                why = str(error)
                time.sleep(0.05)
            except BackupError as error:  # such as somebody else's server, at the port that we chose
                return str(error)
            else:
                return ""
        return why

    def _end(self) -> None:
        if self._process is not None:
            stop(self._process, first=signal.SIGKILL)  # at once: it waits long, and nothing is worth keeping


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        shutil.chown(path, account.uid, account.gid)
