"""Find restic, and refuse one that is too old."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from copias.database.children import child_environment
from copias.errors import NotReady

LEAST = (0, 19, 1)
"""Older ones hang when an upload fails while the dump still writes, or do not know ``--stdin-from-command``."""
_SETUP = "ejecute scripts/setup, que trae un restic más nuevo de Debian, o indique otro con restic en copias.yml"


def find_restic(configured: Path | None = None) -> str:
    """Return the path of a restic that is new enough: the configured one, else this environment's, else in PATH.

    Raises:
        NotReady: there is none, or it is too old.
    """
    program = str(configured) if configured else _found()
    if program is None or not os.access(program, os.X_OK):
        raise NotReady("falta el programa restic", whose=program or "", repair=_SETUP)
    version = restic_version(program)
    if version < LEAST:
        raise NotReady(
            "restic es demasiado antiguo o no funciona",
            whose=program,
            why=f"es la versión {say_version(version)} y se necesita {say_version(LEAST)}",
            repair=_SETUP,
        )
    return program


@functools.cache
def restic_version(program: str) -> tuple[int, ...]:
    """Return the version that a restic tells; empty when it does not run."""
    try:
        answer = subprocess.run(
            [program, "version"], capture_output=True, timeout=20, env=child_environment(), check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(rb"restic (\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, found.groups())) if found else ()


def say_version(version: tuple[int, ...]) -> str:
    """Return a version for people."""
    return ".".join(map(str, version)) or "desconocida"


def _found() -> str | None:
    # cron's PATH has no .venv, and the program that scripts/setup brought is linked there.
    ours = Path(sys.prefix) / "bin" / "restic"
    return str(ours) if os.access(ours, os.X_OK) else shutil.which("restic")
