"""Labels: the system's, and those that a mailbox's owner made."""

from __future__ import annotations

import typing as t

import orjson

from copias_sandbox.core.errors import GoogleError, Json, invalid, not_found
from copias_sandbox.rooms.gmail.mailbox import Mailbox

CATEGORIES: t.Final = ("CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES")
_PLAIN: t.Final = ("INBOX", "SENT", "UNREAD", "STARRED", "IMPORTANT")
_HIDDEN: t.Final = ("CHAT", "SPAM", "TRASH", "DRAFT", *CATEGORIES, "CATEGORY_FORUMS")
SYSTEM: t.Final = frozenset((*_PLAIN, *_HIDDEN))
FIXED: t.Final = frozenset({"CHAT", "SENT", "DRAFT"})
"""System labels that nobody puts on or takes off a message by hand."""
LONGEST_NAME: t.Final = 225
MOST: t.Final = 10_000
_CHANGEABLE: t.Final = ("messageListVisibility", "labelListVisibility", "color")


class Labels:
    """The labels of one mailbox.

    Args:
        mailbox: whose.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._connection = mailbox.connection

    def every(self) -> list[Json]:
        """Return all labels, the system's first."""
        query = "SELECT body FROM mail_label WHERE mailbox = ? ORDER BY length(id), id"
        rows = self._connection.execute(query, (self._mailbox.number,))
        return [*(_system(name) for name in (*_PLAIN, *_HIDDEN)), *(orjson.loads(body) for (body,) in rows)]

    def find(self, identifier: str) -> Json:
        """Return a label.

        Raises:
            GoogleError: 404, there is none of that id.
        """
        if identifier in SYSTEM:
            return _system(identifier)
        query = "SELECT body FROM mail_label WHERE mailbox = ? AND id = ?"
        row = self._connection.execute(query, (self._mailbox.number, identifier)).fetchone()
        if row is None:
            raise not_found()
        return t.cast("Json", orjson.loads(row[0]))

    def exists(self, identifier: str) -> bool:
        """Tell whether there is a label of an id."""
        if identifier in SYSTEM:
            return True
        query = "SELECT 1 FROM mail_label WHERE mailbox = ? AND id = ?"
        return self._connection.execute(query, (self._mailbox.number, identifier)).fetchone() is not None

    def counted(self, identifier: str) -> Json:
        """Return a label with its numbers of messages and conversations."""
        where, unread = "instr(labels, ?)", "instr(labels, ?) AND instr(labels, ' UNREAD ')"
        mark = (f" {identifier} ",)
        count = self._mailbox.count
        return {
            **self.find(identifier),
            "messagesTotal": count(where, mark),
            "messagesUnread": count(unread, mark),
            "threadsTotal": count(where, mark, what="DISTINCT thread"),
            "threadsUnread": count(unread, mark, what="DISTINCT thread"),
        }

    def create(self, name: str, settings: Json | None = None) -> Json:
        """Make a label.

        Raises:
            GoogleError: 400 for a name that cannot be, 409 for one that is there.
        """
        self._check_name(name)
        query = "SELECT count(*) FROM mail_label WHERE mailbox = ?"
        if self._connection.execute(query, (self._mailbox.number,)).fetchone()[0] >= MOST:
            raise invalid("Too many labels")
        shown: Json = {"messageListVisibility": "show", "labelListVisibility": "labelShow"}
        chosen = {key: value for key, value in (settings or {}).items() if key in _CHANGEABLE}
        return self._put({"id": f"Label_{self._mailbox.next_given()}", "name": name, **shown, **chosen, "type": "user"})

    def change(self, identifier: str, changes: Json) -> Json:
        """Change name or looks of a user's label.

        Raises:
            GoogleError: 404, 400 for a system label or a name that cannot be, 409 for one that is there.
        """
        label = self.find(identifier)
        if label["type"] == "system":
            raise invalid("Invalid update request")
        name = str(changes.get("name") or label["name"])
        if name != label["name"]:
            self._check_name(name, but=identifier)
        return self._put({**label, **{key: changes[key] for key in _CHANGEABLE if key in changes}, "name": name})

    def delete(self, identifier: str) -> None:
        """Delete a user's label and take it off every message.

        Raises:
            GoogleError: 404, 400 for a system label.
        """
        if self.find(identifier)["type"] == "system":
            raise invalid("Invalid delete request")
        for mail in list(self._mailbox.select("instr(labels, ?)", (f" {identifier} ",), oldest_first=True)):
            self._mailbox.relabel(mail, remove=(identifier,))
        self._connection.execute(
            "DELETE FROM mail_label WHERE mailbox = ? AND id = ?", (self._mailbox.number, identifier)
        )

    def check(self, identifiers: t.Iterable[str], *, by_hand: bool) -> None:
        """Check labels that a client wants on a message or off it.

        Raises:
            GoogleError: 400, one does not exist, or is not to be put on ``by_hand``.
        """
        for identifier in identifiers:
            if not self.exists(identifier) or (by_hand and identifier in FIXED) or identifier == "CHAT":
                raise invalid(f"Invalid label: {identifier}")

    def _check_name(self, name: str, *, but: str = "") -> None:
        if not name.strip() or len(name) > LONGEST_NAME or any(part == "" for part in name.split("/")):
            raise invalid("Invalid label name")
        if name.upper() in SYSTEM or name.casefold() == "chats":
            raise invalid("Invalid label name")
        query = "SELECT id, name FROM mail_label WHERE mailbox = ?"
        for identifier, other in self._connection.execute(query, (self._mailbox.number,)):
            if identifier != but and other.casefold() == name.casefold():
                raise GoogleError(409, "Label name exists or conflicts", reason="aborted")

    def _put(self, label: Json) -> Json:
        self._connection.execute(
            "INSERT OR REPLACE INTO mail_label VALUES (?, ?, ?, ?)",
            (self._mailbox.number, label["id"], label["name"], orjson.dumps(label)),
        )
        return label


def _system(name: str) -> Json:
    if name in _PLAIN:
        return {"id": name, "name": name, "type": "system"}
    return {
        "id": name,
        "name": name,
        "messageListVisibility": "hide",
        "labelListVisibility": "labelHide",
        "type": "system",
    }
