"""Folds of the events that are few: they are kept, and the modules that know them read them."""

from __future__ import annotations

import typing as t
from itertools import chain

from copias.findings import OPENED, TREATED
from copias.ledger import Event
from copias.mailbox.mirroring import SYNCED
from copias.night.catalogue import MADE, REMOVED, VERIFIED, VOIDED, NightCopy, list_night_copies

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.audit.ledger_pass import Entry

FINDINGS: t.Final = frozenset({OPENED, TREATED})


class EventFold:
    """Keeps all events of some names, of which there are few."""

    def __init__(self, names: Iterable[str]) -> None:
        self.events = frozenset(names)
        self.kept: list[Event] = []

    def take(self, entry: Entry) -> None:
        """Take one event."""
        self.kept.append(Event(**entry))


class NightFold:
    """Keeps the events of the nightly copies that count: of thousands of nights, as many as retention keeps."""

    events = frozenset({MADE, VERIFIED, VOIDED, REMOVED})

    def __init__(self) -> None:
        self._kept: dict[str, list[Event]] = {}
        self.removed = 0

    def take(self, entry: Entry) -> None:
        """Take one event."""
        name, copy = entry["event"], str(entry["data"]["copy"])
        if name == MADE:
            self._kept[copy] = [Event(**entry)]
        elif copy in self._kept:
            if name == VERIFIED:
                self._kept[copy].append(Event(**entry))
            else:
                del self._kept[copy]
                self.removed += name == REMOVED

    def copies(self) -> list[NightCopy]:
        """Return the nightly copies that count, the oldest first."""
        return list_night_copies(chain.from_iterable(self._kept.values()))


class SyncedFold:
    """Keeps of each account when its mirror last changed, and the event with which the first copy was complete."""

    events = frozenset({SYNCED})

    def __init__(self) -> None:
        self.times: dict[str, str] = {}
        self.completed: dict[str, int] = {}
        """By account, the number of that event; of the mirrors of cases, and of older versions, it is not known."""

    def take(self, entry: Entry) -> None:
        """Take one event."""
        account = str(entry["data"]["account"])
        self.times[account] = str(entry["time"])
        if entry["data"].get("first"):  # each round of a first copy is; its last one completed it
            self.completed[account] = int(entry["n"])
