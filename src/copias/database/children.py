"""Start the engines' own programs so that none outlives us, and none sees our secrets."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import typing as t
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from copias.database.confinement import Confinement, confined
from copias.errors import CopyFailed, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Process: t.TypeAlias = "subprocess.Popen[bytes]"
KEPT_IN_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "TZ")
GRACE = 5.0
"""Seconds that a program gets to end by itself before it is killed."""


@dataclass(frozen=True)
class Account:
    """An account of the operating system without privileges, for programs that refuse root."""

    name: str
    uid: int
    gid: int


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

    ``confinement`` says all that it may touch, where the kernel can keep it to that.

    The kernel means the *thread* that called this: never call it from a thread that ends before the program.
    ``setpriv`` (util-linux) arms the signal after the change of account, which would clear it.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise NotReady("falta el programa setpriv", repair="instale el paquete util-linux")
    if confinement is not None:
        confinement = replace(confinement, programs=(*confinement.programs, Path(setpriv)))
    try:
        with confined(confinement) as restrict:
            return subprocess.Popen(
                [setpriv, "--pdeathsig", death_signal, "--", *command],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                pass_fds=pass_fds,
                preexec_fn=restrict,  # noqa: PLW1509 - two system calls: it takes no lock that a thread may hold
                # Its own group, to be ended as one, and its own session: gbak would ask the terminal for more.
                start_new_session=True,
                cwd="/",
                **_as_account(account),
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotReady(
            "no se pudo ejecutar un programa",
            whose=os.fspath(command[0]),
            why=getattr(error, "strerror", None) or str(error),
        ) from error


def _as_account(account: Account | None) -> dict[str, t.Any]:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def stop(process: Process, *, first: signal.Signals = signal.SIGTERM) -> None:
    """End a program and its group, by force after a grace, and reap it. May be called twice."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    # The leader's end says nothing of its children: the group is always swept.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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
    seconds: float = 300,
) -> bytes:
    """Run a program to its end and return what it wrote.

    Raises:
        CopyFailed: it failed or took more than ``seconds``; ``what`` is the verb phrase, in Spanish, of its job.
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
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CopyFailed(f"no se pudo {what}", whose=whose, why=f"tardó más de {seconds:.0f} segundos") from None
        finally:
            stop(process)
        if code != 0:
            raise CopyFailed(f"no se pudo {what}", whose=whose, why=tail_of(complaints, secrets=secrets))
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


def unprivileged_account() -> Account | None:
    """Return the account that servers run as when we are root, else ``None``: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise NotReady(
        "no hay una cuenta sin privilegios para el servidor de prueba",
        why="no existen las cuentas postgres ni nobody",
        repair="cree la cuenta nobody o ejecute el programa con una cuenta que no sea root",
    )
