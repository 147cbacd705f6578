"""The proof of a manual copy: every message read from its store, and the delivery counted again, message by message.

The mailbox itself is not asked: that is the limit of such a copy, and its proof says so.
"""

from __future__ import annotations

import time
import typing as t
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import publish_proof, read_trusted_manifest
from copias.case.staging import package_files, remove_staging
from copias.case.step import StepPlan
from copias.delivery.fetching import remove_fetched
from copias.errors import Altered, NotEqual
from copias.package import ListedMessage, MailboxReader, ProofLevel
from copias.package.mailbox_verification import find_message_problems
from copias.package.message_list import MessageList
from copias.progress import Step
from copias.takeout.delivery import find_fetched
from copias.takeout.packing import bring_delivery, open_archive, read_messages
from copias.takeout.subject import find_subject

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord
    from copias.delivery.fetching import FetchedPart
    from copias.office import Office
    from copias.package import Manifest

_TOLD: t.Final = 5
"""Problems that an error names."""


@dataclass(frozen=True)
class DeliveryProof:
    """What the proof came to.

    Args:
        messages: read from the stored package, each equal to what was sealed.
        bytes: of them.
        found: messages counted in the delivery again.
        repeated: of these, those that came more than once.
        sha256: of the list of the delivery's messages, equal to that of the package.
    """

    messages: int
    bytes: int
    found: int
    repeated: int
    sha256: str


class ProofPlan(StepPlan):
    """What proving a case's copy would do."""

    before = "stored"
    after = "verified"

    def run(self) -> None:
        """Read the stored package whole, count the delivery again, compare, and publish the proof.

        Raises:
            Altered: the package is not what was stored; the copy is void.
            NotEqual: it does not hold what was delivered, and is void; or the delivery that must be brought again is
                another, and the stored copy stays as it is.
            NotReady: the delivery is neither here nor where it was; the stored copy stays as it is.
            StoreUnavailable: nothing is lost, the next run goes on from here.
        """
        copy, office = self.require_copy(), self.office
        begun = time.monotonic()
        parts = self._bring(copy)
        try:
            proof = self._prove(copy, parts)
        except (NotEqual, Altered) as error:
            office.book.record(self.story.number, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
            raise
        CopyFolder(office.deployment, copy.copy_id).write("proof.json", asdict(proof))
        publish_proof(office, copy, level=ProofLevel.DELIVERED)
        office.book.record(self.story.number, "copy.verified", _summarise(copy, proof, time.monotonic() - begun))
        remove_staging(office, copy)
        remove_fetched(office.deployment, self.story.number)

    def _bring(self, copy: CopyRecord) -> tuple[FetchedPart, ...]:
        """Return the parts that the copy was made of: those that are still here, else brought again.

        Raises:
            NotEqual: the delivery is another by now.
        """
        delivered = copy.data["delivered"]
        with Step("Revisar la entrega", sum(part["bytes"] for part in delivered)) as step:
            here = find_fetched(self.office.deployment, self.story.number, delivered, report=step)
        if here is not None:
            return here
        _, parts = bring_delivery(self.office, self.story.number)
        packed = [(part["name"], part["bytes"], part["sha256"]) for part in delivered]
        if packed != [(part.name, part.bytes, part.sha256) for part in parts]:
            raise NotEqual(
                "la entrega ya no es la que se empaquetó",
                whose=f"caso {self.story.number}",
                why="cambió el nombre, el tamaño o el SHA-256 de una parte",
                repair="vuelva a poner la entrega original; si la nueva es la buena, cancele y reabra el caso",
            )
        return parts

    def _prove(self, copy: CopyRecord, parts: tuple[FetchedPart, ...]) -> DeliveryProof:
        manifest = read_trusted_manifest(self.office, copy)
        facts = t.cast("t.Any", manifest.messages)
        _read_stored(self.office, copy, manifest)
        with MessageList(self.office.deployment.state) as counted:
            tallies = self._count_again(parts, counted)
            summary = counted.summary()
        if (summary.count, summary.bytes, summary.sha256) != (facts.count, facts.bytes, facts.sha256):
            raise NotEqual(
                "el paquete no tiene lo que se entregó",
                whose=f"caso {self.story.number}, copia {copy.copy_id}",
                why=f"la entrega da {summary.count} mensajes y {summary.bytes} bytes; el paquete, {facts.count} y "
                f"{facts.bytes}",
                repair="ejecute el caso otra vez; si se repite, guarde el paquete y avise al administrador",
            )
        return DeliveryProof(summary.count, summary.bytes, tallies["found"], tallies["repeated"], summary.sha256)

    def _count_again(self, parts: tuple[FetchedPart, ...], counted: MessageList) -> t.Mapping[str, int]:
        subject = find_subject(self.office, self.story)
        with open_archive(parts, subject) as archive, Step("Recontar la entrega", archive.contents.bytes) as step:
            messages = read_messages(archive, subject, whose=f"caso {self.story.number}", report=step)
            for message in messages.packed():
                counted.add(
                    ListedMessage(
                        entry=message.id,
                        id=message.id,
                        thread_id="",
                        labels=(),
                        state="",
                        internal_date=message.internal_date,
                        date="",
                        sender="",
                        recipients="",
                        subject="",
                        message_id="",
                        bytes=message.content_bytes,
                        sha256=message.sha256,
                        deleted_at=None,
                        part=1,
                    )
                )
        return messages.tallies


def _read_stored(office: Office, copy: CopyRecord, manifest: Manifest) -> None:
    """Read every message of the package as it lies on its store, and compare it with the signed list.

    Raises:
        Altered: it is not what was sealed; the first problems are named.
    """
    *further, first = package_files(office, copy)
    store = office.open_store(copy.store)
    with ExitStack() as stack, Step("Probar el paquete", t.cast("t.Any", manifest.messages).bytes) as step:
        streams = [stack.enter_context(store.open(file.name, uncached=True)) for file in (first, *further)]
        package = MailboxReader(streams, manifest)
        package.check_index()
        problems = find_message_problems(package.directories, manifest, report=step)
        if told := list(islice(problems, _TOLD)):
            raise Altered(
                "el paquete guardado no es el que se selló",
                whose=f"{copy.store}: {copy.package}",
                why="; ".join(told),
                repair="ejecute el caso otra vez; si se repite, revise el destino",
            )


def _summarise(copy: CopyRecord, proof: DeliveryProof, seconds: float) -> dict[str, t.Any]:
    return {
        "copy": copy.copy_id,
        "level": ProofLevel.DELIVERED.value,
        "messages": proof.messages,
        "found": proof.found,
        "repeated": proof.repeated,
        "seconds": round(seconds, 1),
    }


def plan_proof(office: Office, number: str) -> ProofPlan:
    """Read the story; change nothing."""
    return ProofPlan(office, office.book.story(number))
