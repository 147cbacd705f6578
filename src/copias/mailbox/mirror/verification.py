"""Reading messages of a mirror back and comparing them with its index."""

from __future__ import annotations

import hashlib
import secrets
import typing as t

from copias.errors import Altered
from copias.mailbox.mirror.layout import damaged
from copias.mailbox.mirror.member import decode_header

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.mailbox.mirror.contents import SegmentReader
    from copias.mailbox.mirror.index import Index
    from copias.mailbox.mirror.model import MirrorMessage

_NAMED: t.Final = 20


def verify_messages(index: Index, contents: SegmentReader, *, account: str, sample: int | None) -> int:
    """Compare messages with the index, and return how many that were.

    Args:
        index: open.
        contents: of the same mirror.
        account: whose it is, for errors.
        sample: so many, drawn at random; all when absent.

    Raises:
        Altered: naming the messages that are not what they were, or the segment that is missing.
    """
    count, altered = 0, list[str]()
    for row, data in contents.members(index.select() if sample is None else _draw(index, sample)):
        count += 1
        if not _is_whole(contents, row, data):
            altered.append(row.id)
    if altered:
        named = ", ".join(altered[:_NAMED]) + (" …" if len(altered) > _NAMED else "")
        raise damaged(account, f"{len(altered)} de {count} mensajes no son lo que se guardó: {named}")
    return count


def _draw(index: Index, sample: int) -> Iterator[MirrorMessage]:
    """Yield messages drawn at random, in segment order."""
    positions = [position for (position,) in index.query("SELECT position FROM message")]
    drawn = secrets.SystemRandom().sample(positions, min(sample, len(positions)))
    for position in sorted(drawn):
        yield from index.select("position = ?", (position,))


def _is_whole(contents: SegmentReader, row: MirrorMessage, data: bytes) -> bool:
    """Tell whether a member is that of its row, bit for bit as far as the index tells."""
    try:
        key, *_ = decode_header(data[: row.header_length], whose=row.id)
        content = contents.decode(row, data)
    except Altered:
        return False
    return key == row.id and hashlib.sha256(content).hexdigest() == row.sha256
