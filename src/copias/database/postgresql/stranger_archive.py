"""Load an archive of pg_dump that somebody else made: pg_restore reads it, within the walls of a scratch server.

It gets the archive as an open file, and sees the server's socket and nothing else of this machine.
"""

from __future__ import annotations

import signal
import subprocess
import typing as t
from contextlib import suppress
from pathlib import Path

from copias.database.children import (
    child_environment,
    find_interruption,
    memory_file,
    signal_of,
    spawn,
    stop,
    tail_of,
    unprivileged_account,
)
from copias.database.confinement import Allowance
from copias.database.postgresql.scratch import reachable_tools
from copias.database.postgresql.session import NO_PASSWORDS, conninfo
from copias.database.postgresql.stranger_faults import NotLoadable, judge_words
from copias.database.postgresql.tools import require_server
from copias.database.server import ServerFolder
from copias.errors import CopyFailed

if t.TYPE_CHECKING:
    from copias.database.children import Process
    from copias.database.contract import Connection
    from copias.database.postgresql.load_watch import Watch
    from copias.database.postgresql.tools import Tools
    from copias.progress import Report

LOOK: t.Final = 0.5
_COMPLAINTS: t.Final = 16 << 20
"""Bytes of what pg_restore may say: what the dump runs may say something for each row."""
_RESTORE: t.Final = (
    "--exit-on-error",
    "--no-owner",
    "--no-privileges",
    "--no-tablespaces",
    "--no-security-labels",
    "--no-publications",
    "--no-subscriptions",
    "--no-comments",
)


def load_archive(dump: Path, target: Connection, major: int, watch: Watch, report: Report) -> None:
    """Let pg_restore fill a database of a private server.

    Args:
        dump: a file of ours.
        target: the database, and the role that owns it and may do nothing else.
        major: version of the server.
        watch: what the load may take.
        report: told the growth of the database, in bytes.

    Raises:
        NotEqual: it does not load; what of its data a message holds is left out.
        NotLoadable: this server, or a role without privileges, cannot load it, or not within its limits.
        CopyFailed: pg_restore did not end by itself.
    """
    account = unprivileged_account()
    # Its programs are copied to the folder where the account cannot run the originals.
    with memory_file() as complaints, ServerFolder("programas", account=account) as place:
        tools = reachable_tools(require_server(major, whose="servidor de prueba"), account, place.path)
        process = _start(tools, dump, target, complaints, seconds=watch.left)
        try:
            _follow(process, watch, report)
        finally:
            stop(process)
        if process.returncode != 0:
            raise _judge(process, tail_of(complaints))


def _start(tools: Tools, dump: Path, target: Connection, complaints: t.IO[bytes], *, seconds: float) -> Process:
    # Twice the time, in seconds of the processor: the clock is to end it first.
    allowance = Allowance(2 * seconds, largest_file=_COMPLAINTS)
    # An open file instead of a name: the account may not open it, and within the walls it has none.
    with dump.open("rb") as source:
        return spawn(
            [tools["pg_restore"], *_RESTORE, f"--dbname={conninfo(target)}"],
            environment=child_environment(PGPASSFILE=NO_PASSWORDS, **tools.environment),
            stdin=source,
            stderr=complaints,
            account=unprivileged_account(),
            confinement=tools.confine("pg_restore", reads=(Path(target.host),), allowance=allowance),
        )


def _judge(process: Process, words: str) -> Exception:
    if signal_of(process) == signal.SIGXFSZ:
        return NotLoadable("la carga no deja de quejarse")
    if interruption := find_interruption(process, words):
        return CopyFailed("la carga se interrumpió", why=interruption)
    return judge_words(words)


def _follow(process: subprocess.Popen[bytes], watch: Watch, report: Report) -> None:
    done = watch.size()
    while process.returncode is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK)
        size = watch.check()
        report(max(0, size - done))
        done = max(done, size)
