"""Making a copy: the engine's dump streams through a package onto the store, as an unpublished file."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from copias.case.copy_folder import CopyFolder
from copias.case.step import StepPlan, new_copy_id
from copias.case.work import draft_manifest
from copias.errors import CopyFailed
from copias.local_time import BOGOTA
from copias.package import SinfaPackage, load_key
from copias.package.facts import DumpFacts, Scope, SourceFacts
from copias.progress import Report, Step
from copias.sinfa.plan import Subject, find_subject
from copias.sinfa.records import NAME, last_record
from copias.store import part_name, safe_part

if t.TYPE_CHECKING:
    from copias.database import Driver, DumpRecord
    from copias.office import Office
    from copias.package import Manifest, SealedPackage, SigningKey
    from copias.store import Store

LEAST_SHARE = 2
"""A dump smaller than one part in this many of the last one is not believed."""


@dataclass(frozen=True)
class PackedCopy:
    """A dump in a package on its store, not yet published."""

    record: DumpRecord
    package: SealedPackage
    manifest: Manifest


class CopyPlan(StepPlan):
    """What copying the database of a case would do."""

    before = "none"
    after = "made"

    @property
    def changes(self) -> bool:
        """Tell whether a dump is to be made: there is none, or its unpublished file is gone."""
        return super().changes or self._is_lost()

    def run(self) -> None:
        """Dump the database and record the copy.

        Raises:
            CopyFailed: nothing that could be taken for a copy is left.
        """
        office, number = self.office, self.story.number
        if self.story.copy is not None:
            lost = {"copy": self.story.copy.copy_id, "why": "el archivo sin publicar ya no está en el destino"}
            office.book.record(number, "copy.voided", lost)
        subject = find_subject(office, self.story)
        copy_id = new_copy_id(self.story, "sinfa", subject.name)
        package = f"SINFA/{safe_part(subject.work.department)}/{subject.name}/{copy_id}.zip"
        last = last_record(office.deployment, subject.name)
        store = office.open_store(subject.settings.store)
        draft = _Draft(office, subject)
        key = load_key(office.deployment.signing_key)
        with Step("Copiar", last.bytes if last else None) as step:
            packed = pack_dump(
                subject.driver(),
                store,
                package,
                draft=draft,
                key=key,
                least=last.bytes // LEAST_SHARE if last else 0,
                report=step,
            )
        self._record(copy_id, package, subject, packed)

    def _is_lost(self) -> bool:
        copy = self.story.copy
        if copy is None or copy.status != "made":
            return False
        store = self.office.open_store(copy.store)
        return store.stat(part_name(copy.package)) is None and store.stat(copy.package) is None

    def _record(self, copy_id: str, package: str, subject: Subject, packed: PackedCopy) -> None:
        """Keep what proves the copy, then say in the ledger that it was made."""
        folder = CopyFolder(self.office.deployment, copy_id)
        folder.write(NAME, packed.record.to_dict())
        folder.write_bytes("manifest.json", packed.manifest.to_json())
        self.office.book.record(
            self.story.number,
            "copy.made",
            {
                "copy": copy_id,
                "generation": self.story.generation,
                "kind": "sinfa",
                "subject": subject.name,
                "record_series": subject.settings.record_series,
                **self.office.deployment.retention.promise(subject.settings.record_series),
                "store": subject.settings.store,
                "package": package,
                "bytes": packed.package.bytes,
                "sha256": packed.package.sha256,
                "dump_bytes": packed.record.bytes,
                "tables": len(packed.record.tables),
                "rows": packed.record.rows,
                "started": packed.record.started.isoformat(),
                "finished": packed.record.finished.isoformat(),
            },
        )


@dataclass(frozen=True)
class _Draft:
    """Writes the manifest once the dump is known."""

    office: Office
    subject: Subject

    def __call__(self, record: DumpRecord) -> Manifest:
        settings = self.subject.settings
        return draft_manifest(
            self.office,
            self.subject.work,
            source=SourceFacts(
                system=record.engine, version=record.version, host=self.subject.name, name=settings.database
            ),
            scope=Scope(included=("Toda la base de datos",), excluded=record.left_out),
            counts={"tables": len(record.tables), "rows": record.rows, "sequences": len(record.sequences)},
            store=settings.store,
            record_series=settings.record_series,
            started=record.started,
            dump=DumpFacts.model_validate(record.to_dict()),
        )


def pack_dump(
    driver: Driver,
    store: Store,
    package: str,
    *,
    draft: t.Callable[[DumpRecord], Manifest],
    key: SigningKey,
    least: int,
    report: Report,
) -> PackedCopy:
    """Dump a database into a package on a store, complete and durable but not published.

    Nothing is staged: the dump's bytes pass once through hash, compressor and upload.

    Raises:
        CopyFailed: on any doubt; the unpublished file is removed.
        StoreFull, StoreUnavailable: the store's side.
    """
    moment = datetime.now(BOGOTA)
    with store.create(package) as upload:
        packer = SinfaPackage(upload.write, database=driver.connection.database, when=moment)
        record = driver.dump(packer.write, report=report, least=least)
        sealed, manifest = packer.seal(
            draft(record), file_name=package.rpartition("/")[2], globals_sql=record.globals_sql, key=key
        )
        stored = upload.finish()
    if stored.bytes != sealed.bytes:
        raise CopyFailed("el destino no guardó todo", whose=package, why=f"{stored.bytes} de {sealed.bytes} bytes")
    return PackedCopy(replace(record, globals_sql=b""), sealed, manifest)


def plan_copy(office: Office, number: str) -> CopyPlan:
    """Read the story; change nothing."""
    return CopyPlan(office, office.book.story(number))
