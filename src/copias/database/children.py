"""Start the engines' own programs so that none outlives us, and none sees our secrets."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import typing as t
from contextlib import contextmanager, suppress

from copias.database.account import Account, as_account, unprivileged_account
from copias.database.enclosing import Enclosed, enclosing
from copias.errors import CopyFailed, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copias.database.confinement import Confinement

__all__ = [
    "Account",
    "Process",
    "ToolInterrupted",
    "child_environment",
    "find_interruption",
    "memory_file",
    "run_tool",
    "server_pid",
    "signal_of",
    "spawn",
    "stop",
    "tail_of",
    "unprivileged_account",
]

Process: t.TypeAlias = "subprocess.Popen[bytes]"
KEPT_IN_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "TZ")
_SIGNALLED, _NO_SIGNAL = 128, 255
_NOT_STARTED = re.compile(r"(?:bwrap|Landlock|setpriv|prlimit): |\S+: error while loading shared libraries: ")
"""What is said of a program that never began: by those that set up its walls, or by the loader."""
GRACE = 5.0
"""Seconds that a program gets to end by itself before it is killed."""


class ToolInterrupted(CopyFailed):
    """A program did not end by itself: that says nothing of what it worked on."""


def child_environment(**extra: str) -> dict[str, str]:
    """Return the environment of a child: a short list of ours and ``extra``.

    A list of what passes, not of what is stripped: RESTIC_*, PG*, tokens and whatever comes next stay out.
    """
    kept = {name: os.environ[name] for name in KEPT_IN_ENVIRONMENT if name in os.environ}
    return {"LC_ALL": "C", **kept, **extra}


def spawn(
    command: Sequence[str | os.PathLike[str]],
    *,
    environment: dict[str, str],
    stdin: t.Any = subprocess.DEVNULL,
    stdout: t.Any = subprocess.DEVNULL,
    stderr: t.Any = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
    account: Account | None = None,
    death_signal: str = "KILL",
    confinement: Confinement | None = None,
) -> Process:
    """Start a program in its own session, without a terminal; the kernel sends it ``death_signal`` when we die.

    ``confinement`` says all that it may touch; what keeps it to that, :func:`say_confinement` says.

    The kernel means the *thread* that called this: never call it from a thread that ends before the program.
    ``setpriv`` (util-linux) arms the signal after the change of account, which would clear it.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise NotReady("falta el programa setpriv", repair="instale el paquete util-linux")
    launcher = (setpriv, "--pdeathsig", death_signal, "--")
    try:
        with enclosing(command, confinement, account=account, launcher=launcher) as start:
            return start.kind(
                start.command,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                pass_fds=(*pass_fds, *start.descriptors),
                preexec_fn=start.restrict,  # two system calls: it takes no lock that a thread may hold
                # Its own group, to be ended as one, and its own session: gbak would ask the terminal for more.
                start_new_session=True,
                cwd="/",
                **as_account(account),
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotReady(
            "no se pudo ejecutar un programa",
            whose=os.fspath(command[0]),
            why=getattr(error, "strerror", None) or str(error),
        ) from error


def signal_of(process: Process) -> int:
    """Return the signal that ended a program; 0 when it ended by itself."""
    if isinstance(process, Enclosed):
        # It tells what became of the program as a shell does; 255 is nobody's signal.
        return process.returncode - _SIGNALLED if _SIGNALLED < process.returncode < _NO_SIGNAL else 0
    return max(0, -process.returncode)


def find_interruption(process: Process, complaints: str) -> str:
    """Return why a program did not end by itself, which says nothing of what it worked on; empty when it did.

    Args:
        process: that ended.
        complaints: what it, or whoever set up the walls around it, wrote.
    """
    if process.returncode != 0 and _NOT_STARTED.match(complaints):
        return complaints
    ended_by = signal_of(process)
    return f"señal {ended_by}" if ended_by else ""


def server_pid(process: Process | None) -> int:
    """Return the number of the program's own process, which is not that of the walls around it; 0 without any."""
    if process is None:
        return 0
    return (process.inside() if isinstance(process, Enclosed) else None) or process.pid


def stop(process: Process, *, first: signal.Signals = signal.SIGTERM) -> None:
    """End a program and its group, by force after a grace, and reap it. May be called twice.

    One within walls is ended at once, and when this returns so are all that it started, of whatever group.
    """
    if isinstance(process, Enclosed):
        _end_inside(process)
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    # The leader's end says nothing of its children: the group is always swept.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_inside(process: Enclosed) -> None:
    inside = process.inside()
    if inside is not None:
        with suppress(ProcessLookupError):
            os.kill(inside, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)


@contextmanager
def memory_file(content: bytes = b"") -> Iterator[t.IO[bytes]]:
    """Yield a file without a name or a disk, at its start, that only this account can open (``/proc/self/fd/N``).

    Nothing stays behind whatever kills us, and a program that writes to it never waits for a reader.
    """
    descriptor = os.memfd_create("copias")
    with os.fdopen(descriptor, "w+b") as stream:
        os.fchmod(descriptor, 0o600)
        stream.write(content)
        stream.flush()
        stream.seek(0)
        yield stream


def run_tool(
    command: Sequence[str],
    *,
    whose: str,
    what: str,
    environment: dict[str, str] | None = None,
    stdin: t.Any = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
    secrets: Sequence[str] = (),
    account: Account | None = None,
    confinement: Confinement | None = None,
    seconds: float = 300,
) -> bytes:
    """Run a program to its end and return what it wrote.

    Raises:
        CopyFailed: it failed or took more than ``seconds``; ``what`` is the verb phrase, in Spanish, of its job.
        ToolInterrupted: somebody ended it, or its walls could not be set up.
    """
    with memory_file() as output, memory_file() as complaints:
        process = spawn(
            command,
            environment=environment or child_environment(),
            stdin=stdin,
            stdout=output,
            stderr=complaints,
            pass_fds=pass_fds,
            account=account,
            confinement=confinement,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CopyFailed(f"no se pudo {what}", whose=whose, why=f"tardó más de {seconds:.0f} segundos") from None
        finally:
            stop(process)
        if code != 0:
            why = tail_of(complaints, secrets=secrets)
            if interruption := find_interruption(process, why):
                raise ToolInterrupted(f"no se pudo {what}", whose=whose, why=interruption)
            raise CopyFailed(f"no se pudo {what}", whose=whose, why=why)
        output.seek(0)
        return output.read()


def tail_of(stream: t.IO[bytes], *, secrets: Sequence[str] = (), most: int = 2000) -> str:
    """Return the end of a program's complaints on one line, with every secret blotted out."""
    stream.seek(0, os.SEEK_END)
    stream.seek(max(0, stream.tell() - most))
    text = stream.read().decode("utf-8", "replace")
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return " · ".join(line.strip() for line in text.splitlines() if line.strip())
