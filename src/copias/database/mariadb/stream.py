"""Read a dump as it goes by: when it has its snapshot, which tables it carries, and its counters.

Only the definitions are looked at. A line that begins one cannot come from a value, whose line breaks are escaped.
"""

from __future__ import annotations

import re
import typing as t

HEAD = b"-- M"
"""``-- MariaDB dump`` or ``-- MySQL dump``; newer programs write a line for the client's sandbox before it."""
SANDBOX = b"/*M!999999"
TAIL = b"-- Dump completed"
_TABLE = b"*/;\nCREATE TABLE `"
_END = b"\n) "
_SIGNS = (b"\nCREATE SEQUENCE ", _TABLE, b"\n/*!50001 CREATE ", b"\n-- Dumping routines", b"\n-- Dumping events", TAIL)
_NAME = re.compile(rb"CREATE TABLE `((?:[^`]|``)+)` \(", re.DOTALL)
_COUNTER = re.compile(rb"\n\) ENGINE=\w+ AUTO_INCREMENT=(\d+)")
_SEQUENCE = re.compile(rb"^DO SETVAL\(`((?:[^`]|``)+)`, (-?\d+), ([01])\);", re.MULTILINE | re.DOTALL)
MOST = 16 << 20
"""Bytes of one definition."""


class StreamReader:
    """Takes a dump's chunks. ``begun`` is called once, when the dump program surely has its snapshot."""

    def __init__(self) -> None:
        self.begun: t.Callable[[], None] | None = None
        self.tables: list[str] = []
        self.counters: dict[str, int] = {}
        self.sequences: dict[str, str] = {}
        self._head: bytearray | None = bytearray()
        self._rest = b""
        self._start = b""

    def feed(self, chunk: bytes) -> None:
        """Take a chunk."""
        text = self._rest + chunk
        if len(self._start) < len(SANDBOX):
            self._start += chunk[: len(SANDBOX)]
        if self.begun is not None and any(sign in text for sign in _SIGNS):
            self.begun()
            self.begun = None
        if self._head is not None:
            self._head += chunk
        self._rest = self._read_tables(text)
        if self.tables:
            self._read_sequences()

    def finish(self) -> bool:
        """Take note of what was seen when the dump had no table, and return whether it began as a dump does."""
        self._read_sequences()
        return self._start.startswith((HEAD, SANDBOX))

    def _read_sequences(self) -> None:
        """Read the sequences, which come before all tables."""
        if self._head is None:
            return
        for name, value, used in _SEQUENCE.findall(bytes(self._head).partition(_TABLE)[0]):
            self.sequences[_plain(name)] = f"{int(value)},{'true' if used == b'1' else 'false'}"
        self._head = None

    def _read_tables(self, text: bytes) -> bytes:
        """Note the tables whose definitions are whole, and return what the next chunk is to be put behind."""
        place = 0
        if _TABLE[:1] not in text:  # one byte is found twenty times as quickly, and few rows have it
            return text[max(0, len(text) - len(_TABLE) - 64) :]
        while (start := text.find(_TABLE, place)) >= 0:
            place = text.find(_END, start)
            end_of_line = text.find(b"\n", place + 1) if place >= 0 else -1
            if end_of_line < 0:
                return text[start:] if len(text) - start < MOST else b""
            self._note(text[start:end_of_line])
            place = end_of_line
        return text[max(place, len(text) - len(_TABLE) - 64) :] if text else b""

    def _note(self, definition: bytes) -> None:
        found = _NAME.search(definition)
        if found is None:
            return
        name = _plain(found[1])
        self.tables.append(name)
        counter = _COUNTER.search(definition)
        if counter:
            self.counters[name] = int(counter[1])


def _plain(name: bytes) -> str:
    return name.replace(b"``", b"`").decode("utf-8", "surrogateescape")
