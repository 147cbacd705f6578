"""What a mirror takes in, what it knows of each message, and what it is asked."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

TRAILER: t.Final = 8
"""Bytes of a gzip member's trailer: CRC-32 and size."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be added: as Gmail gave it.

    Args:
        id: Gmail's.
        thread_id: of its conversation.
        labels: ids of its labels.
        history_id: of its last change.
        internal_date: milliseconds since 1970.
        content: its exact RFC 822 bytes.
    """

    id: str
    thread_id: str
    labels: tuple[str, ...]
    history_id: int
    internal_date: int
    content: bytes


class MirrorMessage(t.NamedTuple):
    """A row of the index. ``labels`` are ids; ``bytes``, ``crc`` (CRC-32) and ``sha256`` are of the content.

    ``offset`` and ``length`` are of the gzip member in its segment, of which ``header_length`` bytes are its header;
    ``deleted_at`` is when it was seen to be gone at the source, seconds since 1970.
    """

    id: str
    thread_id: str
    labels: tuple[str, ...]
    history_id: int
    internal_date: int
    date: str
    sender: str
    recipients: str
    subject: str
    message_id: str
    bytes: int
    crc: int
    sha256: str
    segment: int
    offset: int
    length: int
    header_length: int
    deleted_at: float | None

    @property
    def deflated(self) -> tuple[int, int]:
        """Return where the raw deflate stream is in the segment: offset and length."""
        return self.offset + self.header_length, self.length - self.header_length - TRAILER


@dataclass(frozen=True)
class MirrorState:
    """How far a mirror is.

    Args:
        history_id: where the next round of the history feed starts; ``None`` before the first copy is complete.
        messages_total: what the mailbox said of itself at that point.
        synced_at: when the last round ended, seconds since 1970.
        listed_at: when the mailbox was last listed in full.
    """

    history_id: int | None = None
    messages_total: int | None = None
    synced_at: float | None = None
    listed_at: float | None = None


@dataclass(frozen=True)
class Search:
    """What to look for; an empty field takes everything. Texts are compared without case or accents.

    Args:
        sender: a part of the From header.
        subject: a part of the subject.
        since: milliseconds since 1970; the message is of then or later.
        until: milliseconds since 1970; the message is of before then.
        label: id of a label that it has.
    """

    sender: str = ""
    subject: str = ""
    since: int | None = None
    until: int | None = None
    label: str = ""


class Held(t.NamedTuple):
    """How much of a mailbox a mirror holds."""

    messages: int
    bytes: int
