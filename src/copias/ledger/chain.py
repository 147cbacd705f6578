"""An append-only file of JSON lines, each with the SHA-256 of the one before.

A line is an event: ``n`` (1, 2, …), ``time`` (UTC, ISO 8601), ``event``, ``case``, ``run``, ``actor``, ``data`` and
``previous`` (SHA-256 in hex of the bytes of the line before, without its newline; 64 zeros for the first).
A line counts once its newline is on the disk. All else the product knows is derived from these lines.
"""

from __future__ import annotations

import errno
import hashlib
import os
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson

from copias.errors import LedgerBroken, StoreFull
from copias.files import locked, make_private_directory, sync_directory

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

GENESIS = "0" * 64
_BLOCK = 64 * 1024
_READ = 1 << 20
_EVENT = b'"event":"'


@dataclass(frozen=True)
class Event:
    """One line of the ledger."""

    n: int
    time: str
    event: str
    case: str | None
    run: str | None
    actor: dict[str, str]
    data: dict[str, t.Any]
    previous: str

    @property
    def when(self) -> datetime:
        """Return the time as an aware datetime in UTC."""
        return datetime.fromisoformat(self.time)

    def to_line(self) -> bytes:
        """Return the line without its newline."""
        return orjson.dumps(self)


@dataclass(frozen=True)
class Head:
    """How far the chain goes: a witness to keep elsewhere."""

    count: int = 0
    sha256: str = GENESIS

    def __str__(self) -> str:
        return f"{self.count}:{self.sha256}"


@dataclass
class Transaction:
    """The right to append, held under the ledger's lock."""

    ledger: Ledger
    stream: t.IO[bytes]
    head: Head
    actor: Mapping[str, str] = field(default_factory=dict)

    def append(
        self, event: str, data: Mapping[str, t.Any] | None = None, *, case: str | None = None, run: str | None = None
    ) -> Event:
        """Write one event and return it once it is on the disk.

        Raises:
            StoreFull: the disk has no room; the ledger is as it was before.
        """
        entry = Event(
            n=self.head.count + 1,
            time=datetime.now(UTC).isoformat(timespec="microseconds"),
            event=event,
            case=case,
            run=run or os.environ.get("COPIAS_RUN"),
            actor=dict(self.actor),
            data=dict(data or {}),
            previous=self.head.sha256,
        )
        line = entry.to_line()
        self._write(line + b"\n")
        self.head = Head(entry.n, hashlib.sha256(line).hexdigest())
        return entry

    def _write(self, line: bytes) -> None:
        start = self.stream.seek(0, os.SEEK_END)
        try:
            rest = memoryview(line)
            while rest:  # a nearly full disk takes the first bytes and says so
                rest = rest[self.stream.write(rest) :]
            os.fsync(self.stream.fileno())
        except OSError as error:
            os.ftruncate(self.stream.fileno(), start)
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise StoreFull(
                    "no se pudo escribir en la bitácora",
                    whose=str(self.ledger.path),
                    why="el disco está lleno",
                    repair="libere espacio en ese disco y repita la orden; no se perdió nada",
                ) from error
            raise


class Ledger:
    """The chain in ``path``; created, with its folder, at the first append."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self, actor: Mapping[str, str] | None = None) -> Iterator[Transaction]:
        """Hold the ledger alone: what is read inside stays true until the block ends."""
        make_private_directory(self.path.parent)
        with locked(self.path.with_suffix(".lock")):
            created = not self.path.exists()
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            # Unbuffered, so that nothing of a refused write is left to be flushed later.
            with os.fdopen(descriptor, "r+b", buffering=0) as stream:
                if created:
                    sync_directory(self.path.parent)
                self._set_torn_tail_aside(stream)
                yield Transaction(self, stream, self._read_head(stream), actor or {})

    def events(self, case: str | None = None) -> Iterator[Event]:
        """Yield the events in order, of one case or of all; a torn tail does not count.

        Raises:
            LedgerBroken: a line is no event. The chain itself is checked by :meth:`verify`.
        """
        # Cheap filter before parsing: a line of another case cannot hold these bytes.
        wanted = b'"case":' + orjson.dumps(case) if case is not None else b""
        for number, line in enumerate(self.lines(), start=1):
            if wanted in line:
                entry = self._parse(line, number)
                if case is None or entry.case == case:
                    yield entry

    def events_of(self, names: Collection[str]) -> Iterator[Event]:
        """Yield the events of these names in order, of all cases; lines of other events are not parsed.

        Raises:
            LedgerBroken: a line is no event.
        """
        for number, line in self._lines_of(names):
            yield self._parse(line, number)

    def data_of(self, names: Collection[str]) -> Iterator[dict[str, t.Any]]:
        """Yield the fields of the same events as plain data: half a million cost half as much as :class:`Event`.

        Raises:
            LedgerBroken: a line is no event.
        """
        for number, line in self._lines_of(names):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise self._broken(number, "no es un evento") from error

    def _lines_of(self, names: Collection[str]) -> Iterator[tuple[int, bytes]]:
        wanted = {name.encode() for name in names}
        for number, line in enumerate(self.lines(), start=1):
            # Before it come only a number and a time, so the first place that says "event" is the event's own.
            start = line.find(_EVENT) + len(_EVENT)
            if line[start : line.find(b'"', start)] in wanted:
                yield number, line

    def head(self) -> Head:
        """Return how far the chain goes, reading only its end."""
        if not self.path.exists():
            return Head()
        with self.path.open("rb") as stream:
            return self._read_head(stream)

    def last(self) -> Event | None:
        """Return the newest event, reading only the end of the file."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as stream:
            line = _read_last_line(stream)
        return self._parse(line, 0) if line else None

    def verify(self, witness: Head | None = None) -> Head:
        """Walk the whole chain and return its head.

        Args:
            witness: a head kept elsewhere, that must lie on this chain: it shows a cut tail.

        Raises:
            LedgerBroken: naming the line.
        """
        head = Head()
        met = witness is None or witness == head
        for head in self.heads():
            met = met or head == witness
        if not met:
            raise self._broken(head.count, f"falta el testigo {witness}: le cortaron el final o fue reescrita")
        return head

    def heads(self) -> Iterator[Head]:
        """Walk the whole chain and yield the head that it had after each line.

        Raises:
            LedgerBroken: naming the line that does not chain; what was yielded before it did.
        """
        head = Head()
        for number, line in enumerate(self.lines(), start=1):
            entry = self._parse(line, number)
            if entry.previous != head.sha256 or entry.n != number:
                raise self._broken(number, "no encadena con la línea anterior: fue cambiada, quitada o puesta después")
            head = Head(number, hashlib.sha256(line).hexdigest())
            yield head

    def lines(self) -> Iterator[bytes]:
        """Yield the whole lines as they are on the disk, without their newlines; a torn tail does not count."""
        if not self.path.exists():
            return
        with self.path.open("rb", buffering=_READ) as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    yield line[:-1]

    def _parse(self, line: bytes, number: int) -> Event:
        try:
            return Event(**orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError) as error:
            raise self._broken(number, "no es un evento") from error

    def _broken(self, number: int, why: str) -> LedgerBroken:
        return LedgerBroken(
            f"la bitácora no es válida en la línea {number}",
            whose=str(self.path),
            why=why,
            repair="no la edite; compare con la copia de la NAS y llame al administrador",
        )

    def _read_head(self, stream: t.IO[bytes]) -> Head:
        """Return count and hash from the last whole line."""
        tail = _read_last_line(stream)
        if tail is None:
            return Head()
        try:
            count = int(orjson.loads(tail)["n"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken(0, "la última línea no es un evento") from error
        return Head(count, hashlib.sha256(tail).hexdigest())

    def _set_torn_tail_aside(self, stream: t.IO[bytes]) -> None:
        """Move what a power cut left after the last newline to a file beside, and cut it off."""
        end = _end_of_last_line(stream)
        stream.seek(end)
        torn = stream.read()
        if torn:
            aside = self.path.with_name(f"{self.path.name}.torn-{end}")
            aside.write_bytes(torn)
            os.ftruncate(stream.fileno(), end)
            os.fsync(stream.fileno())


def _end_of_last_line(stream: t.IO[bytes]) -> int:
    """Return the offset just after the last newline."""
    position = stream.seek(0, os.SEEK_END)
    while position > 0:
        start = max(0, position - _BLOCK)
        stream.seek(start)
        found = stream.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0


def _read_last_line(stream: t.IO[bytes]) -> bytes | None:
    """Return the last whole line without its newline."""
    end = _end_of_last_line(stream)
    if end == 0:
        return None
    text = b""
    start = end - 1
    while start > 0 and b"\n" not in text:
        begin = max(0, start - _BLOCK)
        stream.seek(begin)
        text = stream.read(start - begin) + text
        start = begin
    return text.rpartition(b"\n")[2]
