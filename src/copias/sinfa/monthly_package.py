"""One month's package of a database: a nightly copy streams from its repository, through a package, onto the store."""

from __future__ import annotations

import os
import typing as t
from datetime import UTC, datetime

from copias import __version__
from copias.case.copy_folder import CopyFolder
from copias.case.evidence import MANIFEST
from copias.case.series import monthly_series
from copias.database import DumpRecord
from copias.errors import BadConfiguration, CopyFailed, NotReady
from copias.local_time import BOGOTA
from copias.night import manifest as night_manifest
from copias.night.copying import require_leave
from copias.package import Manifest, Proof, ProofLevel, SinfaPackage, load_key
from copias.package.facts import (
    Agent,
    AuthorisationFacts,
    CaseFacts,
    DumpFacts,
    Scope,
    SourceFacts,
    Times,
    Versions,
)
from copias.progress import Step
from copias.repository.fetching import pass_dump
from copias.sinfa.records import NAME
from copias.store import safe_part

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord
    from copias.night.catalogue import NightCopy
    from copias.office import Office
    from copias.package import SealedPackage


class MonthlyPackage:
    """Makes it: :meth:`prepare`, then :meth:`make`.

    Args:
        office: of this installation.
        database: of the inventory.
        month: ``2026-10``.
        night: the copy that is sealed.
        tries: packages of that month that were made before and count no more.
    """

    def __init__(self, office: Office, database: str, month: str, night: NightCopy, *, tries: int) -> None:
        self._office = office
        self._database = database
        self._month = month
        self._night = night
        self._settings = office.deployment.database(database)
        again = f"-{tries + 1}" if tries else ""
        self.copy_id = f"{monthly_series(database)}-{month}{again}"
        self._record: DumpRecord | None = None

    @property
    def package(self) -> str:
        """Return its name on the store."""
        return f"SINFA/{safe_part(self._settings.department)}/{self._database}/{self.copy_id}.zip"

    def prepare(self) -> None:
        """Read what is signed of the nightly copy; change nothing.

        Raises:
            Altered: its manifest is missing, or not what this installation signed.
            NotReady: its roles are not kept here any more, or nobody authorises its copies.
        """
        require_leave(self._office, self._database)
        folder = CopyFolder(self._office.deployment, self._night.copy)
        told = night_manifest.read_manifest(self._office, folder)
        try:
            self._record = DumpRecord.from_dict(told["dump"], globals_sql=folder.read_bytes("globals.sql"))
        except (FileNotFoundError, KeyError, BadConfiguration) as error:
            raise NotReady(
                "no está aquí todo lo que se guardó de la copia nocturna",
                whose=self._night.copy,
                why=str(error),
                repair="recupere la carpeta copies del estado, de su copia en el repositorio",
            ) from error

    def make(self) -> CopyRecord:
        """Pack the dump onto the store, complete and not published, and record it.

        Raises:
            Altered: the repository gives back something else than was stored.
            CopyFailed: on any other doubt; the unpublished file is removed.
            StoreFull, StoreUnavailable: as they say.
        """
        assert self._record is not None  # noqa: S101 - prepared
        office, record = self._office, self._record
        store, key = office.open_store(self._settings.store), load_key(office.deployment.signing_key)
        with (
            store.create(self.package) as upload,
            Step(f"Sellar {self._database}, {self._month}", self._night.bytes) as step,
        ):
            packer = SinfaPackage(upload.write, database=self._settings.database, when=datetime.now(BOGOTA))
            pass_dump(office, self._night, packer.write, report=step)
            name = self.package.rpartition("/")[2]
            sealed, manifest = packer.seal(self._draft(record), file_name=name, globals_sql=record.globals_sql, key=key)
            packed = manifest.content
            if packed is None or (packed.bytes, packed.sha256) != (self._night.bytes, self._night.sha256):
                raise CopyFailed("lo sellado no es la copia nocturna", whose=self.copy_id, repair="repita la orden")
            stored = upload.finish()
        if stored.bytes != sealed.bytes:
            why = f"{stored.bytes} de {sealed.bytes} bytes"
            raise CopyFailed("el destino no guardó todo", whose=self.package, why=why)
        return self._keep(record, sealed, manifest)

    def _keep(self, record: DumpRecord, sealed: SealedPackage, manifest: Manifest) -> CopyRecord:
        """Keep what proves the copy, then say in the ledger that it was made."""
        folder = CopyFolder(self._office.deployment, self.copy_id)
        folder.write(NAME, record.to_dict())
        folder.write_bytes(MANIFEST, manifest.to_json())
        facts = {
            "copy": self.copy_id,
            "generation": 1,
            "kind": "sinfa",
            "subject": self._database,
            "record_series": self._settings.record_series,
            **self._office.deployment.retention.promise(self._settings.record_series),
            "store": self._settings.store,
            "package": self.package,
            "bytes": sealed.bytes,
            "sha256": sealed.sha256,
            "dump_bytes": record.bytes,
            "dump_sha256": record.sha256,
            "tables": len(record.tables),
            "rows": record.rows,
            "started": record.started.isoformat(),
            "finished": record.finished.isoformat(),
            "month": self._month,
            "night": self._night.copy,
        }
        return self._office.book.record(monthly_series(self._database), "copy.made", facts).copies[-1]

    def _draft(self, record: DumpRecord) -> Manifest:
        office, settings = self._office, self._settings
        procedure, leave = office.deployment.procedure, require_leave(office, self._database)
        return Manifest(
            entity=office.deployment.entity,
            case=CaseFacts(
                number=None,
                kind="sinfa",
                mode="on_site",
                subject=self._database,
                department=settings.department,
                record_series=settings.record_series,
            ),
            authorisation=AuthorisationFacts(
                authoriser=leave.authoriser,
                post=leave.post,
                document=leave.document,
                motive=leave.motive,
                standing=True,
            ),
            source=SourceFacts(
                system=record.engine, version=record.version, host=self._database, name=settings.database
            ),
            scope=Scope(included=(f"Toda la base de datos, a fin de mes ({self._month})",), excluded=record.left_out),
            counts={"tables": len(record.tables), "rows": record.rows, "sequences": len(record.sequences)},
            store=settings.store,
            versions=Versions(
                tool=f"copias {__version__}",
                procedure=f"{procedure.code} v{procedure.version}",
                work_instruction=procedure.work_instructions.get("sinfa", ""),
            ),
            times=Times(started=record.started, sealed=datetime.now(UTC)),
            agent=Agent(account=office.actor.identity.account, name=office.actor.person.name),
            run=os.environ.get("COPIAS_RUN", ""),
            previous_ledger_hash=office.book.ledger.head().sha256,
            proof=Proof.at(ProofLevel.PENDING),
            dump=DumpFacts.model_validate(record.to_dict()),
        )
