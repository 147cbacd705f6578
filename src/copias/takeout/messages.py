"""From the messages of a Takeout to those of a package: counted, hashed, compressed, and each only once."""

from __future__ import annotations

import hashlib
import re
import typing as t
import zlib
from collections import Counter
from dataclasses import dataclass, replace

from isal import isal_zlib

from copias.mailbox.mirror.headers import read_headers
from copias.package import PackedMessage, state_of
from copias.progress import Report, ignore
from copias.takeout.archive import Archive, iterate_blocks, mbox_key
from copias.takeout.mbox import TakeoutMbox

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.takeout.archive import MboxEntry
    from copias.takeout.mbox import TakeoutMessage

_DELIVERED: t.Final = re.compile(rb"^Delivered-To:[ \t]*<?([^\s>]+)", re.IGNORECASE | re.MULTILINE)
_TOP: t.Final = 4096
"""Bytes of a message in which Gmail's own line of the account is, above all that others wrote."""
_HEAD_END: t.Final = re.compile(rb"\r?\n\r?\n")
_DIGEST_BYTES: t.Final = 12
"""Of a message's SHA-256 that are remembered to know it again."""


@dataclass(frozen=True)
class MboxFile:
    """An mbox file as it lies in the delivery: its name there, size and SHA-256."""

    name: str
    bytes: int
    sha256: str


class DeliveredMessages:
    """The messages of a delivery, iterated once; the tallies are whole at the end.

    Memory grows by some 150 bytes a message, by which one that comes twice is known.

    Args:
        archive: open.
        largest: bytes of a message.
        whose: name of the delivery, for messages.
        account: whose mailbox it should be.
        report: told of the bytes of the mbox files.
    """

    def __init__(
        self, archive: Archive, *, largest: int, whose: str, account: str = "", report: Report = ignore
    ) -> None:
        self._archive = archive
        self._account = account.encode()
        self._largest = largest
        self._whose = whose
        self._report = report
        self._seen: dict[str, bytes] = {}
        self._others: dict[str, dict[bytes, int]] = {}
        """Id that came again with another content → digest of that → the number it got."""
        self.tallies: Counter[str] = Counter()
        """``found`` in the files, ``repeated`` the same message again, ``renamed`` another message of an id that is
        taken, ``quoted``, ``doubtful``, ``undated``, ``unended``; ``ours`` that Gmail delivered to the account, and
        ``foreign`` that it delivered to another address, which may be one that the account had."""
        self.files: list[MboxFile] = []

    def unique(self) -> Iterator[TakeoutMessage]:
        """Yield each message once, under an id that no other one has.

        Raises:
            BadInput: a file is no mbox of Takeout.
            CopyFailed: a part of the delivery is damaged.
        """
        for entries in _group(self._archive.contents.mboxes):
            blocks = (self._blocks(entry) for entry in entries)
            mbox = TakeoutMbox(blocks, largest=self._largest, whose=self._whose)
            for message in mbox:
                if (key := self._take(message)) is not None:
                    yield _with_id(message, key)
            self.tallies["doubtful"] += mbox.doubtful

    def packed(self) -> Iterator[PackedMessage]:
        """Yield them as a package takes them."""
        return map(pack_message, self.unique())

    def _take(self, message: TakeoutMessage) -> str | None:
        """Count a message and return the id that it gets, ``None`` when it was there already."""
        tallies, digest = self.tallies, hashlib.sha256(message.content).digest()[:_DIGEST_BYTES]
        tallies["found"] += 1
        tallies["quoted"] += message.quoted
        tallies["undated"] += not message.internal_date
        tallies["unended"] += not message.ended
        self._count_address(message.content[:_TOP])
        others = self._others.get(message.id, {})
        if self._seen.get(message.id) == digest or digest in others:
            tallies["repeated"] += 1
            return None
        key, again = message.id, len(others) + 1
        while key in self._seen:
            again += 1
            key = f"{message.id}-{again}"
        if key != message.id:
            self._others.setdefault(message.id, {})[digest] = again
        tallies["renamed"] += key != message.id
        self._seen[key] = digest
        return key

    def _count_address(self, top: bytes) -> None:
        if self._account and (delivered := _DELIVERED.search(_HEAD_END.split(top, 1)[0])):
            self.tallies["ours" if delivered[1].lower() == self._account else "foreign"] += 1

    def _blocks(self, entry: MboxEntry) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        for block in iterate_blocks(self._archive.open(entry)):
            digest.update(block)
            size += len(block)
            self._report(len(block))
            yield block
        self.files.append(MboxFile(entry.name, size, digest.hexdigest()))


def pack_message(message: TakeoutMessage) -> PackedMessage:
    """Return a message as a package takes it."""
    content = message.content
    packer = isal_zlib.compressobj(wbits=-zlib.MAX_WBITS)
    headers = read_headers(content)
    return PackedMessage(
        id=message.id,
        thread_id=message.thread_id,
        labels=tuple(sorted(message.labels)),
        state=state_of(message.labels),
        internal_date=message.internal_date,
        date=headers.date,
        sender=headers.sender,
        recipients=headers.recipients,
        subject=headers.subject,
        message_id=headers.message_id,
        content_bytes=len(content),
        crc=zlib.crc32(content),
        sha256=hashlib.sha256(content).hexdigest(),
        deflated=packer.compress(content) + packer.flush(),
    )


def _with_id(message: TakeoutMessage, key: str) -> TakeoutMessage:
    return message if key == message.id else replace(message, id=key)


def _group(entries: Iterable[MboxEntry]) -> Iterator[tuple[MboxEntry, ...]]:
    """Yield the pieces of each mbox together: a message may begin in one and end in the next."""
    pieces: list[MboxEntry] = []
    for entry in entries:
        if pieces and mbox_key(entry.name)[0] != mbox_key(pieces[0].name)[0]:
            yield tuple(pieces)
            pieces = []
        pieces.append(entry)
    if pieces:
        yield tuple(pieces)
