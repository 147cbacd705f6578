"""Find Firebird's own programs, and the installation that can run a server."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from copias.database.children import child_environment
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "gbak": ("gbak",),
    "isql": ("isql-fb", "isql"),
    "gfix": ("gfix",),
    "firebird": ("firebird",),
}
"""Debian calls its isql ``isql-fb``: ``isql`` is another program there."""
FOLDERS = ("/usr/bin", "/usr/sbin", "/opt/firebird/bin", "/usr/local/firebird/bin")
LIBRARIES = ("/usr/lib/*/firebird/*", "/usr/lib/firebird/*", "/opt/firebird", "/usr/local/firebird")
"""Where an installation keeps ``plugins``, ``intl`` and its messages."""
SERVER = ("gbak", "isql", "gfix", "firebird")


@dataclass(frozen=True)
class Tools:
    """The programs of one installation. ``library`` is the folder of its plugins, if it has a server."""

    programs: dict[str, Path]
    version: str
    library: Path | None

    @property
    def major(self) -> int:
        """Return 3 for 3.0.11."""
        return int(self.version.split(".")[0])

    def __getitem__(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.programs[name])

    @property
    def serves(self) -> bool:
        """Return whether it can run a server."""
        return self.library is not None and all(name in self.programs for name in SERVER)


def require_client(*, whose: str) -> Tools:
    """Return the programs that make a dump; the server does the work, so that any version will do.

    Raises:
        NotReady: gbak is not installed.
    """
    tools = installed()
    if tools is None:
        raise NotReady(
            "faltan los programas cliente de Firebird",
            whose=whose,
            why="no se encontró gbak",
            repair="instale el paquete firebird3.0-utils",
        )
    return tools


def server_for(major: int) -> Tools | None:
    """Return an installation that can run a server of exactly this major version."""
    tools = installed()
    return tools if tools is not None and tools.major == major and tools.serves else None


def require_server(major: int, *, whose: str) -> Tools:
    """Return what :func:`server_for` finds.

    Raises:
        NotReady: no server of that version is installed.
    """
    tools = server_for(major)
    if tools is None:
        found = installed()
        raise NotReady(
            f"no hay un servidor Firebird {major} para la prueba de restauración",
            whose=whose,
            why=f"aquí hay {found.version if found and found.serves else 'ninguno'}",
            repair=f"instale los paquetes firebird{major}.0-server y firebird{major}.0-utils",
        )
    return tools


@functools.cache
def installed() -> Tools | None:
    """Return this machine's installation, if it has one."""
    programs = dict(_programs())
    if "gbak" not in programs:
        return None
    version = _version_of(programs["gbak"])
    if not version:
        return None
    return Tools(programs, version, _library(version))


def _programs() -> Iterator[tuple[str, Path]]:
    path = os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS])
    for name, spellings in NAMES.items():
        for spelling in spellings:
            found = shutil.which(spelling, path=path)
            if found:
                yield name, Path(found)
                break


def _library(version: str) -> Path | None:
    wanted = version.split(".", maxsplit=1)[0]
    for pattern in LIBRARIES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/"))):
            if (folder / "plugins").is_dir() and (folder.name.split(".")[0] in {wanted, "firebird"}):
                return folder
    return None


def _version_of(program: Path) -> str:
    try:
        answer = subprocess.run([program, "-z"], capture_output=True, timeout=20, env=child_environment(), check=False)
    except (OSError, subprocess.SubprocessError):
        return ""  # a broken installation is none
    # Told with an exit code of failure: it also wants something to do.
    match = re.search(rb"version [A-Z]{2}-[VT](\d+\.\d+\.\d+)", answer.stdout + answer.stderr)
    return match[1].decode() if match else ""
