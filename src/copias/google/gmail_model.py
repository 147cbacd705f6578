"""What Gmail answers, as values; reading it checks that it is whole."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

import orjson
import pybase64

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_RAW: t.Final = re.compile(rb'"raw"\s*:\s*"')


@dataclass(frozen=True)
class Profile:
    """A mailbox at one moment."""

    address: str
    messages_total: int
    threads_total: int
    history_id: int


@dataclass(frozen=True)
class Label:
    """A label; ``type`` is ``system`` or ``user``."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as it is: ``content`` its exact RFC 822 bytes, ``internal_date`` milliseconds since 1970."""

    id: str
    thread_id: str
    labels: tuple[str, ...]
    history_id: int
    internal_date: int
    content: bytes
    size_estimate: int


@dataclass(frozen=True, slots=True)
class MinimalMessage:
    """What is known of a message without its content."""

    id: str
    thread_id: str
    labels: tuple[str, ...]
    history_id: int
    internal_date: int
    size_estimate: int


@dataclass(frozen=True)
class HistoryPage:
    """What changed in a mailbox, in one page of its history.

    Args:
        moves: id and whether the message came or was deleted for good, in order; the last word on an id counts.
        labels: id → labels added and removed, when everything in the page has been done.
        history_id: of the mailbox when it was asked: from here on the next time.
    """

    moves: tuple[tuple[str, bool], ...] = ()
    labels: Mapping[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    history_id: int = 0

    @property
    def added(self) -> tuple[str, ...]:
        """Return the ids of messages that came, deleted again or not."""
        return tuple(dict.fromkeys(key for key, came in self.moves if came))

    @property
    def deleted(self) -> tuple[str, ...]:
        """Return the ids of messages that are deleted for good when everything in the page has been done."""
        return tuple(key for key, here in dict(self.moves).items() if not here)

    @property
    def labels_added(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Return id and labels of each message that got some."""
        return tuple((key, added) for key, (added, _) in self.labels.items() if added)

    @property
    def labels_removed(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Return id and labels of each message that lost some."""
        return tuple((key, removed) for key, (_, removed) in self.labels.items() if removed)


def read_raw(message_id: str, body: bytes) -> RawMessage:
    """Read the answer of ``messages.get`` with ``format=raw``.

    Raises:
        ValueError: it is broken, of another message, or empty although the message is not.
    """
    content, rest = _cut_content(body)
    answer = _read(rest)
    known = _read_minimal(message_id, answer)
    if content is None:
        content = _decode(str(answer.get("raw", "")).encode())
    if not content and (known.size_estimate or not known.thread_id):
        # Nothing is left out of the answer for a message of no bytes but its bytes.
        raise ValueError("the answer has no content, and does not look like that of an empty message")
    return RawMessage(
        known.id,
        known.thread_id,
        known.labels,
        known.history_id,
        known.internal_date,
        content,
        known.size_estimate,
    )


def _cut_content(body: bytes) -> tuple[bytes | None, bytes]:
    """Decode the content where it stands in an answer; return it and the answer without it.

    A message of 25 MB is so not in memory once more as a text. Within JSON a quote is only at the ends of a string, and
    what is not plain base64 between them is left to the parser.
    """
    found = _RAW.search(body)
    end = body.find(b'"', found.end()) if found else -1
    if found is None or end < 0:
        return None, body
    try:
        content = _decode(memoryview(body)[found.end() : end])
    except ValueError:
        return None, body
    return content, body[: found.end()] + body[end:]


def _decode(raw: bytes | memoryview) -> bytes:
    """Decode base64 in the alphabet of addresses, padded or not."""
    missing = -len(raw) % 4
    padded = bytes(raw) + b"=" * missing if missing else raw
    return pybase64.b64decode(padded, altchars=b"-_", validate=True)


def read_minimal(message_id: str, body: bytes) -> MinimalMessage:
    """Read the answer of ``messages.get`` with ``format=minimal``.

    Raises:
        ValueError: it is broken, or of another message.
    """
    return _read_minimal(message_id, _read(body))


def _read_minimal(message_id: str, answer: Mapping[str, t.Any]) -> MinimalMessage:
    if answer.get("id") != message_id:
        raise ValueError("the answer is of another message")
    return MinimalMessage(
        message_id,
        str(answer.get("threadId", "")),
        tuple(answer.get("labelIds", ())),
        int(answer.get("historyId", 0)),
        int(answer.get("internalDate", 0)),
        int(answer.get("sizeEstimate", 0)),
    )


def read_object(body: bytes) -> dict[str, t.Any]:
    """Read an answer that is an object.

    Raises:
        ValueError: it is none.
    """
    return _read(body)


def _read(body: bytes) -> dict[str, t.Any]:
    answer = orjson.loads(body)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no object")
    return answer
