"""Folds of the events that are few: they are kept, and the modules that know them read them."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta
from itertools import chain

from copias.drill.history import CERTIFIED, FAILED, PASSED
from copias.findings import OPENED, TREATED
from copias.ledger import Event
from copias.night.catalogue import MADE, REMOVED, VERIFIED, VOIDED, NightCopy, list_night_copies

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.audit.ledger_pass import Entry
    from copias.drill.history import Drill

DRILLS: t.Final = frozenset({PASSED, FAILED, CERTIFIED})
FINDINGS: t.Final = frozenset({OPENED, TREATED})


class EventFold:
    """Keeps all events of some names, of which there are few."""

    def __init__(self, names: Iterable[str]) -> None:
        self.events = frozenset(names)
        self.kept: list[Event] = []

    def take(self, entry: Entry) -> None:
        """Take one event."""
        self.kept.append(Event(**entry))


class DrillFold:
    """Keeps the drills, and of the copies of databases whose they are and when they were made, removed ones too.

    Of nights there are some thousands in ten years; of each only a name and a moment are kept.
    """

    events = frozenset({*DRILLS, MADE, "copy.made"})

    def __init__(self) -> None:
        self.kept: list[Event] = []
        self._made: dict[str, tuple[str, datetime]] = {}
        self._nights: dict[str, list[datetime]] = {}

    def take(self, entry: Entry) -> None:
        """Take one event."""
        name, data = entry["event"], entry["data"]
        if name == MADE:
            moment = datetime.fromisoformat(data["finished"])
            self._made[str(data["copy"])] = (str(data["database"]), moment)
            self._nights.setdefault(str(data["database"]), []).append(moment)
        elif name != "copy.made":
            self.kept.append(Event(**entry))
        elif data["kind"] == "sinfa":
            self._made[str(data["copy"])] = (str(data["subject"]), datetime.fromisoformat(data["finished"]))

    def proves(self, drill: Drill, *, within: timedelta) -> bool:
        """Tell whether a drill says something of the database as it is copied now.

        Not when the ledger has no such copy of it, nor when nights had made one that is younger by more than that: a
        drill of the oldest copy says that old ones can be restored, and of new ones nothing.

        Args:
            drill: that did not fail.
            within: how much younger the newest copy of a night may have been when it was made.
        """
        if drill.outcome == "certified":
            return True  # whose it is, the provider says
        whose, moment = self._made.get(drill.copy, ("", None))
        if whose != drill.database or moment is None:
            return False
        when = datetime.fromisoformat(drill.when)
        newest = max((one for one in self._nights.get(whose, ()) if one <= when), default=moment)
        return newest - moment <= within


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


class LastFold:
    """Keeps of some events the time of the last one about each thing."""

    def __init__(self, name: str, key: str) -> None:
        self.events = frozenset({name})
        self.times: dict[str, str] = {}
        self._key = key

    def take(self, entry: Entry) -> None:
        """Take one event."""
        self.times[str(entry["data"][self._key])] = str(entry["time"])
