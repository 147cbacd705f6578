r"""A mailbox as one mbox file, like Google Takeout's, and reading such a file back.

Each message gets a ``From`` line with Gmail's id and two headers, ``X-GM-THRID`` and ``X-Gmail-Labels``
(English names, RFC 2047 when they are not plain ASCII); its own bytes follow as they are, but for the quoting
of mboxrd: a line that is ``From `` after any number of ``>`` gets one more. After them comes an empty line,
``\r\n``; a message that does not end its last line gets two ``\n``, so that it can be told apart and comes
back bit for bit. The headers are not folded: the first two lines are ours and nothing else is.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header, decode_header, make_header

from copias.errors import BadInput
from copias.package.message_list import join_labels, split_labels

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.package.message_list import ListedMessage

SYSTEM_LABELS: t.Final = {
    "INBOX": "Inbox",
    "SENT": "Sent",
    "UNREAD": "Unread",
    "STARRED": "Starred",
    "IMPORTANT": "Important",
    "SPAM": "Spam",
    "TRASH": "Trash",
    "DRAFT": "Drafts",
    "CHAT": "Chat",
    "CATEGORY_PERSONAL": "Category Personal",
    "CATEGORY_SOCIAL": "Category Social",
    "CATEGORY_PROMOTIONS": "Category Promotions",
    "CATEGORY_UPDATES": "Category Updates",
    "CATEGORY_FORUMS": "Category Forums",
}
"""Names of Takeout for Gmail's own labels."""

_IDS: t.Final = {name: key for key, name in SYSTEM_LABELS.items()}
_FROM: t.Final = b"From "
_THREAD: t.Final = b"X-GM-THRID: "
_LABELS: t.Final = b"X-Gmail-Labels: "
_TO_QUOTE: t.Final = re.compile(rb"^(>*From )", re.MULTILINE)
_TO_UNQUOTE: t.Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_HEXADECIMAL: t.Final = re.compile(r"[0-9a-f]{1,16}", re.ASCII)
_PLAIN: t.Final = re.compile(r"(?!.*=\?)[\x20-\x7e]{0,900}", re.ASCII)
"""Labels that need no encoding."""
_EPOCH: t.Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: t.Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: t.Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class MboxMessage:
    """A message of an mbox file: ids are decimal, labels as :class:`ListedMessage` has them."""

    id: str
    thread_id: str
    labels: tuple[str, ...]
    content: bytes


def mbox_chunks(messages: Iterable[tuple[ListedMessage, bytes]]) -> Iterator[bytes]:
    """Yield the file, a message at a time."""
    for message, content in messages:
        yield _envelope(message)
        yield _TO_QUOTE.sub(rb">\1", content)
        yield b"\r\n" if content.endswith(b"\n") else b"\n\n"


def read_mbox(stream: t.BinaryIO) -> Iterator[MboxMessage]:
    """Yield the messages of a file that :func:`mbox_chunks` wrote, bit for bit.

    Raises:
        BadInput: it is none; the message is named by its number.
    """
    lines: list[bytes] = []
    number = 0
    for line in stream:
        if line.startswith(_FROM):
            if lines:
                yield _parse(lines, number)
            lines, number = [], number + 1
        elif not number:
            raise BadInput("no es un archivo mbox", repair="use uno que haya escrito este programa")
        lines.append(line)
    if lines:
        yield _parse(lines, number)


def decimal_id(key: str) -> str:
    """Return Gmail's hexadecimal id as Takeout writes it; what is none stays."""
    return str(int(key, 16)) if _HEXADECIMAL.fullmatch(key) else key


def encode_labels(labels: tuple[str, ...]) -> str:
    """Return the value of ``X-Gmail-Labels``, on one line."""
    text = join_labels(tuple(SYSTEM_LABELS.get(label, label) for label in labels))
    if _PLAIN.fullmatch(text):
        return text
    return Header(text, "utf-8", maxlinelen=75).encode(linesep="").replace("\n", "")


def decode_labels(value: str) -> tuple[str, ...]:
    """Return the labels of a value that :func:`encode_labels` made."""
    text = str(make_header(decode_header(value))) if "=?" in value else value
    return tuple(_IDS.get(label, label) for label in split_labels(text))


def _envelope(message: ListedMessage) -> bytes:
    """Return the ``From`` line and our two headers."""
    moment = _asctime(message.internal_date)
    lines = (
        f"From {decimal_id(message.id)}@xxx {moment}",
        f"X-GM-THRID: {decimal_id(message.thread_id)}",
        f"X-Gmail-Labels: {encode_labels(message.labels)}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def _asctime(internal_date: int) -> str:
    """Return ``Mon Apr 07 14:31:02 +0000 2025``; the zone before the year is Takeout's, as are English words."""
    try:
        moment = _EPOCH + timedelta(milliseconds=internal_date)
    except OverflowError:
        moment = _EPOCH
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {month} {moment:%d %H:%M:%S} +0000 {moment.year:04}"


def _parse(lines: list[bytes], number: int) -> MboxMessage:
    if len(lines) < 4 or not lines[1].startswith(_THREAD) or not lines[2].startswith(_LABELS):
        raise _malformed(number, "le faltan los encabezados X-GM-THRID y X-Gmail-Labels")
    key = lines[0][len(_FROM) :].partition(b"@")[0]
    body = b"".join(lines[3:])
    if not body.endswith((b"\n\r\n", b"\n\n")):
        raise _malformed(number, "está cortado")
    return MboxMessage(
        id=key.decode("ascii", "replace"),
        thread_id=lines[1][len(_THREAD) :].strip().decode("ascii", "replace"),
        labels=decode_labels(lines[2][len(_LABELS) :].rstrip(b"\r\n").decode("utf-8", "replace")),
        content=_TO_UNQUOTE.sub(rb"\1", body[:-2]),
    )


def _malformed(number: int, why: str) -> BadInput:
    return BadInput("el archivo mbox no se entiende", whose=f"mensaje {number}", why=why)
