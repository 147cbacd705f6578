"""Who was told of a night already: each way of telling is gone through once, however often it is tried.

Events of the installation, each with ``run`` and ``way``: ``night.telling`` before an attempt, ``night.untold`` with
``why`` when it failed (``doubtful``: it may have arrived all the same), ``night.told`` when it is done. An attempt
without an end may have arrived too: this machine died.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from copias.errors import BackupError
from copias.files import locked, make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from copias.office import Office

TELLING: t.Final = "night.telling"
UNTOLD: t.Final = "night.untold"
TOLD: t.Final = "night.told"

Way: t.TypeAlias = t.Literal["findings", "summary", "heartbeat", "ping"]


@dataclass
class Telling:
    """How far one way is with one night.

    Args:
        done: it is told.
        doubtful: the moment of an attempt that may have arrived.
        why: the newest failure.
    """

    done: bool = False
    doubtful: datetime | None = None
    why: str = ""


def look_at(office: Office, run: str, way: Way) -> Telling:
    """Return how far a way is, by the ledger."""
    found = Telling()
    for event in office.book.ledger.events_of({TELLING, UNTOLD, TOLD}):
        if (event.data["run"], event.data["way"]) != (run, way):
            continue
        found.done = found.done or event.event == TOLD
        if event.event == TELLING:
            found.doubtful = event.when
        elif event.event == UNTOLD:
            found.why = event.data["why"]
            if not event.data["doubtful"]:
                found.doubtful = None
    return found


def tell_once(office: Office, run: str, way: Way, tell: Callable[[datetime | None], object]) -> bool:
    """Go through one way unless it was gone through for this night, and tell whether it was now.

    Args:
        office: of this installation.
        run: of the night.
        way: of telling.
        tell: does it; gets the moment of an earlier attempt that may have arrived, to look before it does it again.

    Raises:
        Exception: what ``tell`` raises, once it is noted.
    """
    with locked(make_private_directory(office.deployment.state) / f"night-{way}.lock"):
        known = look_at(office, run, way)
        if known.done:
            return False
        about = {"run": run, "way": way}
        office.record(TELLING, about)
        try:
            tell(known.doubtful)
        except Exception as error:
            # Of a fault of ours nobody knows how far it came.
            doubtful = not isinstance(error, BackupError) or bool(error.facts().get("maybe_written"))
            office.record(UNTOLD, {**about, "why": str(error)[:500], "doubtful": doubtful})
            raise
        office.record(TOLD, about)
    return True
