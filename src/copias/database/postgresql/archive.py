"""Read a custom-format dump's table of contents: which rows it carries, its sequences, its definitions.

The contents come before the rows, so they are read from the head of the stream, by pg_restore itself, while the dump
goes by. Sequences are outside of snapshots: the only values to compare with are the ones in the dump.
"""

from __future__ import annotations

import re
import subprocess
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from copias.database.children import Process, child_environment, memory_file, run_tool, spawn, stop, tail_of
from copias.database.postgresql.tools import Tools
from copias.database.postgresql.wording import readable
from copias.database.schema import digest_of, sum_of_schema
from copias.errors import CopyFailed

MAGIC = b"PGDMP"
MOST = 64 << 20
"""Bytes of contents that are kept in memory: some hundred thousand objects."""
SECONDS = 300
_ENTRY = re.compile(rb"^(\d+); (\d+) (\d+) (.*)$", re.MULTILINE)
_SETVAL = re.compile(
    r"^SELECT pg_catalog\.setval\('((?:[^']|'')*)', (-?\d+), (true|false)\);$", re.MULTILINE | re.DOTALL
)
_HEADER = re.compile(
    r"^--\n-- Name: (?P<name>.*?); Type: (?P<type>[A-Z ]+); Schema: (?P<schema>.*?); Owner: .*\n--$", re.MULTILINE
)
_NAME_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


@dataclass(frozen=True)
class Archive:
    """What a dump says of itself.

    ``tables`` are the source's ids of the tables whose rows it carries.
    """

    tables: frozenset[int]
    sequences: dict[str, str]
    schema: dict[str, str]
    schema_sha256: str


class HeadReader:
    """Takes a dump's first chunks until pg_restore has seen all contents, and reads those while the rest goes by."""

    def __init__(self, tools: Tools, whose: str, encoding: str) -> None:
        self._tools = tools
        self._whose = whose
        self._encoding = encoding
        self._head = bytearray()
        self._reading: Future[Archive] | None = None

    def __enter__(self) -> t.Self:
        with ExitStack() as opened:
            # Files, not pipes: the lister never waits for us while we wait for it.
            self._listing = opened.enter_context(memory_file())
            self._complaints = opened.enter_context(memory_file())
            self._lister = spawn(
                [self._tools["pg_restore"], "--list"],
                environment=child_environment(),
                stdin=subprocess.PIPE,
                stdout=self._listing,
                stderr=self._complaints,
            )
            self._beside = opened.enter_context(ThreadPoolExecutor(1, thread_name_prefix="índice"))
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._close_input(self._lister)
        stop(self._lister)
        self._opened.close()

    def feed(self, chunk: bytes) -> None:
        """Take a chunk if it is still wanted."""
        if self._reading is not None or self._lister.stdin is None:
            return
        if len(self._head) > MOST:
            raise CopyFailed("el volcado tiene demasiados objetos", whose=self._whose, why=f"más de {MOST} bytes")
        self._head += chunk
        try:
            self._lister.stdin.write(chunk)
            self._lister.stdin.flush()
        except BrokenPipeError:  # it has read its fill
            self._close_input(self._lister)
            self._reading = self._beside.submit(self._read)

    def finish(self) -> Archive:
        """Return what the dump says of itself."""
        if self._reading is not None:
            return self._reading.result()
        self._close_input(self._lister)
        return self._read()

    def _read(self) -> Archive:
        try:
            code = self._lister.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = -1
        if code != 0:
            why = tail_of(self._complaints) or f"pg_restore no terminó en {SECONDS} segundos"
            raise CopyFailed("el índice del volcado no se puede leer", whose=self._whose, why=why)
        self._listing.seek(0)
        head, listing = bytes(self._head), self._listing.read()
        return read_archive(self._tools, head, listing, whose=self._whose, encoding=self._encoding)

    @staticmethod
    def _close_input(lister: Process) -> None:
        if lister.stdin is not None:
            with suppress(BrokenPipeError):
                lister.stdin.close()


def read_archive(tools: Tools, head: bytes, listing: bytes, *, whose: str, encoding: str) -> Archive:
    """Read a dump from its head, which holds at least all contents, and their listing; it is in that encoding."""
    schema = parse_schema(_restore(tools, head, "--schema-only", whose=whose), encoding)
    values = _sequences(tools, head, listing, whose)
    return Archive(
        tables=_tables_with_rows(listing),
        sequences={readable(name, encoding): value for name, value in values.items()},
        schema=schema,
        schema_sha256=sum_of_schema(schema),
    )


def parse_schema(text: str, encoding: str = "UTF8") -> dict[str, str]:
    r"""Map each object of a plain schema dump to the start of its definition's SHA-256.

    ``text`` was read as UTF-8, with the bytes that are none kept; its names are given in the database's own encoding.

    What changes by itself from one dump to the next is left out: the settings at the top, the random word of
    ``\restrict``, and the defaults that are set only when they change between two neighbours.
    """
    headers = list(_HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    objects: dict[str, str] = {}
    for header, end in zip(headers, ends, strict=bool(headers)):  # of an empty database there is no object
        if header["type"].endswith(" DATA"):  # an archive's schema lists the refresh of a view, a dump's does not
            continue
        schema = "" if header["schema"] == "-" else f"{header['schema']}."
        name = key = readable(f"{header['type']} {schema}{header['name']}", encoding)
        number = 1
        while key in objects:
            number += 1
            key = f"{name} #{number}"
        block = _settled(text[header.start() : end])
        if header["type"].endswith("ACL"):
            block = _ordered(block)
        objects[key] = digest_of(block)
    return objects


def _settled(block: str) -> str:
    lines = [
        line.rstrip()
        for line in block.splitlines()
        if not line.startswith(
            (r"\restrict ", r"\unrestrict ", "SET default_t", "-- PostgreSQL database dump complete")
        )
    ]
    return "\n".join(lines).rstrip("\n -")


def _ordered(block: str) -> str:
    # Grants have no order of meaning, and a change of owner leaves them in another one.
    return "\n".join(sorted(block.splitlines()))


def _tables_with_rows(listing: bytes) -> frozenset[int]:
    # Only rows have a zero for their catalogue: a table called "DATA x" cannot pass for one.
    return frozenset(
        int(entry[3]) for entry in _ENTRY.finditer(listing) if entry[2] == b"0" and entry[4].startswith(b"TABLE DATA ")
    )


def _sequences(tools: Tools, head: bytes, listing: bytes, whose: str) -> dict[str, str]:
    wanted = [entry[0] for entry in _ENTRY.finditer(listing) if entry[4].startswith(b"SEQUENCE SET ")]
    if not wanted:
        return {}
    with memory_file(b"\n".join(wanted) + b"\n") as names:
        descriptor = names.fileno()
        use_list = f"--use-list=/proc/self/fd/{descriptor}"
        text = _restore(tools, head, use_list, whose=whose, pass_fds=[descriptor])
    return {sequence_name(*_split(found[1])): f"{found[2]},{found[3]}" for found in _SETVAL.finditer(text)}


def sequence_name(schema: str, name: str) -> str:
    """Return the key of a sequence."""
    return f"{schema}.{name}"


def _split(literal: str) -> tuple[str, str]:
    """Split the quoted name of a ``setval``, doubled quotes and all."""
    parts = [
        (quoted.replace('""', '"') if quoted or not plain else plain)
        for quoted, plain in _NAME_PART.findall(literal.replace("''", "'"))
    ]
    return parts[0], parts[1]


def _restore(tools: Tools, head: bytes, *options: str, whose: str, pass_fds: t.Sequence[int] = ()) -> str:
    """Let pg_restore write SQL from a dump's head. The head holds rows too: it never touches a disk."""
    command = [tools["pg_restore"], "--file=-", *options]
    with memory_file(head) as source:
        written = run_tool(command, whose=whose, what="leer el índice del volcado", stdin=source, pass_fds=pass_fds)
    return written.decode("utf-8", "surrogateescape")


def schema_of(tools: Tools, archive: bytes, *, whose: str, encoding: str) -> dict[str, str]:
    """Map the objects of a live database; ``archive`` is its schema as pg_dump wrote it, in custom format.

    It goes through pg_restore as the dump did, so that both texts come from the same code.
    """
    return parse_schema(_restore(tools, archive, "--schema-only", whose=whose), encoding)
