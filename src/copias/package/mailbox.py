"""The package of a mailbox: every message as its own ``.eml`` entry, an index, a page and the signed manifest.

    package = seal_mailbox(
        folder, "correo-ana-1234.zip", messages,            # an iterable of PackedMessage, read once
        draft=lambda facts: Manifest(…, mailbox=MailboxFacts(account=…, …), **facts),
        key=key, when=datetime.now(BOGOTA), split_bytes=50 << 30,
    )
    package.parts[0].name, .bytes, .sha256                  # the zip files in ``folder``, the first with the index
    package.manifest                                        # signed; it goes beside the first part
    package.messages, package.content_bytes

``facts`` are what only the package knows: ``counts``, ``period`` and ``messages``. :class:`MailboxPackage` is the
same in steps (``add`` each message, then ``seal``). Compressed bytes are copied, nothing is inflated.
"""

from __future__ import annotations

import typing as t
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from copias.package.facts import EntryFacts, PackageFacts
from copias.package.mailbox_index import INDEX, index_chunks
from copias.package.mailbox_page import page_chunks
from copias.package.mailbox_summary import describe
from copias.package.manifest import NAME, Manifest, sign_manifest
from copias.package.message_entry import message_entry, received_at
from copias.package.message_list import ListedMessage, MessageList, State
from copias.package.part_file import PartFile
from copias.package.texts import render_readme
from copias.pages import printable

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from copias.package.signing import SigningKey

SPLIT_BYTES: t.Final = 50 << 30
PAGE: t.Final = "index.html"
README: t.Final = "LEEME.txt"


class PackedMessage(t.NamedTuple):
    """A message to be packed.

    Args:
        id: the source's; hexadecimal digits in Gmail.
        thread_id: of its conversation.
        labels: their names; a system label's is its id, such as ``INBOX``.
        state: what it is beside an ordinary message.
        internal_date: when it was received, milliseconds since 1970.
        date: its Date header; this and the next four are for lists, decoded.
        sender: its From header.
        recipients: its To and Cc headers.
        subject: its Subject header.
        message_id: its Message-ID header.
        content_bytes: size of its content.
        crc: CRC-32 of its content.
        sha256: of its content, hexadecimal.
        deflated: its content as a raw deflate stream.
        deleted_at: when it was seen to be gone at the source, seconds since 1970.
    """

    id: str
    thread_id: str
    labels: tuple[str, ...]
    state: State
    internal_date: int
    date: str
    sender: str
    recipients: str
    subject: str
    message_id: str
    content_bytes: int
    crc: int
    sha256: str
    deflated: bytes
    deleted_at: float | None = None


@dataclass(frozen=True)
class SealedMailbox:
    """A finished package: its zip files, the signed manifest that goes beside the first, and what it holds."""

    parts: tuple[PackageFacts, ...]
    manifest: Manifest
    messages: int
    content_bytes: int


Draft: t.TypeAlias = "Callable[[dict[str, t.Any]], Manifest]"
"""Makes the manifest but for ``entries``, ``package``, ``parts`` and ``signature``, with the facts that it is given."""


def seal_mailbox(
    folder: Path,
    file_name: str,
    messages: Iterable[PackedMessage],
    *,
    draft: Draft,
    key: SigningKey,
    when: datetime,
    split_bytes: int = SPLIT_BYTES,
) -> SealedMailbox:
    """Write a package into a folder, as :class:`MailboxPackage` says.

    Args:
        folder: an existing one.
        file_name: of the zip file.
        messages: each once; read one by one.
        draft: makes the manifest.
        key: signs it.
        when: date of the entries that are no messages, in Colombia's time.
        split_bytes: a file that would grow above it is followed by another.

    Raises:
        BadInput: a message comes twice.
        OSError: the disk is full; no file of the package is left.
    """
    with MailboxPackage(folder, file_name, when=when, split_bytes=split_bytes) as package:
        for message in messages:
            package.add(message)
        return package.seal(draft, key=key)


class MailboxPackage:
    """Packs a mailbox, as a context manager: :meth:`add` each message, then :meth:`seal`.

    What is not sealed leaves no file. Memory does not grow with messages but for 70 bytes each. The first zip file
    stays open to the end, for index and manifest tell of all.
    """

    def __init__(self, folder: Path, file_name: str, *, when: datetime, split_bytes: int = SPLIT_BYTES) -> None:
        self._path = folder / file_name
        self._when = when
        self._split_bytes = split_bytes
        self._further: list[PackageFacts] = []
        with ExitStack() as stack:
            self._stack = stack
            self._list = stack.enter_context(MessageList(folder))
            self._files = [self._open_file(1)]
            self._stack = stack.pop_all()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, message: PackedMessage) -> None:
        """Add a message.

        Raises:
            BadInput: its id is none, or there already.
        """
        writer = self._files[-1].writer
        if writer.count and writer.written + len(message.deflated) > self._split_bytes:
            writer = self._begin_file().writer
        received = received_at(message.internal_date)
        name = message_entry(message.id, subject=printable(message.subject), received=received)
        writer.add_deflated(
            name,
            message.deflated,
            crc=message.crc,
            content_bytes=message.content_bytes,
            sha256=message.sha256,
            when=received,
        )
        self._list.add(_listed(message, name, part=len(self._files)))

    def seal(self, draft: Draft, *, key: SigningKey) -> SealedMailbox:
        """Write the rest; what is returned is on the disk.

        Args:
            draft: makes the manifest.
            key: signs both manifests.

        Raises:
            BadInput: a message came twice.
        """
        self._end_further()
        first = self._files[0]
        index = self._write(INDEX, index_chunks(self._list.sorted()))
        summary = self._list.summary()
        facts = describe(summary)
        known = draft(facts).with_facts(**facts, entries=(index,), parts=tuple(self._further), package=None)
        known = sign_manifest(known, key)  # so that page and notes can name the key
        page = self._write(PAGE, page_chunks(known, self._list))
        readme = EntryFacts(**asdict(first.writer.add(README, render_readme(known))))
        inner = sign_manifest(known.with_facts(entries=(index, page, readme)), key)
        first.writer.add(NAME, inner.to_json())
        package = first.close()
        for file in reversed(self._files):
            file.publish()
        outer = sign_manifest(inner.with_facts(package=package), key)
        return SealedMailbox((package, *self._further), outer, summary.count, summary.bytes)

    def _begin_file(self) -> PartFile:
        """Go on in another zip file."""
        self._end_further()
        self._files.append(self._open_file(len(self._files) + 1))
        return self._files[-1]

    def _end_further(self) -> None:
        """Finish the last zip file, unless it is the first, which waits for the index."""
        if len(self._files) > 1:
            self._further.append(self._files[-1].close())

    def _open_file(self, number: int) -> PartFile:
        path = self._path if number == 1 else self._path.with_stem(f"{self._path.stem}-parte-{number}")
        return self._stack.enter_context(PartFile(path, when=self._when))

    def _write(self, name: str, chunks: Iterable[bytes]) -> EntryFacts:
        entry = self._files[0].writer.open_entry(name, deflate=True)
        for chunk in chunks:
            entry.write(chunk)
        return EntryFacts(**asdict(entry.close()))


def _listed(message: PackedMessage, entry: str, *, part: int) -> ListedMessage:
    return ListedMessage(
        entry=entry,
        id=message.id,
        thread_id=printable(message.thread_id),
        labels=tuple(map(printable, message.labels)),
        state=message.state,
        internal_date=message.internal_date,
        date=printable(message.date),
        sender=printable(message.sender),
        recipients=printable(message.recipients),
        subject=printable(message.subject),
        message_id=printable(message.message_id),
        bytes=message.content_bytes,
        sha256=message.sha256,
        deleted_at=message.deleted_at,
        part=part,
    )
