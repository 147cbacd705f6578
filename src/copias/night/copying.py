"""The nightly copy of one database: its dump goes into a repository, is recorded, and is read back."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from copias.case.copy_folder import CopyFolder
from copias.case.intake import in_force
from copias.errors import Altered, BackupError, CopyFailed, NotReady
from copias.findings import open_finding
from copias.night import catalogue, manifest
from copias.night.catalogue import NightCopy, list_night_copies, name_copy
from copias.night.day import night_of, tonight
from copias.night.dumping import start_dumping
from copias.night.job import Job, JobFolder, nights
from copias.progress import Step
from copias.repository.faults import Incomplete
from copias.repository.fetching import read_dump_back
from copias.repository.snapshots import forget, list_snapshots
from copias.sinfa.records import NAME as RECORD
from copias.sinfa.records import last_record

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.database.contract import DumpRecord
    from copias.office import Office
    from copias.repository.repository import Line, Repository
    from copias.sinfa.settings import DatabaseSettings

LEAST_SHARE: t.Final = 2
"""A dump smaller than one part in this many of the last one is not believed."""
PAUSES: t.Final = (2.0, 10.0, 30.0)
"""Seconds before each further attempt, when the server or the repository could not be reached."""


@dataclass(frozen=True, kw_only=True)
class NightOptions:
    """How a night is made.

    Args:
        digests: whether the tables are digested, as always but in a benchmark: without, no restore can be compared.
        smaller: somebody knows why the dump may be much smaller than the last one.
        pauses: seconds before each further attempt after a fault that may pass.
    """

    digests: bool = True
    smaller: bool = False
    pauses: tuple[float, ...] = PAUSES


class NightCopying:
    """Makes and reads back the nightly copy of one database. The caller holds the repository's lock.

    Args:
        office: of this installation.
        name: of the database in the inventory.
        repository: the database's, known to be the expected one.
        repository_id: its id, for the manifest.
        options: how.
    """

    def __init__(
        self, office: Office, name: str, repository: Repository, *, repository_id: str, options: NightOptions
    ) -> None:
        self._office = office
        self._name = name
        self._repository = repository
        self._repository_id = repository_id
        self._options = options

    def make(self) -> NightCopy:
        """Make a copy and record it; one that an earlier run stored but died before recording is recorded instead.

        Raises:
            CopyFailed: on any doubt; no snapshot that counts is left.
            SourceUnavailable, StoreUnavailable: still, after all attempts.
        """
        leave = require_leave(self._office, self._name)
        pending = self._take_over(leave)
        if pending is not None:
            return pending
        for pause in self._options.pauses:
            try:
                return self._make_once(leave)
            except BackupError as error:
                if not error.transient:
                    raise
            time.sleep(pause)
        return self._make_once(leave)

    def read_back(self, copy: NightCopy, place: Repository) -> NightCopy:
        """Read a copy from where it would be restored from, compare its sum, and record that.

        Raises:
            Altered: it is not what was stored; it counts as no copy any more, and a finding is open.
        """
        begun = time.monotonic()
        try:
            with Step(f"Releer {self._name}", copy.bytes) as step:
                read_dump_back(place, copy, report=step)
        except Altered as error:
            void_altered(self._office, copy, error)
            raise
        seconds = round(time.monotonic() - begun, 1)
        event = self._office.record(catalogue.VERIFIED, {"copy": copy.copy, "level": "read", "seconds": seconds})
        return replace(copy, status="read", verified_at=event.time)

    def _make_once(self, leave: Authorisation) -> NightCopy:
        name = name_copy(self._name, datetime.now(UTC), self._office.book.ledger.events())
        last = last_record(self._office.deployment, self._name)
        least = last.bytes // LEAST_SHARE if last and not self._options.smaller else 0
        settings = self._office.deployment.database(self._name)
        folder = JobFolder.make(self._office, name, Job.of(settings, least=least, digests=self._options.digests))
        try:
            with Step(f"Copiar {self._name}", last.bytes if last else None) as step:
                snapshot, stored = self._back_up(name, folder, settings, step)
            record = folder.read_record()
            if record is None or not stored or record.bytes != stored:
                self._drop(name, snapshot, f"el repositorio guardó {stored} bytes")
                made = record.bytes if record else 0
                raise CopyFailed("el repositorio no guardó todo", whose=name, why=f"{stored} de {made} bytes")
        except BackupError:
            folder.remove()
            raise
        return self._commit(folder, name, snapshot, record, leave)

    def _back_up(self, name: str, folder: JobFolder, settings: DatabaseSettings, step: Step) -> tuple[str, int]:
        """Run restic over the dumping process; return the snapshot and how many bytes restic says it read."""
        summary: Line = {}

        def hear(line: Line) -> None:
            if line.get("message_type") == "status":
                step(max(0, int(line.get("bytes_done", 0)) - step.done))
            elif line.get("message_type") == "summary":
                summary.update(line)

        command = [
            *("backup", f"--host={self._name}", f"--tag=run={name},engine={settings.engine}"),
            *(f"--stdin-filename={self._name}.dump", "--stdin-from-command", "--"),
        ]
        limit = settings.time_limit.total_seconds()
        with start_dumping(folder) as dumping:
            try:
                command += dumping.command
                self._repository.run(command, doing="guardar el volcado", each=hear, seconds=limit)
            except Incomplete as error:
                self._drop(name, str(summary.get("snapshot_id", "")), error.why)
                raise dumping.find_error() or error from None
            except BackupError as error:
                raise dumping.find_error() or error from None
        step(max(0, int(summary["total_bytes_processed"]) - step.done))
        return str(summary["snapshot_id"]), int(summary["total_bytes_processed"])

    def _drop(self, name: str, snapshot: str, why: str) -> None:
        """Make sure that a snapshot that was stored all the same counts as no copy."""
        found = [snapshot] if snapshot else [one.id for one in list_snapshots(self._repository) if one.run == name]
        if not found:
            return
        facts = {"copy": name, "repository": self._repository.name, "snapshots": found, "why": why}
        self._office.record(catalogue.VOIDED, facts)
        # One that only appends keeps it until maintenance; the ledger says that it is void.
        if not self._repository.settings.append_only:
            forget(self._repository, found)

    def _take_over(self, leave: Authorisation) -> NightCopy | None:
        """Record a copy that was stored by a run that died before it could; remove what else such runs left."""
        left = [JobFolder(path) for path in sorted(nights(self._office).glob(f"noche-{self._name}-*"))]
        whole = [(folder, record) for folder in left if (record := folder.read_record()) is not None]
        events = self._office.book.ledger.events() if whole else ()
        known = {copy.copy for copy in list_night_copies(events, removed=True)}
        found = {one.run: one for one in list_snapshots(self._repository)} if whole else {}
        taken: NightCopy | None = None
        for folder, record in whole:
            name = folder.path.name
            snapshot = found.get(name)
            if name not in known and snapshot is not None and snapshot.bytes == record.bytes:
                taken = self._commit(folder, name, snapshot.id, record, leave)
        for folder in left:
            folder.remove()
        return taken if taken is not None and is_of_today(taken) else None

    def _commit(
        self, folder: JobFolder, name: str, snapshot: str, record: DumpRecord, leave: Authorisation
    ) -> NightCopy:
        """Keep what proves the copy, its signed manifest last; then say in the ledger that it was made."""
        copy = NightCopy(
            copy=name,
            database=self._name,
            repository=self._repository.name,
            snapshot=snapshot,
            path=f"/{self._name}.dump",
            bytes=record.bytes,
            sha256=record.sha256,
            tables=len(record.tables),
            rows=record.rows,
            started=record.started.isoformat(),
            finished=record.finished.isoformat(),
        )
        kept = CopyFolder(self._office.deployment, name)
        kept.write_bytes("globals.sql", record.globals_sql)
        kept.write(RECORD, record.to_dict())
        sealed = manifest.seal_manifest(self._office, copy, record, leave=leave, repository_id=self._repository_id)
        kept.write_bytes(manifest.NAME, sealed)
        self._office.record(catalogue.MADE, copy.to_event())
        folder.remove()
        return copy


def require_leave(office: Office, name: str) -> Authorisation:
    """Return the standing authorisation of a database.

    Raises:
        NotReady: it has none, or it is over.
    """
    leave = office.deployment.database(name).authorisation
    if leave is None or not in_force(leave):
        raise NotReady(
            "la copia nocturna no está autorizada",
            whose=name,
            why="no hay autorización permanente" if leave is None else f"venció el {leave.until:%d/%m/%Y}",
            repair="registre el acto que la autoriza en authorisation de esa base de datos, en copias.yml",
        )
    return leave


def copy_of_today(office: Office, name: str) -> NightCopy | None:
    """Return the newest copy of a database that was begun tonight."""
    # All are looked at: one with a date to come, of a wrong clock, must neither hide tonight's nor pass for it.
    copies = list_night_copies(office.book.ledger.events_of(catalogue.EVENTS), database=name)
    found = [copy for copy in copies if is_of_today(copy) and not copy.is_future(datetime.now(UTC))]
    return found[-1] if found else None


def list_unread(office: Office, name: str) -> list[NightCopy]:
    """Return the copies that a database has in its present repository and that were never read back, newest first."""
    repository = office.deployment.database(name).repository
    copies = list_night_copies(office.book.ledger.events_of(catalogue.EVENTS), database=name)
    return [copy for copy in reversed(copies) if copy.status == "made" and copy.repository == repository]


def is_of_today(copy: NightCopy) -> bool:
    """Tell whether a copy was begun tonight: one of after midnight is still of the night that began before it."""
    return night_of(datetime.fromisoformat(copy.started)) == tonight()


def void_altered(office: Office, copy: NightCopy, error: Altered) -> None:
    """Record that a copy is not what was stored: it counts no more, and somebody must see to it."""
    # The finding first: after a power cut between the two it is found again, and a copy that is void is read no more.
    open_finding(
        office,
        about=copy.copy,
        what=f"la copia nocturna de {copy.database} está alterada en el repositorio {copy.repository}",
        why=error.why,
        repair=f"haga otra copia con `copias nightly --only {copy.database} --force`, revise el disco de la NAS y "
        "registre lo que se hizo",
    )
    office.record(catalogue.VOIDED, {"copy": copy.copy, "why": str(error)})
