"""What goes from a mirror into the package of a case: what was reconciled, less what is left out by choice."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from copias.package import DifferenceFacts, MailboxFacts, PackedMessage, Scope, SourceFacts, state_of
from copias.progress import ignore

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from copias.mailbox.mirror import MirrorMessage, MirrorReader
    from copias.mailbox.settings import MailboxSettings
    from copias.mailbox.subject import Subject
    from copias.package.message_list import State
    from copias.progress import Report

LEAST_SAMPLE: t.Final = 200
MOST_SAMPLE: t.Final = 1000

_LEFT_OUT: t.Final[Mapping[State, str]] = {
    "spam": "Correo no deseado",
    "trash": "Papelera",
    "chat": "Mensajes del chat antiguo",
}
"""State → words of what a deployment may leave out."""

NEVER_INCLUDED: t.Final = (
    "Filtros, reglas, firmas y configuración de la cuenta",
    "Contactos, calendario y archivos de Drive, aunque un mensaje los enlace",
)
"""What a copy of a mailbox never holds."""


@dataclass(frozen=True)
class MailboxContents:
    """The messages of a package, chosen and counted before the first is written.

    Args:
        account: whose mailbox.
        owner: Google's id of that account; empty when nobody told it.
        started: when the copy was begun; aware.
        ids: what is packed.
        missing: reconciled, and not in the mirror.
        left_out: state → messages that the deployment leaves out.
        packed_bytes: compressed bytes of all that is packed.
        sampled: messages of which the sample of the proof is drawn.
        labels: id of a label → its name.
        found: the reconciliation, as :meth:`copias.mailbox.reconcile.Reconciliation.to_dict` wrote it.
        settings: of the deployment.
    """

    account: str
    owner: str
    started: datetime
    ids: frozenset[str]
    missing: frozenset[str]
    left_out: Counter[State]
    packed_bytes: int
    sampled: int
    labels: Mapping[str, str]
    found: Mapping[str, t.Any] = field(repr=False)
    settings: MailboxSettings = field(repr=False)

    @classmethod
    def gather(
        cls, mirror: MirrorReader, subject: Subject, wanted: Collection[str], found: Mapping[str, t.Any]
    ) -> MailboxContents:
        """Choose from a mirror what a package is to hold; nothing is read but the index.

        Args:
            mirror: open.
            subject: whose mailbox it is of.
            wanted: ids that the reconciliation says the copy has.
            found: the reconciliation.
        """
        tally = _Tally(frozenset(wanted), subject.settings)
        for row in mirror.messages():
            tally.take(row)
        return cls(
            account=subject.account,
            owner=mirror.owner,
            started=datetime.fromisoformat(found["started"]),
            ids=frozenset(tally.chosen),
            missing=tally.wanted - tally.held,
            left_out=tally.left_out,
            packed_bytes=tally.packed_bytes,
            sampled=tally.sampled,
            labels={key: key if kind == "system" else name for key, (name, kind) in mirror.labels().items()},
            found=found,
            settings=subject.settings,
        )

    @property
    def refused(self) -> Mapping[str, str]:
        """Return what Google did not give, each with its reason."""
        return t.cast("Mapping[str, str]", self.found["refused"])

    @property
    def source(self) -> SourceFacts:
        """Return where the messages come from."""
        return SourceFacts(system="Gmail", version="API v1", host="Google Workspace", name=self.account)

    @property
    def scope(self) -> Scope:
        """Return what is in the package, and what honestly is not."""
        chosen = [words for state, words in _LEFT_OUT.items() if _is_wanted(state, self.settings)]
        excluded = [
            f"{words}: {self.left_out[state]} mensajes, por decisión de la entidad"
            for state, words in _LEFT_OUT.items()
            if not _is_wanted(state, self.settings)
        ]
        if self.refused:
            excluded.append(
                f"Mensajes que Google no entregó: {len(self.refused)}; el manifiesto los nombra con su razón"
            )
        if count := len(self.found["vanished"]):
            excluded.append(f"Mensajes que se borraron del buzón antes de poder leerlos: {count}")
        included = ("Todos los mensajes del buzón, con sus adjuntos, etiquetas y fechas", "Borradores", *chosen)
        return Scope(included=included, excluded=(*excluded, *NEVER_INCLUDED))

    @property
    def facts(self) -> MailboxFacts:
        """Return what was asked of the mailbox and what it answered."""
        reasons = {
            **{key: f"Google no lo entregó: {reason}" for key, reason in self.refused.items()},
            **dict.fromkeys(self.found["vanished"], "se borró del buzón antes de poder leerlo"),
        }
        return MailboxFacts(
            account=self.account,
            history_id=self.found["history_id"],
            listed_start=self.found["listed_start"],
            listed_end=self.found["listed_end"],
            differences=tuple(DifferenceFacts(id=key, reason=reasons[key]) for key in sorted(reasons)),
            sample=sample_size(self.sampled),
            spam_and_trash=self.settings.spam_and_trash,
            chats=self.settings.chats,
        )

    def messages(self, mirror: MirrorReader, *, report: Report = ignore) -> Iterator[PackedMessage]:
        """Yield the messages in the order in which they lie on the disk, as they are compressed there.

        Args:
            mirror: open; another opening of the same one will do.
            report: is told of compressed bytes.
        """
        rows = (row for row in mirror.messages() if row.id in self.ids)
        for row, deflated in mirror.packed(rows):
            yield self._pack(row, deflated)
            report(len(deflated))

    def _pack(self, row: MirrorMessage, deflated: bytes) -> PackedMessage:
        return PackedMessage(
            id=row.id,
            thread_id=row.thread_id,
            labels=tuple(sorted(self.labels.get(label, label) for label in row.labels)),
            state=state_of(row.labels),
            internal_date=row.internal_date,
            date=row.date,
            sender=row.sender,
            recipients=row.recipients,
            subject=row.subject,
            message_id=row.message_id,
            content_bytes=row.bytes,
            crc=row.crc,
            sha256=row.sha256,
            deflated=deflated,
            deleted_at=row.deleted_at,
        )


def sample_size(messages: int) -> int:
    """Return how many messages are fetched again to prove a copy of so many: 1 %, at least 200 and at most 1,000."""
    return min(messages, MOST_SAMPLE, max(LEAST_SAMPLE, -(-messages // 100)))


def can_be_sampled(state: State, *, deleted: bool) -> bool:
    """Tell whether the source can be asked for a message again; a draft is another message after each edit."""
    return state != "draft" and not deleted


class _Tally:
    """Counts a mirror's rows."""

    def __init__(self, wanted: frozenset[str], settings: MailboxSettings) -> None:
        self.wanted = wanted
        self._settings = settings
        self.held: set[str] = set()
        self.chosen: set[str] = set()
        self.left_out: Counter[State] = Counter()
        self.packed_bytes = self.sampled = 0

    def take(self, row: MirrorMessage) -> None:
        if row.id not in self.wanted:
            return
        self.held.add(row.id)
        state = state_of(row.labels)
        if not _is_wanted(state, self._settings):
            self.left_out[state] += 1
            return
        self.chosen.add(row.id)
        self.packed_bytes += row.deflated[1]
        self.sampled += can_be_sampled(state, deleted=row.deleted_at is not None)


def _is_wanted(state: State, settings: MailboxSettings) -> bool:
    if state in {"spam", "trash"}:
        return settings.spam_and_trash
    return state != "chat" or settings.chats
