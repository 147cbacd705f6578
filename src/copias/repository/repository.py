"""One restic repository: restic runs as a child, is read line by line, and its failures become our errors."""

from __future__ import annotations

import subprocess
import threading
import typing as t
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from signal import SIGINT

import orjson

from copias.database.children import Process, memory_file, spawn, stop
from copias.errors import CopyFailed, StoreUnavailable
from copias.files import make_private_directory
from copias.repository.faults import NO_SESSION, Locked, explain
from copias.repository.place import ask_ssh, environment_for, options_for, require_one_line
from copias.repository.program import find_restic

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from copias.repository.settings import RepositorySettings

Line: t.TypeAlias = "dict[str, t.Any]"
SHORT: t.Final = 600.0
"""Seconds for an act that reads a few files only."""
BLOCK: t.Final = 1 << 20


@dataclass(frozen=True)
class Key:
    """One of the passwords that open a repository."""

    id: str
    host: str
    user: str
    created: str
    current: bool


class Repository:
    """A repository as this installation uses it. Nothing is asked of it before it is used.

    Args:
        name: its logical name.
        settings: where it is and what opens it.
        cache: private folder for restic's cache.
    """

    def __init__(self, name: str, settings: RepositorySettings, *, cache: Path) -> None:
        self.name = name
        self.settings = settings
        self.cache = cache

    def find_id(self) -> str:
        """Return the id that the repository was given when it was made.

        Raises:
            NotReady: there is no repository in that place.
        """
        return str(orjson.loads(self.run(["cat", "config", "--no-lock"], doing="abrir el repositorio"))["id"])

    def create(self) -> str:
        """Make the repository, of format 2, and return its id.

        Raises:
            BadConfiguration: its password is not on the only line of its file.
        """
        require_one_line(self.settings.password_file, whose=self.name)
        answer = self.run(["init", "--repository-version", "2"], doing="crear el repositorio")
        return str(orjson.loads(answer.splitlines()[-1])["id"])

    def list_keys(self) -> list[Key]:
        """Return the passwords that open it."""
        found = orjson.loads(self.run(["key", "list"], doing="leer las llaves"))
        return [
            Key(one["id"], one.get("hostName", ""), one.get("userName", ""), one.get("created", ""), one["current"])
            for one in found
        ]

    def add_key(self, password_file: Path, *, label: str) -> None:
        """Let the password in a file open it too; ``label`` stands for the host in the list of keys."""
        self.run(
            ["key", "add", "--new-password-file", str(password_file), "--host", label, "--user", "copias"],
            doing="agregar la llave",
        )

    def unlock(self, *, force: bool = False) -> None:
        """Remove the locks of dead programs of this machine, and others' after 30 minutes; with ``force``, all."""
        self.run(["unlock", *(["--remove-all"] if force else [])], doing="quitar los bloqueos", free_lock=False)

    def run(
        self,
        arguments: Sequence[str],
        *,
        doing: str,
        each: Callable[[Line], None] | None = None,
        hear: Callable[[str], None] | None = None,
        seconds: float = SHORT,
        free_lock: bool = True,
    ) -> bytes:
        """Run restic to its end and return what it wrote, or hand over each line to ``each`` and return nothing.

        A lock that a dead program of this machine left is removed, once; for a live one's end it waits
        ``lock_wait``. What it complained of although it ended well is handed to ``hear``.

        Raises:
            BackupError: see :func:`copias.repository.faults.explain`.
        """
        try:
            return self._run(arguments, doing=doing, each=each, hear=hear, seconds=seconds)
        except Locked:
            if not free_lock:
                raise
        self.unlock()
        return self._run([self.patience, *arguments], doing=doing, each=each, hear=hear, seconds=seconds)

    @property
    def patience(self) -> str:
        """Return the option with which restic waits ``lock_wait`` for another's lock."""
        return f"--retry-lock={int(self.settings.lock_wait.total_seconds())}s"

    @contextmanager
    def read(self, snapshot: str, path: str, *, options: Sequence[str] = ()) -> Iterator[t.IO[bytes]]:
        """Yield the content of one file of a snapshot, as a stream; what is not read to its end is no error.

        Args:
            snapshot: its id.
            path: of the file in it.
            options: of restic, such as :attr:`patience`.

        Raises:
            Altered: what is kept is not what was stored.
            StoreUnavailable: the place cannot be reached.
        """
        # Quietly: that it waits for a lock restic says on its output, in front of the file.
        with self.start(["--quiet", *options, "dump", snapshot, path], stdout=subprocess.PIPE, json=False) as running:
            stream = running.process.stdout
            if stream is None:
                raise AssertionError("restic has no pipe")
            yield stream
            if stream.read(1) == b"":
                running.require_done("leer del repositorio")

    @contextmanager
    def start(
        self, arguments: Sequence[str], *, stdout: t.Any, json: bool = True, seconds: float | None = None
    ) -> Iterator[Running]:
        """Start restic; at the end of the block, or after ``seconds``, it is ended with all that it started."""
        command = [find_restic(self.settings.restic), f"--cache-dir={make_private_directory(self.cache)}"]
        command += [*(["--json"] if json else []), *options_for(self.settings), *arguments]
        environment = environment_for(self.name, self.settings)
        limit = self.settings.time_limit.total_seconds() if seconds is None else seconds
        with memory_file() as complaints:
            process = spawn(command, environment=environment, stdout=stdout, stderr=complaints)
            running = Running(self.name, process, complaints, limit, ask=partial(ask_ssh, self.settings))
            # A NAS that hangs does not say so: the clock ends restic, and its end is what is read.
            clock = threading.Timer(limit, running.expire)
            clock.daemon = True
            clock.start()
            try:
                yield running
            finally:
                clock.cancel()
                stop(process, first=SIGINT)  # on SIGINT restic takes its lock away
                if process.stdout is not None:
                    process.stdout.close()

    def _run(
        self,
        arguments: Sequence[str],
        *,
        doing: str,
        each: Callable[[Line], None] | None,
        hear: Callable[[str], None] | None,
        seconds: float,
    ) -> bytes:
        with self.start(arguments, stdout=subprocess.PIPE, seconds=seconds) as running:
            answer = running.read_lines(each)
            running.require_done(doing)
            if hear is not None:
                hear(running.read_complaints())
        return answer


@dataclass
class Running:
    """A restic that runs."""

    name: str
    process: Process
    complaints: t.IO[bytes]
    limit: float
    ask: Callable[[], str]
    expired: bool = False

    def expire(self) -> None:
        """End it because its time is over."""
        self.expired = True
        with suppress(ProcessLookupError):
            self.process.terminate()

    def read_lines(self, each: Callable[[Line], None] | None) -> bytes:
        """Read all that it writes; without ``each``, return it."""
        stream = self.process.stdout
        if stream is None:
            raise AssertionError("restic has no pipe")
        if each is None:
            return stream.read()
        for line in stream:
            with suppress(orjson.JSONDecodeError):
                entry = orjson.loads(line)
                if isinstance(entry, dict):
                    each(entry)
        return b""

    def read_complaints(self) -> str:
        """Return what it wrote on its error stream until now."""
        self.complaints.seek(0)
        return self.complaints.read().decode("utf-8", "replace")

    def require_done(self, doing: str) -> None:
        """Wait for its end and raise unless it was a good one."""
        code = self.process.wait()
        if code == 0 and not self.expired:
            return
        words = self.read_complaints()
        if self.expired:
            raise CopyFailed(
                f"no se pudo {doing}", whose=self.name, why=f"tardó más de {self.limit:.0f} segundos y se detuvo"
            )
        error = explain(self.name, code, words, doing=doing)
        if isinstance(error, StoreUnavailable) and NO_SESSION in words:
            error = explain(self.name, code, f"{self.ask()}\n{words}", doing=doing)
        raise error
