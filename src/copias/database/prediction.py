"""How large a dump will be, and how long it will take: as the last one of the same database, else as is usual."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from copias.database.contract import DumpRecord


def predict_dump(source_bytes: int, last: DumpRecord | None, *, share: float, rate: float) -> tuple[int, float]:
    """Return the bytes and the seconds of the next dump.

    Args:
        source_bytes: the database's size now.
        last: the dump before, when there was one.
        share: bytes of dump for each byte of the database, of a first copy.
        rate: bytes of dump a second, of a first copy.
    """
    if last and last.source_bytes:
        share = last.bytes / last.source_bytes
    if last and last.bytes and last.seconds > 0:
        rate = last.bytes / last.seconds
    size = int(source_bytes * share)
    return size, size / rate
