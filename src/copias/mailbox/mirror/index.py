"""The index: a row for each message, in SQLite."""

from __future__ import annotations

import sqlite3
import typing as t
from contextlib import closing
from functools import lru_cache

import orjson

from copias.mailbox.mirror.failures import telling_disk_errors, translate
from copias.mailbox.mirror.headers import read_headers
from copias.mailbox.mirror.model import MirrorMessage, MirrorState, NewMessage

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from copias.mailbox.mirror.member import Member

# Rows lie in the order in which they were added, which is that of the segments. `message_find` holds all that a search
# looks at: what does not match is never read from the table.
_SCHEMA: t.Final = """
BEGIN;
CREATE TABLE message (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, thread_id TEXT NOT NULL, labels TEXT NOT NULL, history_id INTEGER NOT NULL,
    internal_date INTEGER NOT NULL, date TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
    subject TEXT NOT NULL, message_id TEXT NOT NULL, bytes INTEGER NOT NULL, crc INTEGER NOT NULL,
    sha256 TEXT NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    header_length INTEGER NOT NULL, deleted_at REAL
);
CREATE INDEX message_find ON message (internal_date, id, sender, subject, labels);
CREATE TABLE label (id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE segment (number INTEGER PRIMARY KEY, length INTEGER NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_COLUMNS: t.Final = ", ".join(MirrorMessage._fields)
_ADD: t.Final = f"INSERT INTO message ({_COLUMNS}) VALUES ({', '.join('?' * len(MirrorMessage._fields))})"  # noqa: S608


class Index:
    """The file, opened for reading (``ro``), reading and writing (``rw``) or to be made (``rwc``).

    What is written is one transaction until :meth:`commit`; this connection sees it at once, others afterwards.
    """

    def __init__(self, path: Path, mode: t.Literal["ro", "rw", "rwc"] = "ro") -> None:
        self.path = path
        with telling_disk_errors(path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None
            )
            if mode == "rw":
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
            elif mode == "rwc":
                self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; what was not committed is dropped."""
        self._connection.close()

    def query(self, query: str, values: Sequence[t.Any] = ()) -> Iterator[tuple[t.Any, ...]]:
        """Yield what a query of ours finds; ``values`` are anybody's.

        Raises:
            Altered: the file is no index any more.
            CopyFailed: it cannot be read.
        """
        try:
            # Not `yield from`: that would touch the cursor of an iterator that is dropped after the index was closed.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row
        except sqlite3.DatabaseError as error:
            raise translate(error, self.path) from error

    def define(self, name: str, function: t.Callable[[str], str]) -> None:
        """Let queries use a function of one text."""
        self._connection.create_function(name, 1, function, deterministic=True)

    def copy_to(self, path: Path) -> None:
        """Write what is committed now to a file, made anew, which is whole without any other file beside it."""
        remove_database(path)
        with telling_disk_errors(path), closing(sqlite3.connect(path, isolation_level=None)) as target:
            self._connection.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")

    # What is known

    def message(self, key: str) -> MirrorMessage | None:
        """Return a row."""
        return next(self.select("id = ?", (key,)), None)

    def has(self, key: str) -> bool:
        """Tell whether there is a row."""
        return any(self.query("SELECT 1 FROM message WHERE id = ?", (key,)))

    def select(
        self, where: str = "1", values: Sequence[t.Any] = (), *, order: str = "position"
    ) -> Iterator[MirrorMessage]:
        """Yield rows; ``where`` and ``order`` are ours, never anybody's input."""
        query = f"SELECT {_COLUMNS} FROM message WHERE {where} ORDER BY {order}"  # noqa: S608 -- fixed texts
        for row in self.query(query, values):
            yield MirrorMessage._make((*row[:2], _decode_labels(row[2]), *row[3:]))

    def ids(self, where: str = "1") -> frozenset[str]:
        """Return ids; ``where`` is ours."""
        return frozenset(key for (key,) in self.query(f"SELECT id FROM message WHERE {where}"))  # noqa: S608

    def labels(self) -> dict[str, tuple[str, str]]:
        """Return id → name and type of each label."""
        return {key: (name, sort) for key, name, sort in self.query("SELECT id, name, type FROM label")}

    def segments(self) -> dict[int, int]:
        """Return number → committed length of each segment."""
        return dict(self.query("SELECT number, length FROM segment ORDER BY number"))

    def fact(self, name: str) -> t.Any:
        """Return a fact, ``None`` when it is not there.

        Raises:
            Altered: the file is no index.
        """
        row = next(self.query("SELECT value FROM fact WHERE name = ?", (name,)), None)
        return orjson.loads(row[0]) if row else None

    @property
    def state(self) -> MirrorState:
        """Return how far the mirror is with its mailbox."""
        return MirrorState(**(self.fact("state") or {}))

    @property
    def owner(self) -> str:
        """Return Google's id of the account whose mailbox it is; empty while it is not known."""
        return str(self.fact("owner") or "")

    # What is written

    @property
    def changed(self) -> bool:
        """Tell whether something waits for :meth:`commit`."""
        return self._connection.in_transaction

    def _write(self, query: str, values: Sequence[t.Any] = ()) -> None:
        with telling_disk_errors(self.path):
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(query, values)

    def commit(self) -> None:
        """Have it on the disk.

        Raises:
            StoreFull: the disk is full.
        """
        if self._connection.in_transaction:
            with telling_disk_errors(self.path):
                self._connection.execute("COMMIT")

    def add(self, row: MirrorMessage) -> None:
        """Add a row.

        Raises:
            StoreFull: the disk is full; of the other methods that write too.
        """
        self._write(_ADD, (*row[:2], _encode(row.labels), *row[3:]))

    def relabel(self, key: str, labels: Sequence[str], history_id: int) -> None:
        """Give a message other labels."""
        self._write("UPDATE message SET labels = ?, history_id = ? WHERE id = ?", (_encode(labels), history_id, key))

    def mark_deleted(self, key: str, when: float | None) -> None:
        """Note when a message went, ``None`` when it is there."""
        self._write("UPDATE message SET deleted_at = ? WHERE id = ?", (when, key))

    def put_labels(self, labels: Mapping[str, Sequence[str]]) -> None:
        """Replace all labels: id → name and type."""
        self._write("DELETE FROM label")
        for key, (name, sort) in labels.items():
            self._write("INSERT INTO label VALUES (?, ?, ?)", (key, name, sort))

    def put_segment(self, number: int, length: int) -> None:
        """Note a segment's length."""
        self._write("INSERT OR REPLACE INTO segment VALUES (?, ?)", (number, length))

    def put_owner(self, owner: str) -> None:
        """Keep whose mailbox it is."""
        self.put_fact("owner", owner)

    def put_fact(self, name: str, value: t.Any) -> None:
        """Keep a fact."""
        self._write("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, _encode(value)))


def remove_database(path: Path) -> None:
    """Remove a database with its logs, which SQLite would read into the next one of that name."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@lru_cache(maxsize=4096)
def _decode_labels(text: str) -> tuple[str, ...]:
    return tuple(orjson.loads(text))


def _encode(value: t.Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def new_row(message: NewMessage, member: Member, *, segment: int, offset: int) -> MirrorMessage:
    """Return the row of a message whose member lies at a place."""
    headers = read_headers(message.content)
    return MirrorMessage(
        id=message.id,
        thread_id=message.thread_id,
        labels=message.labels,
        history_id=message.history_id,
        internal_date=message.internal_date,
        date=headers.date,
        sender=headers.sender,
        recipients=headers.recipients,
        subject=headers.subject,
        message_id=headers.message_id,
        bytes=len(message.content),
        crc=member.crc,
        sha256=member.sha256,
        segment=segment,
        offset=offset,
        length=member.length,
        header_length=member.header_length,
        deleted_at=None,
    )
