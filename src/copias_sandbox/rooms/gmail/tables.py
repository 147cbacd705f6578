"""Where mail is kept: one row a message; bytes only of what a client or a test put there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

SCHEMA: t.Final = """
CREATE TABLE IF NOT EXISTS mailbox (
    number INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, plan BLOB NOT NULL,
    history INTEGER NOT NULL, oldest_history INTEGER NOT NULL, given INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS mail (
    mailbox INTEGER NOT NULL, number INTEGER NOT NULL, thread INTEGER NOT NULL, date INTEGER NOT NULL,
    history INTEGER NOT NULL, labels TEXT NOT NULL, header_id TEXT NOT NULL,
    kind TEXT NOT NULL, position INTEGER NOT NULL, content BLOB, PRIMARY KEY (mailbox, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mail_by_date ON mail (mailbox, date, number);
CREATE INDEX IF NOT EXISTS mail_by_thread ON mail (mailbox, thread);
CREATE INDEX IF NOT EXISTS mail_by_header_id ON mail (mailbox, header_id);
CREATE TABLE IF NOT EXISTS mail_content (sha256 BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mail_label (
    mailbox INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (mailbox, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mail_history (
    mailbox INTEGER NOT NULL, id INTEGER NOT NULL, change TEXT NOT NULL, number INTEGER NOT NULL,
    thread INTEGER NOT NULL, labels TEXT NOT NULL, changed TEXT NOT NULL, PRIMARY KEY (mailbox, id, change)
) WITHOUT ROWID;
"""
TABLES: t.Final = ("mailbox", "mail", "mail_content", "mail_label", "mail_history")
COLUMNS: t.Final = "number, thread, date, history, labels, header_id, kind, position, content"


@dataclass(frozen=True)
class Mail:
    """One message but for its bytes.

    Args:
        number: the id as a number; ``thread`` likewise.
        date: ``internalDate``, milliseconds since 1970.
        history: the id of its last change.
        labels: ids.
        header_id: its ``Message-ID``, or nothing.
        kind: which writer of :mod:`copias_sandbox.seed.mail` makes its bytes, for ``position``; or nothing.
        content: the SHA-256 of bytes that are kept, or nothing.
    """

    number: int
    thread: int
    date: int
    history: int
    labels: tuple[str, ...]
    header_id: str
    kind: str = ""
    position: int = -1
    content: bytes | None = None

    @property
    def id(self) -> str:
        """Return the id as clients know it."""
        return f"{self.number:016x}"

    @property
    def thread_id(self) -> str:
        """Return the conversation's id as clients know it."""
        return f"{self.thread:016x}"


def packed(labels: t.Iterable[str]) -> str:
    """Return labels as they are kept: each between spaces, so that one can be found by ``instr``."""
    return f" {' '.join(labels)} "


def read_mail(row: tuple[t.Any, ...]) -> Mail:
    """Return the message of a row of :data:`COLUMNS`."""
    number, thread, date, history, labels, header_id, kind, position, content = row
    return Mail(number, thread, date, history, tuple(labels.split()), header_id, kind, position, content)


def mail_row(mail: Mail) -> tuple[t.Any, ...]:
    """Return the row of :data:`COLUMNS` of a message."""
    found = (mail.number, mail.thread, mail.date, mail.history, packed(mail.labels))
    return (*found, mail.header_id, mail.kind, mail.position, mail.content)
