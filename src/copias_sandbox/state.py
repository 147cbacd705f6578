"""What the sandbox knows, in one SQLite file: it survives a restart, a snapshot is a copy of it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import typing as t
import weakref
from contextlib import contextmanager
from pathlib import Path

import orjson

from copias_sandbox.core.errors import Json

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sheet_row (
    spreadsheet TEXT NOT NULL, sheet INTEGER NOT NULL, position INTEGER NOT NULL, cells BLOB NOT NULL,
    PRIMARY KEY (spreadsheet, sheet, position)
) WITHOUT ROWID;
"""


class State:
    """The file, with the little that every room needs: JSON documents by kind and key.

    Args:
        path: the file; created when absent. ``:memory:`` works too.
    """

    def __init__(self, path: Path | str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(_SCHEMA)
        self.folder = _folder_beside(path, self)
        self._forgetters: list[Callable[[], None]] = []
        self._tables = ["sheet_row"]

    def add_tables(self, schema: str, names: Sequence[str]) -> None:
        """Make a room's own tables, unless they are there, and empty them whenever everything is emptied."""
        self.connection.executescript(schema)
        self._tables += names

    def on_forget(self, forget: Callable[[], None]) -> None:
        """Have ``forget`` called whenever what was read before may no longer be true."""
        self._forgetters.append(forget)

    def forget(self) -> None:
        """Drop every copy held in memory."""
        for forget in self._forgetters:
            forget()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is inside, or nothing of it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            self.forget()
            raise
        self.connection.execute("COMMIT")

    def put(self, kind: str, key: str, body: Json) -> None:
        """Keep a document, replacing the one of that key."""
        self.connection.execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (kind, key, orjson.dumps(body)))

    def get(self, kind: str, key: str) -> Json | None:
        """Return a document, or nothing."""
        row = self.connection.execute("SELECT body FROM document WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return orjson.loads(row[0]) if row else None

    def every(self, kind: str) -> Iterator[tuple[str, Json]]:
        """Yield ``(key, document)`` in the order of the keys."""
        for key, body in self.connection.execute("SELECT key, body FROM document WHERE kind = ? ORDER BY key", (kind,)):
            yield key, orjson.loads(body)

    def remove(self, kind: str, key: str) -> None:
        """Forget a document, if there is one."""
        self.connection.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))

    def clear(self, *, keep: tuple[str, ...] = ()) -> None:
        """Empty everything but the documents of the kinds to ``keep``."""
        marks = ",".join("?" * len(keep))
        with self.transaction():
            self.connection.execute(f"DELETE FROM document WHERE kind NOT IN ({marks})", keep)  # noqa: S608 -- marks only
            for table in self._tables:
                self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 -- names of the rooms' code
        self.forget()

    def snapshot(self, path: Path) -> None:
        """Copy everything, as it is now, to another file."""
        with sqlite3.connect(path) as copy:
            self.connection.backup(copy)
        copy.close()

    def restore(self, path: Path) -> None:
        """Become again what was copied to ``path``."""
        source = sqlite3.connect(path)
        source.backup(self.connection)
        source.close()
        self.forget()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def _folder_beside(path: Path | str, owner: State) -> Path:
    """Return where content is kept that is too large for the database; one of its own, that goes with it, in memory."""
    if str(path) != ":memory:":
        return Path(path).absolute().parent / "content"
    folder = tempfile.mkdtemp(prefix="copias-sandbox-")
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
