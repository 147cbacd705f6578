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

Scan: t.TypeAlias = t.Literal["clean", "absent", "off"]
_PROGRAMS: t.Final[dict[str, tuple[str, ...]]] = {
    # The daemon has its signatures loaded; it is given the open file, which its own account could not read.
    "clamdscan": ("--fdpass", "--no-summary"),
    "clamscan": ("--no-summary", "--stdout"),
}
_SECONDS: t.Final = 6 * 3600
_FOUND: t.Final = re.compile(r": ([\w./:()+-]{1,100}) FOUND", re.ASCII)
_CLEAN: t.Final = 0
_INFECTED: t.Final = 1


def scan(path: Path, *, wanted: bool) -> Scan:
    """Have a file looked at by the first of ClamAV's programs that works.

    Raises:
        Unfit: it is infected; the name of what was found is told.
        NotReady: ClamAV is there and none of its programs could look.
    """
    if not wanted:
        return "off"
    present = [(program, options) for name, options in _PROGRAMS.items() if (program := shutil.which(name))]
    if not present:
        return "absent"
    said = ""
    for program, options in present:
        code, said = _run([program, *options, str(path)])
        if code == _INFECTED:
            found = _FOUND.search(said)
            raise Unfit(f"el antivirus lo rechaza: {found[1] if found else 'está infectado'}")
        if code == _CLEAN:
            return "clean"
    raise NotReady(
        "el antivirus no pudo revisar la entrega",
        whose="ClamAV",
        why=" ".join(said.split())[-200:],
        repair="revise clamav-daemon y sus firmas (freshclam), o quite scan del drop, y ejecute el caso otra vez",
    )


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
