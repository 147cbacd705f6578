"""The second step of a mailbox case: the mirror's compressed messages are copied into one sealed package."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack
from datetime import datetime
from itertools import islice

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import MANIFEST
from copias.case.staging import empty_staging, is_lost, no_room, staging_folder, void_lost
from copias.case.step import StepPlan
from copias.case.work import draft_manifest
from copias.errors import Altered, NotReady
from copias.local_time import BOGOTA
from copias.mailbox.contents import MailboxContents
from copias.mailbox.copying import IDS, RECONCILED
from copias.mailbox.mirror import MirrorReader
from copias.mailbox.subject import Subject, find_subject
from copias.package import load_key
from copias.package.mailbox import SealedMailbox, seal_mailbox
from copias.package.mailbox_verification import find_message_problems
from copias.package.zip_directory import ZipDirectory
from copias.progress import Step

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.office import Office
    from copias.package import Manifest

NAMED: t.Final = 10
"""Messages that an error names."""


class PackPlan(StepPlan):
    """What packing the mailbox of a case would do."""

    before = "none"
    after = "made"

    @property
    def changes(self) -> bool:
        """Tell whether a package is to be made: there is none, or it was lost before it was stored."""
        copy = self.story.copy
        return super().changes or (copy is not None and is_lost(self.office, copy))

    def run(self) -> None:
        """Write the package into the staging folder and record the copy.

        Raises:
            NotReady: the mailbox was not mirrored for this copy.
            Altered: the mirror does not hold what was reconciled.
            StoreFull: this machine's disk is full; nothing is lost.
        """
        office, number = self.office, self.story.number
        if self.story.copy is not None:
            raise void_lost(office, number, self.story.copy)
        subject = find_subject(office, self.story)
        copy_id = subject.new_copy_id(self.story)
        contents = _read_contents(office, subject, copy_id)
        sealed = self._seal(subject, copy_id, contents)
        self._check_sealed(subject, copy_id, sealed, contents)
        CopyFolder(office.deployment, copy_id).write_bytes(MANIFEST, sealed.manifest.to_json())
        office.book.record(number, "copy.made", self._describe(subject, copy_id, sealed, contents))

    def _seal(self, subject: Subject, copy_id: str, contents: MailboxContents) -> SealedMailbox:
        folder = empty_staging(self.office, copy_id)
        try:
            with Step("Empaquetar", contents.packed_bytes) as step, MirrorReader.open(subject.mirror) as mirror:
                return seal_mailbox(
                    folder,
                    f"{copy_id}.zip",
                    contents.messages(mirror, report=step),
                    draft=lambda facts: self._draft(subject, contents, facts),
                    key=load_key(self.office.deployment.signing_key),
                    when=datetime.now(BOGOTA),
                    split_bytes=subject.settings.split_bytes,
                )
        except OSError as error:
            raise no_room(self.office, copy_id, error) from error

    def _check_sealed(self, subject: Subject, copy_id: str, sealed: SealedMailbox, contents: MailboxContents) -> None:
        """Inflate every message of the sealed package and compare it with what Gmail gave when it was read.

        Raises:
            Altered: this machine's disk changed a message since; the package is removed, and the messages are named.
        """
        folder = staging_folder(self.office, copy_id)
        with ExitStack() as stack, Step("Comprobar el paquete", sealed.content_bytes) as step:
            streams = [stack.enter_context((folder / part.name).open("rb")) for part in sealed.parts]
            directories = [
                ZipDirectory(stream, name=part.name) for stream, part in zip(streams, sealed.parts, strict=True)
            ]
            problems = list(islice(find_message_problems(directories, sealed.manifest, report=step), NAMED))
        if sealed.messages != len(contents.ids):
            problems.append(f"se conciliaron {len(contents.ids)} mensajes y se empacaron {sealed.messages}")
        if problems:
            empty_staging(self.office, copy_id)
            raise Altered(
                "el espejo de esta máquina está dañado",
                whose=subject.account,
                why="; ".join(problems),
                repair=f"revise el disco, aparte la carpeta {subject.mirror} y ejecute el caso otra vez",
            )

    def _draft(self, subject: Subject, contents: MailboxContents, facts: Mapping[str, t.Any]) -> Manifest:
        return draft_manifest(
            self.office,
            subject.work,
            source=contents.source,
            scope=contents.scope,
            store=subject.settings.store,
            record_series=subject.settings.record_series,
            started=contents.started,
            mailbox=contents.facts,
            **facts,
        )

    def _describe(
        self, subject: Subject, copy_id: str, sealed: SealedMailbox, contents: MailboxContents
    ) -> dict[str, t.Any]:
        return {
            "copy": copy_id,
            "generation": self.story.generation,
            "kind": "mailbox",
            "subject": subject.account,
            "owner": contents.owner,
            "record_series": subject.settings.record_series,
            **self.office.deployment.retention.promise(subject.settings.record_series),
            "store": subject.settings.store,
            "package": subject.package(copy_id),
            "parts": [part.name for part in sealed.parts],
            "bytes": sealed.parts[0].bytes,
            "sha256": sealed.parts[0].sha256,
            "messages": sealed.messages,
            "message_bytes": sealed.content_bytes,
            "refused": len(contents.refused),
            "started": contents.started.isoformat(),
            "finished": sealed.manifest.times.sealed.isoformat(),
        }


def _read_contents(office: Office, subject: Subject, copy_id: str) -> MailboxContents:
    folder = CopyFolder(office.deployment, copy_id)
    try:
        found, ids = folder.read(RECONCILED), folder.read(IDS)
    except FileNotFoundError:
        raise NotReady("el buzón no se ha conciliado", whose=copy_id, repair="copias run con su número") from None
    if found["missing"] or found["failed"] or found["unlisted"]:
        raise NotReady("el buzón no está conciliado: faltan mensajes", whose=copy_id, repair="copias run con su número")
    with MirrorReader.open(subject.mirror) as mirror:
        contents = MailboxContents.gather(mirror, subject, frozenset(ids), found)
    if contents.missing:
        raise Altered(
            "el espejo no tiene lo que se concilió",
            whose=subject.account,
            why=f"faltan {len(contents.missing)} mensajes",
            repair="ejecute el caso otra vez; si se repite, revise el disco",
        )
    return contents


def plan_packing(office: Office, number: str) -> PackPlan:
    """Read the story; change nothing."""
    return PackPlan(office, office.book.story(number))
