"""ClamAV's word on what a provider delivered, where that is asked for and ClamAV is there.

It is a large program that takes apart whatever a stranger made, so it stands within the walls of a scratch server: of
this machine it sees the delivery, its signatures and a folder for what it unpacks, and no network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import typing as t
from pathlib import Path

from copias.database.children import child_environment, find_interruption, memory_file, spawn, stop
from copias.database.confinement import Allowance, Confinement
from copias.database.server import ServerFolder
from copias.errors import NotReady
from copias.provider.unfit import Unfit

Scan: t.TypeAlias = t.Literal["clean", "partial", "absent", "off"]
LARGEST_SCANNED: t.Final = (2 << 30) - 1
"""Bytes of the largest file that ClamAV 1.4 looks at; a larger one in an archive it passes over and says OK."""
# Its daemon is not asked: what its settings tell it to pass over, 25 MB in Debian's, it calls OK without a word.
_PROGRAM: t.Final = "clamscan"
SIGNATURES: t.Final = Path("/var/lib/clamav")
"""Where freshclam keeps them."""
_READS: t.Final = (Path("/etc/clamav/certs"),)
"""Who may have signed them, from ClamAV 1.5 on."""
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
_MEMORY: t.Final = 16 << 30
"""Bytes of address space: its signatures take up to two gigabytes, and so does each file inside of another."""
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
    code, said = _run(program, path)
    found = _FOUND.search(said) if code == _INFECTED else None
    if found and not found[1].startswith(_UNREAD):
        raise Unfit(f"el antivirus lo rechaza: {found[1]}")
    # Its code for an infection is others' for a failure: without its word nobody is accused.
    if code != _CLEAN and not found:
        raise NotReady(
            "el antivirus no pudo revisar la entrega",
            whose="ClamAV",
            why=" ".join(said.split())[-200:],
            repair="actualice sus firmas (freshclam), o quite scan del drop, y ejecute el caso otra vez",
        )
    return "clean" if code == _CLEAN else "partial"


def _run(program: str, path: Path) -> tuple[int, str]:
    # What a power cut leaves of it there is swept by the next one.
    with memory_file() as output, ServerFolder("antivirus") as place:
        folder = place.path / "partes"
        folder.mkdir(mode=0o700)
        process = spawn(
            [program, *_OPTIONS, f"--database={SIGNATURES}", f"--tempdir={folder}", str(path)],
            environment=child_environment(),
            stdout=output,
            stderr=output,
            confinement=Confinement(
                (Path(program),),
                writes=(folder,),
                reads=(path, SIGNATURES, *_READS),
                allowance=Allowance(_SECONDS, _MEMORY, largest_file=LARGEST_SCANNED + 1),
            ),
        )
        try:
            code = process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            stop(process)
        output.seek(0)
        said = output.read(64 << 10).decode("utf-8", "replace")
        if interruption := find_interruption(process, said):
            raise NotReady(
                "el antivirus no terminó de revisar la entrega",
                whose="ClamAV",
                why=" ".join(interruption.split())[-200:],
                repair="ejecute el caso otra vez",
            )
        return code, said
