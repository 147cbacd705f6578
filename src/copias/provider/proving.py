"""The proof of a delivered copy: the stored package read whole. What was loaded and asked counts by its equal bytes.

There is no source to compare with, and the words of the level say so.
"""

from __future__ import annotations

import time
import typing as t

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import publish_proof, read_trusted_manifest
from copias.case.step import StepPlan
from copias.delivery.fetching import remove_fetched
from copias.errors import Altered
from copias.package import ProofLevel, load_trusted, public_path, verify_package
from copias.progress import Step
from copias.provider.described import read_checks
from copias.provider.formats import has_end
from copias.provider.likeness import compare_with_deliveries
from copias.provider.packing import LOAD
from copias.sinfa.believing import open_warnings, require_believable, summarise_checks

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord
    from copias.office import Office
    from copias.package import Manifest
    from copias.package.delivered_facts import DeliveredFacts

_TOLD: t.Final = 5


class ProofPlan(StepPlan):
    """What proving a delivered copy would do."""

    before = "stored"
    after = "verified"

    def run(self) -> None:
        """Read the package as it lies on its store, compare all of it with the signed manifest, and publish the proof.

        Raises:
            Altered: the package is not what was stored; the copy is void.
            Doubtful: what was asked of it cannot be right, or it was delivered before; a person must accept it.
            StoreUnavailable: nothing is lost, the next run goes on from here.
        """
        copy, office = self.require_copy(), self.office
        begun = time.monotonic()
        try:
            manifest = read_trusted_manifest(office, copy)
            self._read_stored(copy, manifest)
        except Altered as error:
            office.book.record(self.story.number, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
            raise
        folder = CopyFolder(office.deployment, copy.copy_id)
        delivered = t.cast("DeliveredFacts", manifest.delivered)
        asked = office.deployment.database(str(copy.data["subject"])).checks
        likeness = compare_with_deliveries(office, self.story.number, copy, delivered, asked)
        checks = (*read_checks(folder.read(LOAD)), *likeness)
        reason = require_believable(office, self.story, copy, checks)
        open_warnings(office, copy.copy_id, checks)
        level = find_level(delivered)
        publish_proof(office, copy, level=level)
        summary = _summarise(copy, delivered, level, time.monotonic() - begun)
        folder.write("proof.json", summary)
        office.book.record(self.story.number, "copy.verified", {**summary, **summarise_checks(checks, reason)})
        remove_fetched(office.deployment, self.story.number)

    def _read_stored(self, copy: CopyRecord, manifest: Manifest) -> None:
        """Compare the stored package, its entries and its inner manifest with the signed one.

        Raises:
            Altered: it is not what was sealed; the first problems are named.
        """
        office = self.office
        trusted = load_trusted([public_path(office.deployment.signing_key)])
        store = office.open_store(copy.store)
        with Step("Releer el paquete", 2 * copy.bytes) as step, store.open(copy.package, uncached=True) as stream:
            problems = verify_package(stream, manifest, trusted, report=step)
        if problems or manifest.delivered is None:
            raise Altered(
                "el paquete guardado no es el que se selló",
                whose=f"{copy.store}: {copy.package}",
                why="; ".join(problems[:_TOLD]) or "su manifiesto no es de una entrega",
                repair="ejecute el caso otra vez; si se repite, revise el destino",
            )


def find_level(delivered: DeliveredFacts) -> ProofLevel:
    """Say no more than what was seen: whole is what was loaded, or what a checksum, an archive's or an end shows."""
    if delivered.load.loaded:
        return ProofLevel.LOADED
    whole = delivered.checksum or delivered.layers or has_end(delivered.format)
    return ProofLevel.INTACT if whole else ProofLevel.RECEIVED


def _summarise(copy: CopyRecord, delivered: DeliveredFacts, level: ProofLevel, seconds: float) -> dict[str, t.Any]:
    load = delivered.load
    counted = {"tables": len(load.tables), "rows": sum(table.rows for table in load.tables), "server": load.server}
    return {
        "copy": copy.copy_id,
        "level": level.value,
        "sha256": delivered.sha256,
        **(counted if load.loaded else {}),
        "seconds": round(seconds, 1),
    }


def plan_proof(office: Office, number: str) -> ProofPlan:
    """Read the story; change nothing."""
    return ProofPlan(office, office.book.story(number))
