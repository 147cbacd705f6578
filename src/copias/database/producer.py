"""Pass a dump program's output on, and fail on any doubt.

Two threads: one reads and hashes (both release the interpreter's lock), the caller's feeds the sink.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import queue
import select
import subprocess
import threading
import time
import typing as t
from contextlib import suppress
from dataclasses import dataclass

from copias.database.children import Process, memory_file, spawn, stop, tail_of
from copias.database.contract import Sink
from copias.errors import CopyFailed
from copias.progress import Report

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHUNK = 1 << 20
QUEUED = 8
"""Chunks that may wait for a slow sink: 8 MiB ride over a store's hiccup, and memory stays flat."""
EXIT = 60.0
"""Seconds that a program may take to end once it has closed its output."""
SHORT, NAP = 64 << 10, 0.002
"""Dump programs write 4 KiB at a time. After a short read the pipe (1 MiB) gets 2 ms to fill: far fewer
wake-ups, and no limit below 500 MB/s."""
POLL = 0.5
"""Seconds between two looks at the companions of a dump that is silent, and that bytes wait for a full chunk."""


@dataclass(frozen=True)
class Limits:
    """How long a dump may take in all, and how long it may be silent. Seconds."""

    seconds: float = 48 * 3600
    stall: float = 15 * 60


@dataclass(frozen=True)
class Shape:
    """What a whole dump looks like: how it begins, how it ends, and the fewest believable bytes."""

    head: bytes = b""
    tail: bytes = b""
    least: int = 0


@dataclass(frozen=True)
class Produced:
    """The bytes that were passed on."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Program:
    """The dump program: its command, environment, inherited files, and what must not be repeated of its words."""

    command: Sequence[str]
    environment: dict[str, str]
    whose: str
    pass_fds: Sequence[int] = ()
    secrets: Sequence[str] = ()


class ProgramFailed(CopyFailed):
    """The dump program ended badly; ``bytes`` says how much it had sent and ``words`` what it said."""

    def __init__(self, program: Program, code: int, *, count: int, words: str) -> None:
        how = f"lo mató la señal {-code}" if code < 0 else f"terminó con código {code}"
        super().__init__(
            "el programa de volcado no terminó bien; la copia se descartó",
            whose=program.whose,
            why=f"{how} tras {count} bytes. {words}".strip(),
            repair="corrija la causa y repita el caso",
        )
        self.count = count
        self.words = words


def produce(
    program: Program,
    sink: Sink,
    *,
    report: Report,
    limits: Limits,
    shape: Shape,
    watch: Callable[[], None] = lambda: None,
) -> Produced:
    """Run a dump program and send what it writes to ``sink``, in this thread.

    ``watch`` is called at least twice a second; what it or the sink raises kills the program and is raised.

    Raises:
        CopyFailed: the program failed, fell silent, took too long, or what it wrote is no whole dump.
    """
    with memory_file() as complaints:
        process = spawn(
            program.command,
            environment=program.environment,
            stdout=subprocess.PIPE,
            stderr=complaints,
            pass_fds=program.pass_fds,
        )
        reader = _Reader(process, limits)
        try:
            for chunk in reader.chunks(watch):
                sink(chunk)
                report(len(chunk))
            code = reader.exit_code()
        finally:
            stop(process)
            reader.close()
        if reader.failure:
            raise _broken(program.whose, reader.failure)
        if code != 0:
            words = tail_of(complaints, secrets=program.secrets)
            raise ProgramFailed(program, code, count=reader.count, words=words)
    return _judge(program.whose, reader, shape)


class _Reader:
    """Reads, counts and hashes in its own thread, and keeps the first and last bytes."""

    def __init__(self, process: Process, limits: Limits) -> None:
        self.count = 0
        self.head = b""
        self.tail = b""
        self.failure = ""
        self._sum = hashlib.sha256()
        self._process = process
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._chunks: queue.Queue[bytes] = queue.Queue(QUEUED)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read_all, name="volcado", daemon=True)
        self._thread.start()

    def chunks(self, watch: Callable[[], None]) -> t.Iterator[bytes]:
        """Yield the chunks until the program closes its output."""
        while True:
            watch()
            try:
                chunk = self._chunks.get(timeout=POLL)
            except queue.Empty:
                continue
            if not chunk:
                return
            yield chunk

    def exit_code(self) -> int:
        """Return how the program ended; its output is closed, or it has failed already."""
        if self.failure:
            return 1
        try:
            return self._process.wait(min(self._limits.stall, EXIT))
        except subprocess.TimeoutExpired:
            self.failure = "cerró su salida y no terminó"
            return 1

    def close(self) -> None:
        """End the thread; the program is dead by now."""
        self._closing.set()
        with suppress(queue.Empty):
            while True:
                self._chunks.get_nowait()
        self._thread.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def sha256(self) -> str:
        """Return the sum of all that was read."""
        return self._sum.hexdigest()

    def _read_all(self) -> None:
        stream = self._process.stdout
        if stream is None:
            raise AssertionError("the program has no pipe")
        descriptor = stream.fileno()
        with suppress(OSError):  # an account may have used up its pipe pages: slower, not wrong
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, CHUNK)
        try:
            while chunk := self._gather(descriptor):
                self._take(chunk)
        except OSError as error:
            self.failure = f"no se pudo leer su salida ({error.strerror})"
        self._put(b"")

    def _gather(self, descriptor: int) -> bytes:
        """Read one chunk: a full one while the program writes, what there is after a moment, none at the end."""
        if not self._wait_for(descriptor):
            return b""
        pieces: list[bytes] = []
        missing = CHUNK
        until = time.monotonic() + POLL
        while missing and (not pieces or _readable(descriptor, until - time.monotonic())):
            piece = os.read(descriptor, missing)
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
            if len(piece) < min(SHORT, missing):
                time.sleep(NAP)
        return b"".join(pieces)

    def _wait_for(self, descriptor: int) -> bool:
        left = self._deadline - time.monotonic()
        if left > 0 and _readable(descriptor, min(left, self._limits.stall)):
            return not self._closing.is_set()
        if left <= self._limits.stall:
            self.failure = f"superó el tiempo máximo de {self._limits.seconds:.0f} segundos"
        else:
            self.failure = f"no envió ni un byte en {self._limits.stall:.0f} segundos"
        return False

    def _take(self, chunk: bytes) -> None:
        self.count += len(chunk)
        self._sum.update(chunk)
        if len(self.head) < 64:
            self.head = (self.head + chunk)[:64]
        self.tail = chunk[-256:] if len(chunk) >= 256 else (self.tail + chunk)[-256:]
        self._put(chunk)

    def _put(self, chunk: bytes) -> None:
        while not self._closing.is_set():
            with suppress(queue.Full):
                self._chunks.put(chunk, timeout=POLL)
                return


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def _judge(whose: str, reader: _Reader, shape: Shape) -> Produced:
    if not reader.count:
        raise _broken(whose, "no produjo ni un byte")
    if not reader.head.startswith(shape.head):
        raise _broken(whose, "lo que produjo no empieza como un volcado")
    if shape.tail and not reader.tail.rstrip().endswith(shape.tail):
        raise _broken(whose, "lo que produjo no termina como un volcado completo")
    if reader.count < shape.least:
        raise CopyFailed(
            "el volcado es mucho más pequeño que el anterior; la copia se descartó",
            whose=whose,
            why=f"midió {reader.count} bytes y se esperaban al menos {shape.least}",
            repair="averigüe si se borraron datos; si el tamaño es correcto, confirme el nuevo mínimo",
        )
    return Produced(reader.count, reader.sha256())


def _broken(whose: str, why: str) -> CopyFailed:
    return CopyFailed(
        "el volcado no se completó; la copia se descartó",
        whose=whose,
        why=f"el programa de volcado {why}",
        repair="revise el servidor y la red, y repita el caso",
    )
