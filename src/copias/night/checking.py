"""The ladder's lower rungs: each night the repository's structure and a thirtieth of all its bytes are checked.

Event of the installation: ``repository.checked`` (``repository``, ``part`` as ``7/30``, ``seconds``, ``day`` on which
the night began).
"""

from __future__ import annotations

import time
import typing as t

from copias.errors import Altered, BackupError, CopyFailed
from copias.findings import open_finding
from copias.night.catalogue import VOIDED, NightCopy, list_night_copies
from copias.night.copying import void_altered
from copias.night.day import tonight
from copias.progress import Step
from copias.repository.fetching import read_dump_back
from copias.repository.locks import WAIT, hold_repository
from copias.repository.mirroring import find_faults, has_mirror, mend_mirror, push_mirror, reading
from copias.repository.opening import open_repository
from copias.repository.snapshots import list_snapshots
from copias.retention.known import FREED, MISSING, PLANNED
from copias.retention.reading import COPIES, list_planned, read_copies

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from copias.ledger import Event
    from copias.office import Office
    from copias.repository.repository import Repository

CHECKED: t.Final = "repository.checked"
PARTS: t.Final = 30


def part_of(day: date) -> str:
    """Return the part of all bytes that is read in the night of a day: in any thirty in a row, each part once.

    It does not go by the day of the month, or February would leave two parts unread.
    """
    return f"{day.toordinal() % PARTS + 1}/{PARTS}"


class CheckPlan:
    """Today's check of one repository, planned from the ledger."""

    def __init__(self, office: Office, name: str, *, force: bool = False) -> None:
        self._office = office
        self.name = name
        self._force = force
        night = tonight()  # of the beginning: a check that ends after noon is still last night's
        self._day = night.isoformat()
        self.part = part_of(night)
        self._done = any(map(self._is_todays, office.book.ledger.events()))

    @property
    def changes(self) -> bool:
        """Tell whether it was not checked tonight."""
        return self._force or not self._done

    def run(self) -> None:
        """Check the structure, and read today's part.

        Raises:
            Altered: something is damaged; every dump of the repository was then read, and those that are not what was
                stored are named, count no more, and have an open finding each. Copies of the mirrors and of the state
                are only named.
            StoreUnavailable: the repository cannot be reached.
        """
        begun = time.monotonic()
        with hold_repository(self._office, self.name, wait=WAIT):
            repository = open_repository(self._office, self.name)
            with Step(f"Revisar {self.name}"):
                complaint = check_structure(repository, part=self.part)
            missing = () if complaint else find_missing(self._office, repository)
        if missing:
            raise self._incomplete(missing)
        complaint = complaint or self._check_mirror()
        if complaint:
            raise self._damaged(complaint)
        facts = {"repository": self.name, "part": self.part, "seconds": round(time.monotonic() - begun, 1)}
        self._office.record(CHECKED, {**facts, "day": self._day})

    def _is_todays(self, event: Event) -> bool:
        return event.event == CHECKED and (event.data["repository"], event.data["day"]) == (self.name, self._day)

    def _check_mirror(self) -> str:
        """Bring the mirror up to date, as the repository is whole, and read today's thirtieth of its files."""
        if not has_mirror(self._office, self.name):
            return ""
        push_mirror(self._office, self.name, wait=WAIT, whole=True, kept=unplanned(self._office, self.name))
        faults = find_faults(self._office, self.name, part=int(self.part.partition("/")[0]) - 1)
        if faults:
            # Told all the same: a place that spoils files is to be looked at.
            mend_mirror(self._office, self.name, [file for file, _ in faults], wait=WAIT)
        return "; ".join(f"{file} del espejo, que se volvió a enviar: {why}" for file, why in faults)

    def _incomplete(self, missing: Iterable[str]) -> Altered:
        what, names = MISSING, ", ".join(missing)
        repair = f"no borre nada; averigüe quién las quitó y ejecute `copias retention plan {self.name}`"
        open_finding(self._office, about=self.name, what=what, why=names[:500], repair=repair)
        return Altered(what, whose=self.name, why=f"ningún plan de retención las quitó: {names[:500]}", repair=repair)

    def _damaged(self, complaint: str) -> Altered:
        open_finding(
            self._office,
            about=self.name,
            what=f"el repositorio {self.name} está dañado",
            why=complaint[:500],
            repair="revise el disco de la NAS; no borre copias mientras tanto",
        )
        altered = find_altered(self._office, self.name)
        named = f"copias alteradas: {', '.join(altered)}" if altered else "ninguna copia de base de datos está alterada"
        return Altered(
            "el repositorio está dañado",
            whose=self.name,
            why=f"{complaint[:500]}; {named}{self._say_unread()}",
            repair="haga otra copia con `copias nightly --force`, revise el disco de la NAS y trate los hallazgos",
        )

    def _say_unread(self) -> str:
        """Return what nobody can say is good: only dumps have a sum that the whole of a copy is compared with."""
        copies = read_copies(self._office.book.ledger.events_of(COPIES), self.name)
        others = [one.copy for one in copies if one.exists and not one.sha256]
        return f"; no se releyeron las de los buzones ni las del estado: {', '.join(others)[:500]}" if others else ""


def check_structure(repository: Repository, *, part: str = "") -> str:
    """Check a repository's structure, and read a part of its bytes; return what is wrong, nothing when all is well.

    Args:
        repository: an open one.
        part: as ``7/30``; nothing is read when empty.

    Raises:
        StoreUnavailable, AlreadyRunning: it could not be checked.
    """
    summary: dict[str, t.Any] = {}
    command = ["check", *([f"--read-data-subset={part}"] if part else [])]
    limit = repository.settings.time_limit.total_seconds()
    try:
        repository.run(command, doing="revisar el repositorio", each=summary.update, seconds=limit)
    except BackupError as error:
        # A check that could not even begin, because of a lock, says that it found one error.
        if not isinstance(error, Altered | CopyFailed) or not summary.get("num_errors"):
            raise
        packs = summary.get("broken_packs") or []
        return f"{summary['num_errors']} errores; {error.why}" + (f"; paquetes dañados: {len(packs)}" if packs else "")
    return ""


def unplanned(office: Office, name: str) -> dict[str, NightCopy]:
    """Return the copies of a repository, by snapshot, that no retention ever planned to remove: void ones too.

    Of the mirrors and of the state too; what a failed attempt left, which goes without a plan, is no copy.
    """
    events = tuple(office.book.ledger.events_of({*COPIES, PLANNED, FREED}))
    lost = {event.data["copy"] for event in events if event.event == VOIDED and event.data.get("lost")}
    planned, ever = list_planned(events, name), _list_ever_planned(events)

    def is_unplanned(one: NightCopy) -> bool:
        # Of one that counts only the last plan tells; of one that went long ago, any.
        return one.copy in lost or one.snapshot not in (planned if one.exists else ever)

    copies = (one for one in read_copies(events, name) if one.database)
    return {one.snapshot: one for one in copies if is_unplanned(one)}


def find_missing(office: Office, repository: Repository) -> tuple[str, ...]:
    """Return the names of the copies that count, and whose snapshot is gone though nobody planned that.

    Of the mirrors and of the state too. restic itself finds nothing wrong with a repository that lost snapshots.
    """
    present = {snapshot.id for snapshot in list_snapshots(repository)}
    events = tuple(office.book.ledger.events_of({*COPIES, PLANNED, FREED}))
    there = present | list_planned(events, repository.name).keys()
    return tuple(one.copy for one in read_copies(events, repository.name) if one.exists and one.snapshot not in there)


def _list_ever_planned(events: Iterable[Event]) -> set[str]:
    """Return the snapshots that any retention ever planned to remove."""
    return {one["snapshot"] for event in events if event.event == PLANNED for one in event.data["removals"]}


def find_altered(office: Office, name: str) -> list[str]:
    """Read every dump of a damaged repository, and return the names of those that are not what was stored.

    They are read from where they would be restored from: the repository, or its mirror where it has one.

    Those count no more and have an open finding each; the others are untouched.

    Raises:
        CopyFailed: one could not be read at all, though its place answers; all others were.
    """
    altered: list[str] = []
    unread: CopyFailed | None = None
    with reading(office, name) as repository:
        for copy in list_night_copies(office.book.ledger.events()):
            if copy.repository != name:
                continue
            try:
                with Step(f"Releer {copy.copy}", copy.bytes) as step:
                    read_dump_back(repository, copy, report=step)
            except Altered as error:
                void_altered(office, copy, error)
                altered.append(copy.copy)
            except CopyFailed as error:
                unread = error
    if unread is not None:
        raise unread
    return altered
