"""The proof of a copy: read from its store, restored into a scratch server, compared with its source."""

from __future__ import annotations

import shutil
import tempfile
import time
import typing as t
from pathlib import Path

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import publish_proof, read_trusted_manifest
from copias.case.step import StepPlan
from copias.database import verify
from copias.errors import Altered, NotEqual
from copias.files import make_private_directory
from copias.package import extract_dump
from copias.progress import Step
from copias.sinfa.plan import find_subject
from copias.sinfa.records import read_dump

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord
    from copias.database import DumpRecord, Verification
    from copias.office import Office


class ProofPlan(StepPlan):
    """What proving a case's copy would do."""

    before = "stored"
    after = "verified"

    def run(self) -> None:
        """Restore the stored package and compare it with what the source held.

        Raises:
            NotEqual: it differs; the copy is void and the differences are named.
            Altered: the package is not what was stored; the copy is void.
            NotReady: no fit scratch server can be started here.
        """
        copy, office = self.require_copy(), self.office
        folder = CopyFolder(office.deployment, copy.copy_id)
        record = read_dump(folder)
        begun = time.monotonic()
        try:
            proof = self._prove(copy, record)
            proof.require_equal(f"caso {self.story.number}, copia {copy.copy_id}")
        except (NotEqual, Altered) as error:
            office.book.record(self.story.number, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
            raise
        folder.write("proof.json", proof.to_dict())
        publish_proof(office, copy)
        office.book.record(
            self.story.number, "copy.verified", _summarise(copy, record, proof, time.monotonic() - begun)
        )

    def _prove(self, copy: CopyRecord, record: DumpRecord) -> Verification:
        """Fetch the dump from the store, not from anything kept here, and restore it."""
        driver = find_subject(self.office, self.story).driver()
        manifest = read_trusted_manifest(self.office, copy)
        spools = _sweep(make_private_directory(self.office.deployment.state / "spool"), copy.copy_id)
        with tempfile.TemporaryDirectory(dir=spools, prefix=f"{copy.copy_id}-") as spool:
            dump = Path(spool) / "dump"
            store = self.office.open_store(copy.store)
            with Step("Traer del destino", copy.bytes) as fetched, store.open(copy.package, uncached=True) as stream:
                extract_dump(stream, dump, manifest=manifest, report=fetched)
            with Step("Restaurar y comparar", record.source_bytes) as restored:
                return verify(driver, dump, record, report=restored)


def _sweep(spools: Path, copy_id: str) -> Path:
    """Remove what a run of this copy that was killed left; the claim says that no other one is using it."""
    for left in spools.glob(f"{copy_id}-*"):
        shutil.rmtree(left, ignore_errors=True)
    return spools


def _summarise(copy: CopyRecord, record: DumpRecord, proof: Verification, seconds: float) -> dict[str, t.Any]:
    return {
        "copy": copy.copy_id,
        "level": "restored",
        "tables": len(proof.tables),
        "rows": record.rows,
        "server": proof.version,
        "restore_seconds": round(proof.restore_seconds, 1),
        "compare_seconds": round(proof.compare_seconds, 1),
        "seconds": round(seconds, 1),
    }


def plan_proof(office: Office, number: str) -> ProofPlan:
    """Read the story; change nothing."""
    return ProofPlan(office, office.book.story(number))
