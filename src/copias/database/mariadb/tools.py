"""Find MariaDB's own programs, or MySQL's where they are all that there is."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from copias.database.children import child_environment
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/local/bin", "/usr/local/sbin", "/opt/mariadb*/bin")
"""Where servers lie, which the PATH of a service does not show."""
DUMP = ("mariadb-dump", "mysqldump")
CLIENT = ("mariadb", "mysql")
SERVER = ("mariadbd", "mysqld")
INSTALL = ("mariadb-install-db", "mysql_install_db")
_VERSION = re.compile(r"(?:Distrib|from|Ver) (\d+)\.(\d+)\.(\d+)(-MariaDB)?")


@dataclass(frozen=True)
class Program:
    """One program: its path and version, ``major`` as :func:`major_of` has it."""

    path: Path
    version: str
    major: int


@dataclass(frozen=True)
class Server:
    """A server that can be started here, with what makes its first files and restores into it."""

    version: str
    major: int
    server: Path
    install: Path
    client: Path


def major_of(version: str) -> int:
    """Return 1011 for 10.11.6, so that series compare as numbers; 0 when it is no version."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return int(found[1]) * 100 + int(found[2]) if found else 0


def series_of(major: int) -> str:
    """Return ``10.11`` for 1011."""
    return f"{major // 100}.{major % 100}"


def dump_program(*, whose: str) -> Program:
    """Return the dump program of this machine.

    Raises:
        NotReady: there is none.
    """
    found = _first(DUMP)
    if found is None:
        raise NotReady(
            "falta el programa de volcado de MariaDB",
            whose=whose,
            why="no están mariadb-dump ni mysqldump",
            repair="instale el paquete mariadb-client",
        )
    return found


def client_program(*, whose: str) -> Path:
    """Return the client of this machine, which runs a dump in a server.

    Raises:
        NotReady: there is none.
    """
    found = _first(CLIENT)
    if found is None:
        raise NotReady(
            "falta el programa cliente de MariaDB",
            whose=whose,
            why="no están mariadb ni mysql",
            repair="instale el paquete mariadb-client",
        )
    return found.path


def server_for(major: int, *, mariadb: bool = True) -> Server | None:
    """Return an installation that can restore a dump of that series: MariaDB of the same series or a newer one.

    A dump of MySQL's own server is none of MariaDB's: their collations and types have parted ways.
    """
    server, install, client = _first(SERVER), _first(INSTALL), _first(CLIENT)
    if not mariadb or server is None or install is None or client is None or "MariaDB" not in server.version:
        return None
    if server.major < major:
        return None
    return Server(server.version, server.major, server.path, install.path, client.path)


def require_server(major: int, *, whose: str, mariadb: bool = True) -> Server:
    """Return what :func:`server_for` finds.

    Raises:
        NotReady: no such server is installed.
    """
    found = server_for(major, mariadb=mariadb)
    if found is not None:
        return found
    name = "MariaDB" if mariadb else "MySQL"
    server = _first(SERVER)
    raise NotReady(
        f"no hay un servidor {name} {series_of(major)} para la prueba de restauración",
        whose=whose,
        why=f"aquí hay {server.version if server else 'ninguno'}",
        repair="instale el paquete mariadb-server, de esa serie o una más nueva"
        if mariadb
        else "la copia de un servidor MySQL se guarda íntegra, sin prueba de restauración",
    )


@functools.cache
def _first(names: tuple[str, ...]) -> Program | None:
    for name in names:
        for folder in _folders():
            program = folder / name
            if os.access(program, os.X_OK):
                version = _version_of(program)
                if version:
                    return Program(program, version, major_of(version))
    return None


def _folders() -> Iterator[Path]:
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry:
            yield Path(entry)
    for pattern in FOLDERS:
        yield from sorted(Path("/").glob(pattern.lstrip("/")))


def _version_of(program: Path) -> str:
    if program.name in INSTALL:
        return "0.0"  # a shell script that does not tell its version
    try:
        answer = subprocess.run(
            [program, "--no-defaults", "--version"],
            capture_output=True,
            timeout=20,
            env=child_environment(),
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""  # a broken installation is none
    return version_in(answer.stdout.decode("utf-8", "replace"))


def version_in(text: str) -> str:
    """Return the version that a program tells of itself, with MariaDB's mark, or nothing."""
    found = _VERSION.search(text)
    return f"{found[1]}.{found[2]}.{found[3]}{found[4] or ''}" if found else ""
