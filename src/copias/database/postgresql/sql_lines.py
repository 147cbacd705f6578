"""A plain dump cut into what the server is sent: statements, and the rows that follow a ``COPY … FROM stdin``.

The cuts are made where pg_dump writes them: whole lines. A cut in the wrong place makes the server refuse the text; no
cut makes anything run on this machine, because nothing here understands psql's own commands.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias.errors import BadInput

if t.TYPE_CHECKING:
    from collections.abc import Iterator

BATCH: t.Final = 1 << 20
LONGEST: t.Final = 512 << 20
"""Bytes of one line; the server takes no statement of more than 1 GiB."""
_COPY: t.Final = re.compile(rb"COPY .+ FROM stdin;\s*\Z", re.DOTALL)
_LEFT_OUT: t.Final = re.compile(
    rb"(?:ALTER .+ OWNER TO .+|GRANT .+|REVOKE .+|ALTER DEFAULT PRIVILEGES .+|COMMENT ON EXTENSION .+|SECURITY LABEL .+"
    rb"|SET (?:default_tablespace|transaction_timeout|default_table_access_method) .+);\s*\Z",
    re.DOTALL,
)
"""Lines that a role without privileges cannot run, or older servers do not know; none of them is data."""
_HARMLESS: t.Final = re.compile(rb"\\(?:un)?restrict [A-Za-z0-9]{1,200}\s*\Z")
"""What pg_dump writes so that psql runs none of its own commands in between."""
_MARK: t.Final = re.compile(rb"'|\"|--|/\*|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$")


_ESCAPED: t.Final = re.compile(rb"(?:[^'\\]|\\.)*", re.DOTALL)


class PsqlCommand(BadInput):
    """The dump holds a command of psql: ``connect`` is a dump of several databases, any other is no dump's."""

    def __init__(self, command: str) -> None:
        super().__init__("el volcado tiene una orden de psql", why=command)
        self.command = command


@dataclass(frozen=True)
class Statements:
    """SQL to send; ``begins_rows`` when its last statement is a COPY, whose rows come next."""

    content: bytes
    begins_rows: bool
    size: int


@dataclass(frozen=True)
class Rows:
    """Rows of the COPY before; ``last`` with their end."""

    content: bytes
    last: bool
    size: int


def split_dump(stream: t.BinaryIO) -> Iterator[Statements | Rows]:
    """Yield a plain dump in pieces; ``size`` of each is what it took of the file.

    Raises:
        PsqlCommand: it holds a command that pg_dump does not write.
    """
    state, batch, size = _State(), list[bytes](), 0
    statement: list[bytes] = []
    while line := _read_line(stream):
        size += len(line)
        if state.neutral and line.startswith(b"\\"):
            _require_harmless(line)
            continue
        state.follow(line)
        statement.append(line)
        if size > BATCH + LONGEST:
            raise BadInput("el volcado tiene una instrucción demasiado larga", why=f"más de {LONGEST} bytes")
        if not (state.neutral and state.fresh):
            continue
        text = b"".join(statement)
        statement.clear()
        if not _LEFT_OUT.match(text):
            batch.append(text)
        begins_rows = _COPY.match(text) is not None
        if begins_rows or size >= BATCH:
            yield Statements(b"".join(batch), begins_rows=begins_rows, size=size)
            batch, size = [], 0
        if begins_rows:
            yield from _rows(stream)
    if batch or statement:
        yield Statements(b"".join([*batch, *statement]), begins_rows=False, size=size)


def _rows(stream: t.BinaryIO) -> Iterator[Rows]:
    batch, size = list[bytes](), 0
    while line := _read_line(stream):
        size += len(line)
        if line.rstrip(b"\r\n") == b"\\.":
            yield Rows(b"".join(batch), last=True, size=size)
            return
        batch.append(line)
        if size >= BATCH:
            yield Rows(b"".join(batch), last=False, size=size)
            batch, size = [], 0
    yield Rows(b"".join(batch), last=False, size=size)


def _read_line(stream: t.BinaryIO) -> bytes:
    line = stream.readline(LONGEST + 1)
    if len(line) > LONGEST:
        raise BadInput("el volcado tiene una línea demasiado larga", why=f"más de {LONGEST} bytes")
    return line


def _require_harmless(line: bytes) -> None:
    if not _HARMLESS.match(line):
        raise PsqlCommand(ascii(line[:20].decode("utf-8", "replace").split()[0]))


class _State:
    """Whether the text so far ends inside a quote, a name, a body or a comment, or within a statement."""

    def __init__(self) -> None:
        self._inside = b""
        self._escapes = False
        self.fresh = True

    @property
    def neutral(self) -> bool:
        """Tell that the text ends outside of all of them."""
        return not self._inside

    def follow(self, line: bytes) -> None:
        """Take one more line."""
        place = 0
        while place < len(line):
            place = self._leave(line, place) if self._inside else self._enter(line, place)
        if self.neutral:
            bare = line.strip()
            if bare and not bare.startswith(b"--"):
                self.fresh = bare.endswith(b";")

    def _enter(self, line: bytes, place: int) -> int:
        found = _MARK.search(line, place)
        if found is None or found[0] == b"--":
            return len(line)
        before = line[found.start() - 1 : found.start()]
        if found[0].startswith(b"$") and (before.isalnum() or before in {b"_", b"$"}):
            return found.end() - 1  # a dollar within a name
        self._inside = found[0]
        self._escapes = found[0] == b"'" and before in {b"E", b"e"}
        return found.end()

    def _leave(self, line: bytes, place: int) -> int:
        end = b"*/" if self._inside == b"/*" else self._inside
        if self._escapes:
            found = _ESCAPED.match(line, place)
            where = found.end() if found and line[found.end() : found.end() + 1] == b"'" else -1
        else:
            where = line.find(end, place)
        if where < 0:
            return len(line)
        self._inside = b""  # a doubled quote leaves and enters again
        return where + len(end)
