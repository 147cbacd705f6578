"""``history.list``: what happened to a mailbox since a point in its history."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from itertools import groupby

from copias_sandbox.core.errors import GoogleError, Json, invalid, not_found
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.gmail.access import mailbox, page_size
from copias_sandbox.rooms.gmail.mailbox import ADDED, DELETED, LABELS_ADDED, LABELS_REMOVED, Mailbox
from copias_sandbox.rooms.gmail.tables import packed

LISTS: t.Final = {
    ADDED: "messagesAdded",
    DELETED: "messagesDeleted",
    LABELS_ADDED: "labelsAdded",
    LABELS_REMOVED: "labelsRemoved",
}


@dataclass(frozen=True)
class Change:
    """One change of one message, with the labels that it had afterwards."""

    id: int
    change: str
    number: int
    thread: int
    labels: str
    changed: str

    @property
    def reference(self) -> Json:
        """Return the message as the record's ``messages`` shows it."""
        return {"id": f"{self.number:016x}", "threadId": f"{self.thread:016x}"}

    @property
    def entry(self) -> Json:
        """Return the change as its list shows it."""
        labels = self.labels.split()
        entry: Json = {"message": {**self.reference, **({"labelIds": labels} if labels else {})}}
        return {**entry, "labelIds": self.changed.split()} if self.changed.split() else entry


def list_history(call: Call) -> Json:
    """Do ``history.list``.

    Raises:
        GoogleError: 404, the history does not reach back that far or not yet that far.
    """
    box, size = mailbox(call), page_size(call)
    after = max(_start(call, box), _page(call))
    changes = _changes(call, box, after)
    records: list[Json] = []
    for identifier, group in groupby(changes, key=lambda change: change.id):
        if len(records) == size:
            return {"history": records, "nextPageToken": str(records[-1]["id"]), "historyId": str(box.history)}
        records.append(_record(identifier, list(group)))
    return {**({"history": records} if records else {}), "historyId": str(box.history)}


def _start(call: Call, box: Mailbox) -> int:
    text = call.query.get("startHistoryId", "")
    if not text:
        raise GoogleError(400, "Missing startHistoryId")
    if not text.isdigit():
        raise invalid("Invalid startHistoryId")
    if not box.oldest_history <= int(text) <= box.history:
        raise not_found()
    return int(text)


def _page(call: Call) -> int:
    token = call.query.get("pageToken", "")
    if token and (not token.isdigit() or len(token) > 18):
        raise invalid("Invalid pageToken")
    return int(token or 0)


def _changes(call: Call, box: Mailbox, after: int) -> t.Iterator[Change]:
    wanted = call.query.get("historyTypes", ()) or tuple(LISTS)
    marks = ",".join("?" * len(wanted))
    query = (
        "SELECT id, change, number, thread, labels, changed FROM mail_history "  # noqa: S608 -- marks only
        f"WHERE mailbox = ? AND id > ? AND change IN ({marks})"
    )
    arguments = [box.number, after, *wanted]
    if call.query.get("labelId"):
        query += " AND instr(labels || changed, ?)"
        arguments.append(packed([call.query["labelId"]]))
    for row in box.connection.execute(f"{query} ORDER BY id", arguments):
        yield Change(*row)


def _record(identifier: int, changes: list[Change]) -> Json:
    messages = {change.number: change.reference for change in changes}
    record: Json = {"id": str(identifier), "messages": list(messages.values())}
    for change in changes:
        record.setdefault(LISTS[change.change], []).append(change.entry)
    return record
