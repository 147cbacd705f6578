"""The proof of a mailbox copy: messages given back from the stored package, equal bit by bit to the mailbox's own.

Storing has shown that the store holds the sealed bytes. Here the list in the stored package is compared with what was
reconciled, and a random sample is read from the package by ranges and again from Gmail.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import secrets
import time
import typing as t
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import publish_proof, read_trusted_manifest
from copias.case.staging import package_files, remove_staging
from copias.case.step import StepPlan
from copias.errors import Altered, NotEqual
from copias.google.errors import GoogleMissing
from copias.mailbox.contents import can_be_sampled, sample_size
from copias.mailbox.copying import IDS
from copias.mailbox.engine import open_gmail
from copias.mailbox.subject import find_subject
from copias.mailbox.windows import in_order
from copias.package import MailboxReader, ProofLevel
from copias.progress import Step

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.case.story import CopyRecord
    from copias.mailbox.subject import Subject
    from copias.office import Office
    from copias.package import ListedMessage

NAMED: t.Final = 20
"""Ids that an error's sentence names."""


@dataclass(frozen=True)
class SampleProof:
    """What comparing a sample came to.

    Args:
        messages: in the stored package's list.
        sample: given back from the package and equal to the mailbox's.
        gone: drawn too, but deleted from the mailbox since: given back from the package, with nothing to compare to.
        seed: of the draw; with it and the package's list anybody can draw the same sample.
        different: ids that are not equal.
    """

    messages: int
    sample: int
    gone: tuple[str, ...]
    seed: str
    different: tuple[str, ...]

    @property
    def level(self) -> ProofLevel:
        """Return how far the copy is proven: of a mailbox that is emptied meanwhile too little is left to compare with.

        An empty mailbox is what it was; one of drafts alone has nothing that can be asked for again.
        """
        enough = self.sample >= len(self.gone) and self.sample > 0
        return ProofLevel.RESTORED if enough or not self.messages else ProofLevel.INTACT

    def require_equal(self, whose: str) -> None:
        """Refuse a copy of which a message is another than the mailbox's.

        Raises:
            NotEqual: naming the ids.
        """
        if self.different:
            raise NotEqual(
                f"{len(self.different)} mensajes de la copia no son iguales a los del buzón",
                whose=whose,
                why=f"ids {', '.join(self.different[:NAMED])}",
                repair="ejecute el caso otra vez; si se repite, guarde el paquete y avise al administrador",
            )


class ProofPlan(StepPlan):
    """What proving a case's copy would do."""

    before = "stored"
    after = "verified"

    def run(self) -> None:
        """Compare the stored package with the mailbox, and publish the proof.

        Raises:
            NotEqual: a message differs; the copy is void, and the ids are named.
            Altered: the package is not what was stored; the copy is void.
            GoogleUnavailable, StoreUnavailable: nothing is lost, the next run goes on from here.
        """
        copy, office = self.require_copy(), self.office
        begun = time.monotonic()
        try:
            proof = self._prove(copy)
            proof.require_equal(f"caso {self.story.number}, copia {copy.copy_id}")
        except (NotEqual, Altered) as error:
            office.book.record(self.story.number, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
            raise
        CopyFolder(office.deployment, copy.copy_id).write("proof.json", asdict(proof))
        publish_proof(office, copy, level=proof.level)
        office.book.record(self.story.number, "copy.verified", _summarise(copy, proof, time.monotonic() - begun))
        remove_staging(office, copy)

    def _prove(self, copy: CopyRecord) -> SampleProof:
        office, subject = self.office, find_subject(self.office, self.story)
        with ExitStack() as stack:
            package = _open_stored(office, copy, stack)
            package.check_index()
            seed = secrets.token_hex(8)
            drawn = _draw(package, _wanted_ids(office, copy), seed)
            with Step("Comparar con el buzón", 2 * len(drawn), unit="messages") as step:
                theirs = asyncio.run(_fetch_digests(office, subject, drawn, step))
                different = []
                for message in drawn:
                    content = package.read(message)
                    step(1)
                    digest = theirs.get(message.id)
                    if digest is not None and digest != hashlib.sha256(content).hexdigest():
                        different.append(message.id)
        gone = tuple(message.id for message in drawn if message.id not in theirs)
        return SampleProof(package.facts.count, len(drawn) - len(gone), gone, seed, tuple(different))


def _open_stored(office: Office, copy: CopyRecord, stack: ExitStack) -> MailboxReader:
    """Open the package as it lies on its store."""
    manifest = read_trusted_manifest(office, copy)
    *further, first = package_files(office, copy)
    store = office.open_store(copy.store)
    streams = [stack.enter_context(store.open(file.name, uncached=True)) for file in (first, *further)]
    return MailboxReader(streams, manifest)


def _wanted_ids(office: Office, copy: CopyRecord) -> frozenset[str]:
    return frozenset(CopyFolder(office.deployment, copy.copy_id).read(IDS))


def _draw(package: MailboxReader, reconciled: frozenset[str], seed: str) -> list[ListedMessage]:
    """Compare the package's list with what was reconciled and draw the sample; memory holds ids, not messages.

    Raises:
        Altered: the package lists a message that was not reconciled, or not as many as were sealed.
    """
    count, candidates = 0, list[str]()
    for message in package.messages():
        count += 1
        if message.id not in reconciled:
            raise Altered("el paquete guardado tiene un mensaje que no se concilió", whose=message.id)
        if can_be_sampled(message.state, deleted=message.deleted_at is not None):
            candidates.append(message.id)
    if count != package.facts.count:
        why = f"se sellaron {package.facts.count} y la lista tiene {count}"
        raise Altered("el paquete guardado no tiene los mensajes que se sellaron", why=why)
    chosen = random.Random(seed)  # noqa: S311 -- a sample that anybody may draw again
    drawn = frozenset(chosen.sample(candidates, sample_size(len(candidates))))
    return [message for message in package.messages() if message.id in drawn]


async def _fetch_digests(
    office: Office, subject: Subject, messages: Sequence[ListedMessage], step: Step
) -> dict[str, str]:
    """Return id → SHA-256 of messages as the mailbox gives them now; those deleted since are left out."""
    found = dict[str, str]()
    async with open_gmail(office, subject.account) as gmail:

        async def digest(key: str) -> tuple[str, str | None]:
            try:
                return key, hashlib.sha256((await gmail.raw(key)).content).hexdigest()
            except GoogleMissing:
                return key, None

        keys = [message.id for message in messages]
        async for key, value in in_order(keys, digest, at_once=subject.settings.connections):
            step(1)
            if value is not None:
                found[key] = value
    return found


def _summarise(copy: CopyRecord, proof: SampleProof, seconds: float) -> dict[str, t.Any]:
    return {
        "copy": copy.copy_id,
        "level": proof.level.value,
        "messages": proof.messages,
        "sample": proof.sample,
        "gone": len(proof.gone),
        "seed": proof.seed,
        "seconds": round(seconds, 1),
    }


def plan_proof(office: Office, number: str) -> ProofPlan:
    """Read the story; change nothing."""
    return ProofPlan(office, office.book.story(number))
