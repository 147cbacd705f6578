"""Which drill proves that a database can be restored as it is copied now: for the audit, and for the summaries."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from copias.drill.history import CERTIFIED, FAILED, PASSED, list_drills
from copias.ledger import Event
from copias.night.catalogue import CLOCKS, MADE

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.drill.history import Drill
    from copias.policies import Policy

DRILLS: t.Final = frozenset({PASSED, FAILED, CERTIFIED})


class DrillFold:
    """Keeps the drills, and of the copies of databases whose they are and when they were made, removed ones too.

    Of nights there are some thousands in ten years; of each only a name and a moment are kept.
    """

    events = frozenset({*DRILLS, MADE, "copy.made"})

    def __init__(self) -> None:
        self.kept: list[Event] = []
        self._made: dict[str, tuple[str, datetime]] = {}
        self._nights: dict[str, list[datetime]] = {}

    def take(self, entry: Mapping[str, t.Any]) -> None:
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

    def drills(self) -> list[Drill]:
        """Return the drills, the oldest first."""
        return list_drills(self.kept)

    def last_proof(self, database: str, policy: Policy, now: datetime) -> Drill | None:
        """Return the newest drill of a database that proves something; ``None`` without any.

        One of a day to come, of a wrong clock, would keep the database green until then.
        """
        good = [one for one in self.drills() if one.database == database and one.outcome != "failed"]
        past = [one for one in good if datetime.fromisoformat(one.when) <= now + CLOCKS]
        within = policy.drill_every + policy.every
        return next((one for one in reversed(past) if self.proves(one, within=within)), None)
