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
from copias.errors import Altered, BackupError, NotReady
from copias.package import ProofLevel, load_trusted, public_path, verify_package
from copias.progress import Step
from copias.provider.arrival import identify
from copias.provider.described import read_checks
from copias.provider.drop import open_drop
from copias.provider.formats import has_end
from copias.provider.likeness import compare_with_deliveries
from copias.provider.packing import LOAD, show_name
from copias.provider.request import ARRIVED, find_request, is_configured
from copias.sinfa.believing import open_warnings, require_believable, summarise_checks

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord, Story
    from copias.office import Office
    from copias.package import Manifest
    from copias.package.delivered_facts import DeliveredFacts

_TOLD: t.Final = 5


class Replaced(NotReady):
    """The provider put another file in the place of the one that was taken in."""


class ProofPlan(StepPlan):
    """What proving a delivered copy would do."""

    before = "stored"
    after = "verified"

    def run(self) -> None:
        """Read the package as it lies on its store, compare all of it with the signed manifest, and publish the proof.

        Raises:
            Altered: the package is not what was stored; the copy is void.
            Replaced: the provider put another file in the place of the one that was taken; the copy is void.
            Doubtful: what was asked of it cannot be right, or it was delivered before; a person must accept it.
            StoreUnavailable: nothing is lost, the next run goes on from here.
        """
        copy, office = self.require_copy(), self.office
        begun = time.monotonic()
        manifest = self._read_whole(copy)
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

    def _read_whole(self, copy: CopyRecord) -> Manifest:
        """Return the signed manifest once all of the package is as it says; void the copy otherwise."""
        office = self.office
        try:
            if replaced := find_replaced(office, self.story):
                raise replaced
            manifest = read_trusted_manifest(office, copy)
            self._read_stored(copy, manifest)
        except (Altered, Replaced) as error:
            office.book.record(self.story.number, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
            raise
        return manifest

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


def find_replaced(office: Office, story: Story) -> Replaced | None:
    """Return the error of a delivery that changed after it was taken: it grew still, or was put right by its provider.

    ``None`` where it lies as it was, was tidied away, or its place does not answer: what was taken is whole by itself.
    """
    request = find_request(story)
    taken = next((event.data for event in reversed(story.events) if event.event == ARRIVED), {})
    if request is None or not taken.get("keys") or not is_configured(office, request):
        return None
    place = open_drop(office.deployment, office.deployment.providers[request.provider].drop, story.number)
    try:
        files = place.files()
    except BackupError:
        return None
    same_name = [file for file in files if show_name(file.name) == taken["file"]]
    if not same_name or any(identify(file) in taken["keys"] for file in files):
        return None
    return Replaced(
        "el proveedor cambió la entrega después de que se tomó",
        whose=f"caso {story.number}",
        why=f"en el lugar de {taken['file']}, de {taken['bytes']} bytes, hay otro de {same_name[0].bytes}",
        repair=f"se toma el nuevo: copias run {story.number}",
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
