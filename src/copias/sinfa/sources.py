"""The copies of a database, of cases and of nights, that a drill or a recovery can take its dump from."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from copias.case.copy_folder import CopyFolder
from copias.errors import BadInput, NotReady
from copias.nearest import suggest
from copias.night.catalogue import NightCopy, list_night_copies
from copias.sinfa.fetching import fetch_case_dump
from copias.sinfa.records import read_dump

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.case.story import CopyRecord
    from copias.database import Driver, DumpRecord
    from copias.office import Office
    from copias.progress import Report
    from copias.sinfa.settings import DatabaseSettings


@dataclass(frozen=True)
class SinfaCopy:
    """One copy of one database, wherever it lies.

    Args:
        database: of the inventory.
        origin: the copy itself: of a case, or of a night.
        case: number of its case; empty of a night's.
    """

    database: str
    origin: CopyRecord | NightCopy
    case: str = ""

    @property
    def copy_id(self) -> str:
        """Return its name in the catalogue."""
        return self.origin.copy if isinstance(self.origin, NightCopy) else self.origin.copy_id

    @property
    def source(self) -> t.Literal["night", "case"]:
        """Tell what made it."""
        return "night" if isinstance(self.origin, NightCopy) else "case"

    @property
    def place(self) -> str:
        """Return the logical name of the repository or store that keeps it."""
        return self.origin.repository if isinstance(self.origin, NightCopy) else self.origin.store

    @property
    def bytes(self) -> int:
        """Return what is read of its place to fetch it: the dump, or the package with it."""
        return self.origin.bytes

    @property
    def finished_at(self) -> datetime:
        """Return when its dump was complete, UTC."""
        origin = self.origin
        told = origin.finished if isinstance(origin, NightCopy) else str(origin.data["finished"])
        return datetime.fromisoformat(told).astimezone(UTC)

    @property
    def verified(self) -> bool:
        """Tell whether it was read back, at least, and so counts as a copy."""
        if isinstance(self.origin, NightCopy):
            return self.origin.verified
        return self.origin.status == "verified"

    def is_known(self, office: Office) -> bool:
        """Tell whether it is kept here what its dump held, so that a restore can be compared."""
        try:
            self.record(office)
        except NotReady:
            return False
        return True

    def record(self, office: Office) -> DumpRecord:
        """Return what its dump held.

        Raises:
            NotReady: that is not kept here: it was delivered by a provider, or this machine's records were lost.
        """
        try:
            return read_dump(CopyFolder(office.deployment, self.copy_id))
        except FileNotFoundError:
            raise NotReady(
                "de esta copia no se sabe aquí qué debe contener, y no se puede comparar",
                whose=self.copy_id,
                why="la entregó un proveedor en un formato que aquí no se restaura, o se perdió su registro",
                repair="pida al proveedor el certificado de restauración, o recupere la carpeta copies del estado",
            ) from None

    def fetch(self, office: Office, target: Path, *, report: Report) -> None:
        """Write its dump to a new file, from the place that keeps it, compared on the way.

        Raises:
            Altered: the place gives back something else.
            StoreUnavailable, StoreFull: as they say; nothing is left in ``target``.
        """
        if isinstance(self.origin, NightCopy):
            from copias.repository.fetching import fetch_dump

            fetch_dump(office, self.origin, target, report=report)
        else:
            fetch_case_dump(office, self.origin, target, report=report)


def open_driver(settings: DatabaseSettings) -> Driver:
    """Return the driver of a database's engine.

    Raises:
        BadConfiguration: the engine is not one of ours.
    """
    from copias.database import driver_for

    return driver_for(settings.engine, settings.connection(), time_limit=settings.time_limit.total_seconds())


def list_sinfa_copies(office: Office, database: str | None = None) -> list[SinfaCopy]:
    """Return the proven copies of databases that still exist, of one only if asked so, the oldest first."""
    found = (copy for copy in _list(office) if copy.verified and database in {None, copy.database})
    return sorted(found, key=lambda copy: (copy.finished_at, copy.copy_id))


def find_sinfa_copy(office: Office, copy_id: str) -> SinfaCopy:
    """Return one copy by its name.

    Raises:
        BadInput: there is none of that name, or it is not proven.
    """
    copies = {copy.copy_id: copy for copy in _list(office)}
    found = copies.get(copy_id)
    if found is None or not found.verified:
        why = "no hay ninguna con ese nombre" if found is None else "no se ha probado, o se dañó después"
        proven = [name for name, copy in copies.items() if copy.verified]
        raise BadInput(
            "no es una copia de SINFA que se pueda restaurar",
            whose=ascii(copy_id[:80]),
            why=why,
            repair=suggest("" if found else copy_id, proven, "elija una probada de `copias copies`"),
        )
    return found


def _list(office: Office) -> Iterator[SinfaCopy]:
    for number, story in office.book.keepers().items():
        for record in story.copies:
            if record.data.get("kind") == "sinfa" and record.status not in {"void", "removed"}:
                yield SinfaCopy(str(record.data["subject"]), record, number)
    for night in list_night_copies(office.book.ledger.events()):
        yield SinfaCopy(night.database, night)
