"""The first step of a manual case: the delivery is checked, counted, and packed as a mailbox."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import MANIFEST
from copias.case.staging import empty_staging, is_lost, no_room
from copias.case.step import StepPlan
from copias.case.work import draft_manifest
from copias.delivery.fetching import FetchedPart
from copias.findings import open_finding
from copias.local_time import BOGOTA
from copias.package import MailboxFacts, SourceFacts, load_key
from copias.package.mailbox import SealedMailbox, seal_mailbox
from copias.progress import Step
from copias.takeout.archive import Archive
from copias.takeout.delivery import fetch_delivery, find_delivery
from copias.takeout.limits import OF_ANOTHER, describe_delivery, describe_scope
from copias.takeout.messages import DeliveredMessages
from copias.takeout.subject import KIND, Subject, find_subject

if t.TYPE_CHECKING:
    from copias.office import Office
    from copias.package import Manifest
    from copias.takeout.delivery import Delivery


@dataclass(frozen=True)
class _Fetched:
    """A delivery on this machine."""

    delivery: Delivery
    parts: tuple[FetchedPart, ...]
    started: datetime

    @property
    def whose(self) -> str:
        """Return its name for messages."""
        return self.delivery.place.words


class PackPlan(StepPlan):
    """What packing the delivery of a case would do."""

    before = "none"
    after = "made"

    @property
    def changes(self) -> bool:
        """Tell whether a package is to be made: there is none, or it was lost before it was stored."""
        return super().changes or self._is_lost()

    def _is_lost(self) -> bool:
        copy = self.story.copy
        return copy is not None and is_lost(self.office, copy)

    def run(self) -> None:
        """Bring the delivery here, pack it, and record the copy.

        Raises:
            NotReady: there is no complete delivery, or it changed meanwhile.
            BadInput: it is no Takeout with mail, or is made to do harm.
            CopyFailed: a part is damaged.
            StoreFull: this machine's disk is full; nothing is lost.
        """
        office, number = self.office, self.story.number
        subject = find_subject(office, self.story)
        if self.story.copy is not None:
            lost = {"copy": self.story.copy.copy_id, "why": "el paquete sin publicar ya no está"}
            office.book.record(number, "copy.voided", lost)
        fetched = _fetch(office, number)
        copy_id = subject.new_copy_id(self.story)
        sealed = self._seal(subject, copy_id, fetched)
        _open_doubt(office, copy_id, sealed.manifest)
        CopyFolder(office.deployment, copy_id).write_bytes(MANIFEST, sealed.manifest.to_json())
        office.book.record(number, "copy.made", self._describe(subject, copy_id, fetched, sealed))

    def _seal(self, subject: Subject, copy_id: str, fetched: _Fetched) -> SealedMailbox:
        folder = empty_staging(self.office, copy_id)
        with open_archive(fetched.parts, subject) as archive, Step("Empaquetar", archive.contents.bytes) as step:
            messages = read_messages(archive, subject, whose=fetched.whose, report=step)
            try:
                return seal_mailbox(
                    folder,
                    f"{copy_id}.zip",
                    messages.packed(),
                    draft=lambda facts: self._draft(subject, fetched, archive, messages, facts),
                    key=load_key(self.office.deployment.signing_key),
                    when=datetime.now(BOGOTA),
                    split_bytes=subject.mailboxes.split_bytes,
                )
            except OSError as error:
                raise no_room(self.office, copy_id, error) from error

    def _draft(
        self,
        subject: Subject,
        fetched: _Fetched,
        archive: Archive,
        messages: DeliveredMessages,
        facts: dict[str, t.Any],
    ) -> Manifest:
        export = fetched.delivery.parts.export
        return draft_manifest(
            self.office,
            subject.work,
            source=SourceFacts(
                system="Google Takeout", version=export or "mbox", host="Entrega del usuario", name=subject.account
            ),
            scope=describe_scope(archive.contents, messages.tallies, unused=fetched.delivery.parts.unused),
            store=subject.mailboxes.store,
            record_series=subject.mailboxes.record_series,
            started=fetched.started,
            mailbox=MailboxFacts(account=subject.account),
            delivery=describe_delivery(fetched.parts, messages),
            **facts,
        )

    def _describe(self, subject: Subject, copy_id: str, fetched: _Fetched, sealed: SealedMailbox) -> dict[str, t.Any]:
        return {
            "copy": copy_id,
            "generation": self.story.generation,
            "kind": KIND,
            "subject": subject.account,
            "record_series": subject.mailboxes.record_series,
            **self.office.deployment.retention.promise(subject.mailboxes.record_series),
            "store": subject.mailboxes.store,
            "package": subject.package(copy_id),
            "parts": [part.name for part in sealed.parts],
            "bytes": sealed.parts[0].bytes,
            "sha256": sealed.parts[0].sha256,
            "messages": sealed.messages,
            "message_bytes": sealed.content_bytes,
            "delivered": [{"name": part.name, "bytes": part.bytes, "sha256": part.sha256} for part in fetched.parts],
            "place": fetched.whose,
            "started": fetched.started.isoformat(),
            "finished": sealed.manifest.times.sealed.isoformat(),
        }


def _open_doubt(office: Office, copy_id: str, manifest: Manifest) -> None:
    """Open a finding where nothing of a delivery names the account that it is kept for: nobody asks Google."""
    doubt = next((limit for limit in manifest.scope.excluded if limit.startswith(OF_ANOTHER)), "")
    if doubt:
        open_finding(
            office,
            about=copy_id,
            what="la entrega puede ser de otra cuenta",
            why=doubt,
            repair="pregunte a quien la entregó; si es de otra, cancele el caso y reábralo con la buena",
        )


def open_archive(parts: tuple[FetchedPart, ...], subject: Subject) -> Archive:
    """Open parts that were brought here.

    Raises:
        BadInput: one is none of a Takeout, is damaged, or is made to do harm.
    """
    return Archive([part.path for part in parts], [part.name for part in parts], subject.deliveries)


def read_messages(archive: Archive, subject: Subject, *, whose: str, report: Step) -> DeliveredMessages:
    """Return the messages of an open archive, to be iterated once."""
    largest = subject.deliveries.largest_message
    return DeliveredMessages(archive, largest=largest, whose=whose, account=subject.account, report=report)


def bring_delivery(office: Office, number: str) -> tuple[Delivery, tuple[FetchedPart, ...]]:
    """Find the delivery of a case and bring it here; what is here already is hashed again.

    Raises:
        NotReady: there is no complete delivery, or it changed meanwhile.
    """
    delivery = find_delivery(office.deployment, number)
    with Step("Traer la entrega", delivery.parts.bytes) as step:
        return delivery, fetch_delivery(office.deployment, delivery, number, report=step)


def _fetch(office: Office, number: str) -> _Fetched:
    started = datetime.now(UTC)
    delivery, parts = bring_delivery(office, number)
    return _Fetched(delivery, parts, started)


def plan_packing(office: Office, number: str) -> PackPlan:
    """Read the story; change nothing."""
    return PackPlan(office, office.book.story(number))
