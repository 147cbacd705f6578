"""One account's mail: finding, adding, relabelling and removing messages; each change is an entry of the history."""

from __future__ import annotations

import hashlib
import sqlite3
import typing as t
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from copias_sandbox.rooms.gmail.tables import COLUMNS, Mail, mail_row, packed, read_mail
from copias_sandbox.seed.mail import WRITERS, MailPlan, header_id_of, write_mail

ADDED: t.Final = "messageAdded"
DELETED: t.Final = "messageDeleted"
LABELS_ADDED: t.Final = "labelAdded"
LABELS_REMOVED: t.Final = "labelRemoved"


@dataclass(frozen=True)
class Arrival:
    """A message that comes in.

    Args:
        content: its bytes.
        date: what will be its ``internalDate``; ``received`` is now, both in milliseconds since 1970.
        labels: ids.
        header_id: its ``Message-ID``, or nothing.
        thread: that of the conversation which it joins, if any.
    """

    content: bytes
    date: int
    received: int
    labels: tuple[str, ...]
    header_id: str = ""
    thread: int | None = None


@dataclass(frozen=True)
class Mailbox:
    """A mailbox in the state; it holds nothing itself."""

    connection: sqlite3.Connection
    number: int
    email: str
    plan: MailPlan

    def find(self, number: int) -> Mail | None:
        """Return a message."""
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM mail WHERE mailbox = ? AND number = ?",  # noqa: S608 -- fixed names
            (self.number, number),
        ).fetchone()
        return read_mail(row) if row else None

    def select(
        self, where: str = "1", arguments: Sequence[t.Any] = (), *, oldest_first: bool = False
    ) -> Iterator[Mail]:
        """Yield messages, newest first unless told; ``where`` is a condition on the columns of ``mail``."""
        way = "ASC" if oldest_first else "DESC"
        query = f"SELECT {COLUMNS} FROM mail WHERE mailbox = ? AND {where} ORDER BY date {way}, number {way}"  # noqa: S608
        for row in self.connection.execute(query, (self.number, *arguments)):
            yield read_mail(row)

    def count(self, where: str = "1", arguments: Sequence[t.Any] = (), *, what: str = "*") -> int:
        """Count messages, or with ``what`` another thing, such as their conversations."""
        query = f"SELECT count({what}) FROM mail WHERE mailbox = ? AND {where}"  # noqa: S608
        return int(self.connection.execute(query, (self.number, *arguments)).fetchone()[0])

    def content(self, mail: Mail) -> bytes:
        """Return a message's bytes: those kept, else those that the plan makes."""
        if mail.content is None:
            return write_mail(self.plan, self.email, position=mail.position, kind=mail.kind, date=mail.date)
        row = self.connection.execute("SELECT content FROM mail_content WHERE sha256 = ?", (mail.content,)).fetchone()
        return bytes(row[0])

    def add(self, arrival: Arrival) -> Mail:
        """Take in a message and return it."""
        digest = hashlib.sha256(arrival.content).digest()
        self.connection.execute("INSERT OR IGNORE INTO mail_content VALUES (?, ?)", (digest, arrival.content))
        number = self._new_number(arrival.received)
        thread = number if arrival.thread is None else arrival.thread
        mail = Mail(number, thread, arrival.date, self._next_history(), arrival.labels, arrival.header_id)
        return self._insert(replace(mail, content=digest))

    def add_seeded(self, *, kind: str, date: int, labels: tuple[str, ...]) -> Mail:
        """Take in one more message that the plan makes, and return it.

        Raises:
            ValueError: there is no such kind.
        """
        if kind not in WRITERS:
            raise ValueError(f"kind is {kind!r}, not one of {', '.join(WRITERS)}")
        number, position = self._new_number(date), self.plan.count + self.next_given()
        named = header_id_of(self.plan, self.email, position=position, kind=kind)
        return self._insert(Mail(number, number, date, self._next_history(), labels, named, kind, position))

    def _insert(self, mail: Mail) -> Mail:
        self.connection.execute(
            f"INSERT INTO mail (mailbox, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (self.number, *mail_row(mail)),
        )
        self._record(mail, ADDED)
        return mail

    def relabel(self, mail: Mail, *, add: t.Collection[str] = (), remove: t.Collection[str] = ()) -> Mail:
        """Change a message's labels and return it; what changes nothing leaves no trace."""
        kept = tuple(label for label in mail.labels if label not in remove)
        added = tuple(label for label in dict.fromkeys(add) if label not in mail.labels)
        removed = tuple(label for label in mail.labels if label in remove)
        if not added and not removed:
            return mail
        changed = replace(mail, labels=(*kept, *added), history=self._next_history())
        self.connection.execute(
            "UPDATE mail SET labels = ?, history = ? WHERE mailbox = ? AND number = ?",
            (packed(changed.labels), changed.history, self.number, mail.number),
        )
        if added:
            self._record(changed, LABELS_ADDED, added)
        if removed:
            self._record(changed, LABELS_REMOVED, removed)
        return changed

    def remove(self, mail: Mail) -> None:
        """Delete a message for good."""
        self.connection.execute("DELETE FROM mail WHERE mailbox = ? AND number = ?", (self.number, mail.number))
        self._record(replace(mail, history=self._next_history()), DELETED)

    @property
    def history(self) -> int:
        """Return the id of the newest change."""
        return int(self._column("history"))

    @property
    def oldest_history(self) -> int:
        """Return the id from which on the history is still known."""
        return int(self._column("oldest_history"))

    def expire_history(self) -> None:
        """Forget what happened up to now."""
        self._next_history()  # so that whoever stands at the newest change is too late as well
        self.connection.execute("UPDATE mailbox SET oldest_history = history WHERE number = ?", (self.number,))
        self.connection.execute("DELETE FROM mail_history WHERE mailbox = ?", (self.number,))

    def _column(self, name: str) -> t.Any:
        query = f"SELECT {name} FROM mailbox WHERE number = ?"  # noqa: S608 -- fixed names
        return self.connection.execute(query, (self.number,)).fetchone()[0]

    def _next_history(self) -> int:
        """Return a new id, greater than all before; Google's have gaps, so these have too."""
        query = "UPDATE mailbox SET history = history + 1 + history % 7 WHERE number = ? RETURNING history"
        return int(self.connection.execute(query, (self.number,)).fetchone()[0])

    def next_given(self) -> int:
        """Return a number that this mailbox never gave before."""
        query = "UPDATE mailbox SET given = given + 1 WHERE number = ? RETURNING given"
        return int(self.connection.execute(query, (self.number,)).fetchone()[0])

    def _new_number(self, received: int) -> int:
        """Return an id that no message of this mailbox has or had."""
        while True:
            number = (received << 20) | self.next_given() & 0xFFFFF
            if self.find(number) is None:
                return number

    def _record(self, mail: Mail, change: str, changed: t.Iterable[str] = ()) -> None:
        self.connection.execute(
            "INSERT INTO mail_history VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.number, mail.history, change, mail.number, mail.thread, packed(mail.labels), packed(changed)),
        )
