"""The messages of a package as a table on disk: taken in any order, given back sorted, counted and hashed.

Memory stays the same for ten messages and for a million; the file is private, temporary, and holds
no message, only what a list of them shows.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import sqlite3
import tempfile
import typing as t
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from copias.errors import BadInput

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator

State: t.TypeAlias = t.Literal["", "draft", "spam", "trash", "chat"]
STATES: t.Final[tuple[State, ...]] = t.get_args(State)
_STATE_LABELS: t.Final[tuple[tuple[str, State], ...]] = (
    ("SPAM", "spam"),
    ("TRASH", "trash"),
    ("DRAFT", "draft"),
    ("CHAT", "chat"),
)
_BATCH: t.Final = 1000
_SETTINGS: t.Final = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA cache_size = -4096",
)
_TABLES: t.Final = """
CREATE TABLE person (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
CREATE TABLE labels (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
CREATE TABLE message (
  entry TEXT NOT NULL, id TEXT NOT NULL UNIQUE, thread_id TEXT NOT NULL, labels INTEGER NOT NULL, state TEXT NOT NULL,
  internal_date INTEGER NOT NULL, date TEXT NOT NULL, sender INTEGER NOT NULL, recipients INTEGER NOT NULL,
  subject TEXT NOT NULL, message_id TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, deleted_at REAL,
  part INTEGER NOT NULL, place INTEGER NOT NULL UNIQUE
);
"""
_INSERT: t.Final = """
INSERT INTO message VALUES (?, ?, ?, (SELECT id FROM labels WHERE value = ?), ?, ?, ?,
  (SELECT id FROM person WHERE value = ?), (SELECT id FROM person WHERE value = ?), ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT: t.Final = """
SELECT entry, m.id, thread_id, l.value, state, internal_date, date, s.value, r.value, subject, message_id, bytes,
  sha256, deleted_at, part
FROM message m JOIN labels l ON l.id = m.labels JOIN person s ON s.id = sender JOIN person r ON r.id = recipients
"""


class ListedMessage(t.NamedTuple):
    """A line of a package's list: the entry that holds a message, and what is known of it.

    ``labels`` are names; ``internal_date`` is milliseconds since 1970, ``deleted_at`` seconds; ``bytes`` and
    ``sha256`` are of the message; ``part`` counts the zip files from 1.
    """

    entry: str
    id: str
    thread_id: str
    labels: tuple[str, ...]
    state: State
    internal_date: int
    date: str
    sender: str
    recipients: str
    subject: str
    message_id: str
    bytes: int
    sha256: str
    deleted_at: float | None
    part: int


@dataclass(frozen=True)
class Summary:
    """What the messages of a list are together; ``sha256`` as :class:`copias.package.MessagesFacts` says."""

    count: int
    bytes: int
    threads: int
    labels: int
    states: dict[str, int]
    deleted: int
    first: int | None
    """Internal date of the oldest, milliseconds."""
    last: int | None
    sha256: str


class PageRow(t.NamedTuple):
    """A message as a page shows it: people and labels by their number in :meth:`MessageList.people` and so on."""

    internal_date: int
    sender: int
    recipients: int
    labels: int
    subject: str
    entry: str
    bytes: int
    deleted: bool
    part: int


class MessageList:
    """A list of messages, as a context manager.

    Args:
        folder: where its temporary file may lie; it is removed at the end.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=folder, prefix=".lista-")
        self._database = sqlite3.connect(Path(self._folder.name) / "lista.sqlite", isolation_level=None)
        for setting in _SETTINGS:
            self._database.execute(setting)
        self._database.executescript(_TABLES)
        self._pending: list[tuple[t.Any, ...]] = []
        self._count = 0

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._folder.cleanup()

    @property
    def count(self) -> int:
        """Return how many messages were added."""
        return self._count

    def add(self, message: ListedMessage, *, place: int | None = None) -> None:
        """Add a message; that it comes twice may be told later, at the latest when the list is read.

        Args:
            message: to be added.
            place: where :meth:`in_order` puts it, if that is not the order of adding; no two messages have the same.

        Raises:
            BadInput: its id or its place is there already.
            OSError: the disk is full.
        """
        self._pending.append(_to_row(message, self._count if place is None else place))
        self._count += 1
        if len(self._pending) >= _BATCH:
            self._flush()

    def sorted(self) -> Iterator[ListedMessage]:
        """Yield the messages by date, the oldest first; messages of one moment by id."""
        return map(_to_message, self._select(f"{_SELECT} ORDER BY internal_date, m.id"))

    def in_order(self) -> Iterator[ListedMessage]:
        """Yield the messages by their places."""
        return map(_to_message, self._select(f"{_SELECT} ORDER BY place"))

    def page_rows(self) -> Iterator[PageRow]:
        """Yield the messages by date, the newest first, as a page shows them."""
        rows = self._select(
            "SELECT internal_date, sender - 1, recipients - 1, labels - 1, subject, entry, bytes,"
            " deleted_at IS NOT NULL, part FROM message ORDER BY internal_date DESC, id DESC"
        )
        return map(PageRow._make, rows)

    def people(self) -> Iterator[str]:
        """Yield the senders and the recipients, each once, in the order of their numbers."""
        return (value for (value,) in self._select("SELECT value FROM person ORDER BY id"))

    def label_sets(self) -> Iterator[tuple[str, ...]]:
        """Yield the sets of labels that messages have, each once, in the order of their numbers."""
        return (split_labels(value) for (value,) in self._select("SELECT value FROM labels ORDER BY id"))

    def summary(self) -> Summary:
        """Count and hash the messages."""
        row = next(
            self._select(
                "SELECT count(*), coalesce(sum(bytes), 0), count(DISTINCT thread_id), min(internal_date),"
                " max(internal_date), count(deleted_at) FROM message"
            )
        )
        count, size, threads, first, last, deleted = row
        states = dict(self._select("SELECT state, count(*) FROM message GROUP BY state"))
        labels = len({label for labels in self.label_sets() for label in labels})
        return Summary(count, size, threads, labels, states, deleted, first, last, self._digest())

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for key, sha256 in self._select("SELECT id, sha256 FROM message ORDER BY id"):
            digest.update(f"{key} {sha256}\n".encode())
        return digest.hexdigest()

    def _select(self, query: str) -> Iterator[tuple[t.Any, ...]]:
        self._flush()
        with _naming_faults(), closing(self._database.execute(query)) as rows:
            yield from rows

    def _flush(self) -> None:
        """Write what is pending, in one transaction."""
        if not self._pending:
            return
        people = {(person,) for row in self._pending for person in row[7:9]}
        labels = {row[3:4] for row in self._pending}
        with _naming_faults(), self._database:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR IGNORE INTO person (value) VALUES (?)", sorted(people))
            self._database.executemany("INSERT OR IGNORE INTO labels (value) VALUES (?)", sorted(labels))
            self._database.executemany(_INSERT, self._pending)
        self._pending.clear()


def state_of(labels: Collection[str]) -> State:
    """Return the state that Gmail's own labels give a message; what is in the trash is trash, draft or not."""
    for label, state in _STATE_LABELS:
        if label in labels:
            return state
    return ""


@lru_cache(maxsize=4096)
def join_labels(labels: tuple[str, ...]) -> str:
    """Return names as one text: commas between, and a name with a comma or a quote in it between quotes."""
    if not labels:
        return ""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\r\n").writerow(labels)
    return sink.getvalue().removesuffix("\r\n")


@lru_cache(maxsize=4096)
def split_labels(text: str) -> tuple[str, ...]:
    """Return the names that :func:`join_labels` joined."""
    return tuple(next(csv.reader(io.StringIO(text, newline="")))) if text else ()


def _to_row(message: ListedMessage, place: int) -> tuple[t.Any, ...]:
    return (*message[:3], join_labels(message.labels), *message[4:], place)


def _to_message(row: tuple[t.Any, ...]) -> ListedMessage:
    return ListedMessage._make((*row[:3], split_labels(row[3]), *row[4:]))


@contextmanager
def _naming_faults() -> Iterator[None]:
    """Tell a message that comes twice and a full disk from a mistake of ours."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise BadInput("un mensaje está dos veces en la lista", why=str(error)) from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname in {"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_IOERR_WRITE"}:
            raise OSError(errno.ENOSPC, "no cabe la lista de mensajes", "") from error
        raise
