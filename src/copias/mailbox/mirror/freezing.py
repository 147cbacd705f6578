"""A copy of a mirror at one moment, for a backup program that reads files: made without the lock, quick to renew."""

from __future__ import annotations

import os
import sqlite3
import typing as t
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, repeat

from copias.errors import BackupError
from copias.files import make_private_directory, sync_directory
from copias.mailbox.mirror.append_file import AppendFile
from copias.mailbox.mirror.failures import telling_disk_errors
from copias.mailbox.mirror.index import Index
from copias.mailbox.mirror.layout import (
    INDEX,
    JOURNAL,
    SEGMENTS,
    damaged,
    find_segments,
    require_length,
    segment_path,
)
from copias.mailbox.mirror.reader import MirrorReader

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BLOCK: t.Final = 4 << 20


def freeze(folder: Path, target: Path) -> bool:
    """Bring a frozen copy of a mirror up to what is committed now, and tell whether anything changed.

    The copy is a mirror of its own. Closed segments are hard links where both folders share a disk; of the open one and
    of the journal only what is new is copied; a mirror that did not change costs one look. Whoever writes the mirror
    may go on meanwhile: what is committed is never written again.

    Args:
        folder: the mirror's.
        target: of this copy alone, kept from one night to the next, and not read by others during the call.

    Raises:
        NotReady: there is no mirror.
        Altered: a segment or the journal is shorter than what was committed.
        StoreFull: the disk is full; the copy cannot be used until a call succeeds.
    """
    with MirrorReader.open(folder) as mirror, telling_disk_errors(target):
        make_private_directory(target / SEGMENTS)
        known = _read_known(target)
        if known is None or not _is_prefix(target / JOURNAL, folder / JOURNAL):
            _empty(target)  # cut off half-way, damaged, or the mirror was begun anew since
            known = _Known({}, 0)
        elif known.journal == mirror.journal_length:
            return False
        part = target / f"{INDEX}.part"
        mirror.copy_index(part)
        # Without an index the copy says of itself that it is not whole.
        (target / INDEX).unlink(missing_ok=True)
        _copy_files(folder, target, part, known)
        part.replace(target / INDEX)
        sync_directory(target)
    return True


@dataclass(frozen=True)
class _Known:
    """What the frozen index vouches for: segments by number, and the journal, each with its bytes.

    What a file has beyond may be anything after a power cut, also bytes that were never written.
    """

    segments: Mapping[int, int]
    journal: int


def _read_known(target: Path) -> _Known | None:
    """Return what a frozen copy has; ``None`` of one that is not whole."""
    if not (target / INDEX).is_file():
        return None
    try:
        with closing(Index(target / INDEX)) as index:
            return _Known(index.segments(), int(index.fact("journal")))
    except (BackupError, sqlite3.Error, TypeError, ValueError):
        return None


def _is_prefix(path: Path, whole: Path) -> bool:
    """Tell whether a file, when there is one, is what another begins with."""
    if not path.exists():
        return True
    with path.open("rb") as ours, whole.open("rb") as theirs:
        return all(mine == other for mine, other in zip(ours, chain(theirs, repeat(None)), strict=False))


def _empty(target: Path) -> None:
    for path in (target / INDEX, target / JOURNAL, *find_segments(target).values()):
        path.unlink(missing_ok=True)


def _copy_files(folder: Path, target: Path, part: Path, known: _Known) -> None:
    """Give the copy the segments and the journal that its index knows."""
    with closing(Index(part)) as index:
        segments, journal = index.segments(), int(index.fact("journal"))
    newest = max(segments, default=0)
    for number, length in segments.items():
        source, copy = segment_path(folder, number), segment_path(target, number)
        require_length(source, length)
        if number == newest or not _link(source, copy):
            _copy(source, copy, length, kept=known.segments.get(number, 0))
    _copy(folder / JOURNAL, target / JOURNAL, journal, kept=known.journal)
    sync_directory(target / SEGMENTS)


def _link(source: Path, copy: Path) -> bool:
    """Make a hard link, and tell whether that was possible."""
    if copy.exists() and copy.samefile(source):
        return True
    link = copy.with_name(f"{copy.name}.link")
    link.unlink(missing_ok=True)
    try:
        os.link(source, link)
    except OSError:
        return False  # another disk, or one without links
    link.replace(copy)
    return True


def _copy(source: Path, copy: Path, length: int, *, kept: int) -> None:
    """Add to a copy what its source has more, up to ``length``; of what it has, the first ``kept`` bytes are good."""
    if copy.exists() and copy.stat().st_nlink > 1:
        copy.unlink()  # never write into a link: it is somebody else's file
    kept = min(kept, copy.stat().st_size, length) if copy.exists() else 0
    with closing(AppendFile(copy, length=kept)) as target, source.open("rb") as stream:
        stream.seek(kept)
        while target.length < length:
            block = stream.read(min(_BLOCK, length - target.length))
            if not block:
                raise damaged(str(source), f"termina antes de los {length} bytes que se habían guardado")
            target.append(block)
        target.sync()
