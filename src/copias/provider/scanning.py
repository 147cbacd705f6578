"""ClamAV's word on what a provider delivered, where that is asked for and ClamAV is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import typing as t

from copias.database.children import child_environment, memory_file, spawn, stop
from copias.errors import NotReady
from copias.provider.unfit import Unfit

if t.TYPE_CHECKING:
    from pathlib import Path

Scan: t.TypeAlias = t.Literal["clean", "partial", "absent", "off"]
LARGEST_SCANNED: t.Final = (2 << 30) - 1
"""Bytes of the largest file that ClamAV 1.4 looks at; a larger one in an archive it passes over and says OK."""
# Its daemon is not asked: what its settings tell it to pass over, 25 MB in Debian's, it calls OK without a word.
_PROGRAM: t.Final = "clamscan"
_OPTIONS: t.Final = (
    "--no-summary",
    "--stdout",
    # Without these a file of over 100 MB is OK unread.
    "--max-filesize=0",
    "--max-scansize=0",
    "--max-scantime=0",
    "--alert-exceeds-max=yes",
    "--alert-encrypted=yes",
)
_SECONDS: t.Final = 6 * 3600
_FOUND: t.Final = re.compile(r": ([\w./:()+-]{1,100}) FOUND", re.ASCII)
_UNREAD: t.Final = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
_CLEAN: t.Final = 0
_INFECTED: t.Final = 1


def scan(path: Path, *, wanted: bool) -> Scan:
    """Have a file looked at by ClamAV; ``partial`` when it found nothing and could not look at all of it.

    Raises:
        Unfit: it is infected; the name of what was found is told.
        NotReady: ClamAV is there and could not look.
    """
    if not wanted:
        return "off"
    program = shutil.which(_PROGRAM)
    if program is None:
        return "absent"
    code, said = _run([program, *_OPTIONS, str(path)])
    found = _FOUND.search(said)
    name = found[1] if found else "está infectado"
    if code == _INFECTED and not name.startswith(_UNREAD):
        raise Unfit(f"el antivirus lo rechaza: {name}")
    if code not in {_CLEAN, _INFECTED}:
        raise NotReady(
            "el antivirus no pudo revisar la entrega",
            whose="ClamAV",
            why=" ".join(said.split())[-200:],
            repair="actualice sus firmas (freshclam), o quite scan del drop, y ejecute el caso otra vez",
        )
    return "clean" if code == _CLEAN else "partial"


def _run(command: list[str]) -> tuple[int, str]:
    with memory_file() as output:
        process = spawn(command, environment=child_environment(), stdout=output, stderr=output)
        try:
            code = process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            stop(process)
        output.seek(0)
        return code, output.read(64 << 10).decode("utf-8", "replace")
