"""The rolling reading of stores: every sealed package is read whole once in 30 days, and compared with its manifest.

Each reading is an event of its case, ``copy.checked`` (``copy``, ``store``, ``files``, ``bytes``, ``seconds``,
``outcome``: ``good`` or ``altered``, ``why``); so a reading that was interrupted goes on where it was.
"""

from __future__ import annotations

import hashlib
import time
import typing as t
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from copias.case.series import say_again
from copias.case.story import SPOILT
from copias.errors import AlreadyRunning, Altered, BackupError
from copias.files import held
from copias.findings import open_finding
from copias.keeping.files import answers_for, kept_copies, kept_files
from copias.keeping.overdue import tell_overdue
from copias.local_time import day_of, today
from copias.progress import Step
from copias.store.read_back import read_back

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copias.case.story import CopyRecord
    from copias.keeping.files import KeptFile
    from copias.office import Office
    from copias.progress import Report

CHECKED: t.Final = "copy.checked"
DAYS: t.Final = 30
"""In which each package is read once."""
BUDGET: t.Final = timedelta(minutes=120)
ALTERED: t.Final = "una copia guardada no es lo que se guardó"
UNKNOWN: t.Final = "de una copia guardada no se sabe aquí qué debe contener"
UNREADABLE: t.Final = "una copia guardada no se puede leer, aunque su destino responde"


@dataclass(frozen=True)
class DueCopy:
    """A copy that is to be read now: number of its case, and its record."""

    case: str
    record: CopyRecord

    @property
    def copy_id(self) -> str:
        """Return its name in the catalogue."""
        return self.record.copy_id


@dataclass(frozen=True)
class VerifyPlan:
    """What would be read.

    Args:
        office: of this installation.
        due: in the order of reading.
        done: how many of those that fall on today were read today already.
    """

    office: Office
    due: tuple[DueCopy, ...]
    done: int

    @property
    def bytes(self) -> int:
        """Return what is to be read, the small files beside packages left out."""
        return sum(copy.record.bytes for copy in self.due)


@dataclass
class VerifyOutcome:
    """What came of it.

    Args:
        good: names of the copies that are what they were.
        altered: the others, by name, and what was found.
        unknown: copies that could not be compared, because it is not known here what they must hold, or because their
            medium does not give them though their store answers; and why.
        unavailable: stores that did not answer, and why; their copies wait for another day.
        left: how many copies the time did not reach.
        bytes: read in all.
    """

    good: list[str] = field(default_factory=list)
    altered: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    left: int = 0
    bytes: int = 0

    @property
    def changed(self) -> bool:
        """Tell whether anything was recorded."""
        return bool(self.good or self.altered)

    @property
    def warnings(self) -> list[str]:
        """Return what somebody should know, in Spanish."""
        return [
            *(f"La copia {name} no es lo que se guardó: {why}" for name, why in self.altered.items()),
            *(f"La copia {name} no se pudo comparar: {why}" for name, why in self.unknown.items()),
            *(f"El destino {name} no respondió: {why}" for name, why in self.unavailable.items()),
        ]

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return vars(self).copy()


def plan_verification(
    office: Office, names: Sequence[str] = (), *, everything: bool = False, now: datetime | None = None
) -> VerifyPlan:
    """Choose today's share, by the hash of each copy's name, and what was not read for 30 days; read nothing.

    Args:
        office: whose copies.
        names: of stores; all when empty.
        everything: all that were not read today.
        now: aware time of the reading.

    Raises:
        BadConfiguration: a name is no store's.
    """
    for name in names:
        office.deployment.store(name)
    this_day = today(now)
    read = _last_readings(office)
    due: list[tuple[bool, date, str, DueCopy]] = []
    done = 0
    for copy in _list(office, names):
        of_today = _bucket(copy.copy_id) == this_day.toordinal() % DAYS
        last = read.get(copy.copy_id) or _day_of(str(copy.record.data["finished"]))
        if read.get(copy.copy_id) == this_day:
            done += of_today or everything
        elif everything or of_today or this_day - last > timedelta(days=DAYS):
            due.append((not of_today, last, copy.copy_id, copy))
    # Today's share first, so that what waits longer never keeps it from its turn; of the rest the longest unread.
    return VerifyPlan(office, tuple(one[-1] for one in sorted(due, key=lambda one: one[:3])), done)


def run_verification(plan: VerifyPlan, *, budget: timedelta = BUDGET, now: datetime | None = None) -> VerifyOutcome:
    """Read what is due, one copy after the other, while there is time; each is recorded as soon as it was read.

    A copy that was begun is read to its end, and one is read whatever the time, or a very big one would never be. A
    store whose copies wait too long all the same has a finding.

    Raises:
        AlreadyRunning: another reading is under way on this machine.
    """
    outcome, begun = VerifyOutcome(), time.monotonic()
    with _alone(plan.office), Step("Releer los destinos", plan.bytes) as report:
        for place, copy in enumerate(plan.due):
            if place and time.monotonic() - begun > budget.total_seconds():
                outcome.left = len(plan.due) - place
                break
            if copy.record.store not in outcome.unavailable:
                _check(plan.office, copy, outcome, report)
        tell_overdue(plan.office, _read_when(plan.office, outcome), day=today(now))
    return outcome


def _check(office: Office, copy: DueCopy, outcome: VerifyOutcome, report: Report) -> None:
    try:
        files = kept_files(office, copy.record)
    except (Altered, FileNotFoundError) as error:
        why = str(error) if isinstance(error, Altered) else "falta su manifiesto en la carpeta copies del estado"
        outcome.unknown[copy.copy_id] = why
        repair = "recupere la carpeta copies del estado, de su copia en el repositorio, y repita"
        open_finding(office, about=copy.copy_id, what=UNKNOWN, why=why, repair=repair)
        return
    begun, size = time.monotonic(), sum(file.bytes for file in files)
    try:
        _read(office, copy.record, files, report)
    except Altered as error:
        _tell_altered(office, copy, outcome, error)
    except BackupError as error:
        _tell_unread(office, copy, files, outcome, error)
    else:
        facts = {"files": len(files), "bytes": size, "seconds": round(time.monotonic() - begun, 1)}
        office.book.record(copy.case, CHECKED, {**_name(copy), **facts, "outcome": "good"})
        outcome.good.append(copy.copy_id)
        outcome.bytes += size


def _read(office: Office, record: CopyRecord, files: Sequence[KeptFile], report: Report) -> None:
    """Read the files of a copy; one more time when its store goes on giving others: a network may just have been back.

    Raises:
        Altered: one is not what it must be.
        BackupError: the store does not answer, or does not give one of them.
    """
    try:
        _read_once(office, record, files, report)
    except Altered:
        raise
    except BackupError:
        if not answers_for(office.open_store(record.store), files, record.package):
            raise
        _read_once(office, record, files, report)


def _read_once(office: Office, record: CopyRecord, files: Sequence[KeptFile], report: Report) -> None:
    store = office.open_store(record.store)
    for file in files:
        read_back(store, file.name, expected_bytes=file.bytes, expected_sha256=file.sha256, report=report)


def _tell_unread(
    office: Office, copy: DueCopy, files: Sequence[KeptFile], outcome: VerifyOutcome, error: BackupError
) -> None:
    """Say that the store does not answer; or, when it does, open a finding of the copy that it does not give."""
    why = f"{error.what}: {error.why}"
    try:
        answers = answers_for(office.open_store(copy.record.store), files, copy.record.package)
    except BackupError:
        answers = False
    if not answers:
        outcome.unavailable[copy.record.store] = why
        return
    outcome.unknown[copy.copy_id] = why
    repair = f"revise el disco del destino, y haga otra copia: {say_again(copy.case)}"
    open_finding(office, about=copy.copy_id, what=UNREADABLE, why=why, repair=repair)


def _tell_altered(office: Office, copy: DueCopy, outcome: VerifyOutcome, error: Altered) -> None:
    """Record what was found, unless the copy was moved or removed by its policy while it was read."""
    now = next((one.record for one in _list(office, ()) if one.copy_id == copy.copy_id), None)
    if now is None or now.store != copy.record.store:
        return
    why = f"{error.whose}: {error.why}"
    outcome.altered[copy.copy_id] = why
    # The finding first: after a power cut in between, the next reading finds it altered again and adds none.
    open_finding(
        office,
        about=copy.copy_id,
        what=ALTERED,
        why=why,
        repair=f"no use esta copia; haga otra ({say_again(copy.case)}) y revise el destino",
    )
    office.book.record(copy.case, CHECKED, {**_name(copy), "outcome": "altered", "why": why})
    office.book.record(copy.case, SPOILT, {"copy": copy.copy_id, "why": why})


def _name(copy: DueCopy) -> dict[str, t.Any]:
    return {"copy": copy.copy_id, "store": copy.record.store}


def _list(office: Office, names: Sequence[str]) -> Iterator[DueCopy]:
    return (DueCopy(number, record) for number, record in kept_copies(office) if not names or record.store in names)


def _last_readings(office: Office) -> dict[str, date]:
    """Return the day of each copy's last good reading."""
    events = office.book.ledger.events_of({CHECKED})
    return {event.data["copy"]: _day_of(event.time) for event in events if event.data["outcome"] == "good"}


def _read_when(office: Office, outcome: VerifyOutcome) -> dict[str, dict[str, date]]:
    """Return when each copy was read last, or else made, by store; but of what is told otherwise."""
    read, found = _last_readings(office), dict[str, dict[str, date]]()
    for copy in _list(office, ()):
        store = copy.record.store
        if store not in outcome.unavailable and copy.copy_id not in outcome.unknown:
            made = _day_of(str(copy.record.data["finished"]))
            found.setdefault(store, {})[copy.copy_id] = read.get(copy.copy_id, made)
    return found


def _bucket(copy_id: str) -> int:
    return int.from_bytes(hashlib.sha256(copy_id.encode()).digest()[:8], "big") % DAYS


def _day_of(moment: str) -> date:
    return day_of(datetime.fromisoformat(moment))


def _alone(office: Office) -> AbstractContextManager[None]:
    busy = AlreadyRunning("ya se están releyendo los destinos", repair="espere a que termine")
    return held(office.deployment.state / "store-verify.lock", busy=busy)
