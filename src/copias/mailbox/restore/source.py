"""Where messages are given back from: a package, on its store or in a folder, or the mirror of the account."""

from __future__ import annotations

import hashlib
import typing as t

from copias.errors import Altered
from copias.mailbox.mirror.model import Search
from copias.package.message_entry import message_entry, received_at
from copias.package.message_list import ListedMessage, state_of

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.mailbox.mirror import MirrorReader
    from copias.mailbox.mirror.model import MirrorMessage
    from copias.mailbox.restore.search import Query
    from copias.package.mailbox_reader import MailboxReader


class MessageSource(t.Protocol):
    """The messages of one account, as a copy holds them."""

    @property
    def account(self) -> str:
        """Return whose they are."""

    def find(self, query: Query) -> Iterator[ListedMessage]:
        """Yield the messages that a query takes, the oldest first.

        Raises:
            Altered: the copy's list is damaged.
        """

    def read(self, message: ListedMessage) -> bytes:
        """Return a message's exact bytes, compared with the list; no other message is read.

        Raises:
            Altered: they are not those of the list.
        """


class PackageSource:
    """A package, opened; signature and list are checked by who opens it."""

    def __init__(self, package: MailboxReader) -> None:
        self._package = package

    @property
    def account(self) -> str:
        """Return whose the messages are."""
        return self._package.manifest.case.subject

    def find(self, query: Query) -> Iterator[ListedMessage]:
        """Yield the messages that a query takes, the oldest first."""
        return filter(query.takes, self._package.messages())

    def read(self, message: ListedMessage) -> bytes:
        """Return a message's exact bytes."""
        return self._package.read(message)


class MirrorSource:
    """A mirror, opened."""

    def __init__(self, mirror: MirrorReader) -> None:
        self._mirror = mirror
        self._labels = {key: key if kind == "system" else name for key, (name, kind) in mirror.labels().items()}

    @property
    def account(self) -> str:
        """Return whose the messages are."""
        return self._mirror.account

    def find(self, query: Query) -> Iterator[ListedMessage]:
        """Yield the messages that a query takes, the oldest first."""
        search = Search(sender=query.sender, subject=query.subject, since=query.since, until=query.until)
        return filter(query.takes, map(self._list, self._mirror.search(search)))

    def read(self, message: ListedMessage) -> bytes:
        """Return a message's exact bytes."""
        row = self._mirror.message(message.id)
        content = self._mirror.read(row) if row else b""
        if hashlib.sha256(content).hexdigest() != message.sha256:
            raise Altered(
                "el mensaje no es el que guardó el espejo",
                whose=message.id,
                repair="use un paquete de la cuenta: `copias copies` dice cuáles hay",
            )
        return content

    def _list(self, row: MirrorMessage) -> ListedMessage:
        return ListedMessage(
            entry=message_entry(row.id, subject=row.subject, received=received_at(row.internal_date)),
            id=row.id,
            thread_id=row.thread_id,
            labels=tuple(sorted(self._labels.get(label, label) for label in row.labels)),
            state=state_of(row.labels),
            internal_date=row.internal_date,
            date=row.date,
            sender=row.sender,
            recipients=row.recipients,
            subject=row.subject,
            message_id=row.message_id,
            bytes=row.bytes,
            sha256=row.sha256,
            deleted_at=row.deleted_at,
            part=1,
        )
