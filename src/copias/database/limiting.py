"""Keep a program that reads what a stranger made from using up the processor, the memory and the disk.

``prlimit`` (util-linux) sets the limits and becomes the program.
"""

from __future__ import annotations

import shutil
import typing as t

from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.database.confinement import Allowance

MOST_THREADS: t.Final = 512
"""More than a program makes for the processors of any machine that this runs on."""


def limit(allowance: Allowance | None, *, own_users: bool) -> tuple[str, ...]:
    """Return what stands before a program's command to keep it to its allowance; nothing for ``None``.

    Args:
        allowance: what it may use up.
        own_users: it has a user namespace of its own. Elsewhere the kernel counts all processes of its account.

    Raises:
        NotReady: ``prlimit`` is not there.
    """
    if allowance is None:
        return ()
    program = shutil.which("prlimit")
    if program is None:
        raise NotReady("falta el programa prlimit", repair="instale el paquete util-linux")
    return (
        program,
        f"--cpu={max(1, round(allowance.seconds))}",
        f"--as={allowance.memory}",
        f"--fsize={allowance.largest_file}",
        "--core=0",
        *((f"--nproc={MOST_THREADS}",) if own_users else ()),
        "--",
    )
