"""Pages of a mailbox's history, read into what changed."""

from __future__ import annotations

import typing as t

from copias.google.gmail_model import HistoryPage

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class _Changes:
    """The label changes of one message: of several to the same label the last counts."""

    def __init__(self) -> None:
        self.added: set[str] = set()
        self.removed: set[str] = set()

    def add(self, labels: Iterable[str]) -> None:
        self.added.update(labels)
        self.removed.difference_update(labels)

    def remove(self, labels: Iterable[str]) -> None:
        self.removed.update(labels)
        self.added.difference_update(labels)


def read_history_page(answer: Mapping[str, t.Any]) -> HistoryPage:
    """Read one answer of ``history.list``; records are in chronological order.

    Raises:
        LookupError, TypeError, ValueError: a record is not as documented, or the history id is missing.
    """
    moves: list[tuple[str, bool]] = []
    changes: dict[str, _Changes] = {}
    for record in answer.get("history", ()):
        moves += [(key, True) for key in _ids(record, "messagesAdded")]
        moves += [(key, False) for key in _ids(record, "messagesDeleted")]
        for change in record.get("labelsAdded", ()):
            changes.setdefault(change["message"]["id"], _Changes()).add(change.get("labelIds", ()))
        for change in record.get("labelsRemoved", ()):
            changes.setdefault(change["message"]["id"], _Changes()).remove(change.get("labelIds", ()))
    labels = {key: (frozenset(change.added), frozenset(change.removed)) for key, change in changes.items()}
    return HistoryPage(tuple(moves), labels, int(answer["historyId"]))


def _ids(record: Mapping[str, t.Any], kind: str) -> list[str]:
    return [str(item["message"]["id"]) for item in record.get(kind, ())]
