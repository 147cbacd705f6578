"""Writing segments: one is open, the ones before it never change again."""

from __future__ import annotations

import typing as t

from copias.files import make_private_directory
from copias.mailbox.mirror.append_file import AppendFile
from copias.mailbox.mirror.layout import INDEX, JOURNAL, SEGMENTS, damaged, find_segments, require_length, segment_path

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_UNCOMMITTED: t.Final = 256 << 20
"""Bytes that may be cut off at an opening: an index that does not know more than that is not the right one."""


class SegmentWriter:
    """Appends to the newest segment, and begins another when it is large enough.

    Args:
        folder: the mirror's.
        committed: number → length in bytes of each segment, as the index knows them.
        limit: size at which a new segment is begun.

    Raises:
        Altered: a segment is missing or shorter than was committed, or there is far more than a crash leaves, so that
            the index is not that of these segments; nothing is cut off then.
    """

    def __init__(self, folder: Path, committed: Mapping[int, int], *, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._number = max(committed, default=1)
        make_private_directory(folder / SEGMENTS)
        self._check(committed)
        self._remove_uncommitted()
        self._file = self._open(committed.get(self._number, 0))
        self.uncommitted = 0
        """Bytes since the last commit."""
        self.grown: dict[int, int] = {}
        """Number → length of the segments that grew since the last commit."""

    def _check(self, committed: Mapping[int, int]) -> None:
        """Refuse segments that are not as committed."""
        for number, length in committed.items():
            path = segment_path(self._folder, number)
            if require_length(path, length) > length and number != self._number:
                raise damaged(str(path), f"creció después de cerrado: se habían guardado {length} bytes")
        found = find_segments(self._folder)
        unknown = sum(path.stat().st_size for path in found.values()) - sum(committed.values())
        if unknown > MOST_UNCOMMITTED:
            raise damaged(
                str(self._folder / SEGMENTS),
                f"hay {unknown} bytes que el índice no conoce, más de los que deja un corte de energía",
                repair=f"recupere {INDEX} y {JOURNAL} de la última copia nocturna; no borre los segmentos",
            )

    def _remove_uncommitted(self) -> None:
        """Remove the segments that were begun after the last commit."""
        for number, path in find_segments(self._folder).items():
            if number > self._number:
                path.unlink()

    def _open(self, length: int) -> AppendFile:
        return AppendFile(segment_path(self._folder, self._number), length=length)

    def append(self, data: bytes) -> tuple[int, int]:
        """Write a member and return its segment and offset.

        Raises:
            OSError: the disk is full or broken.
        """
        if self._file.length >= self._limit:
            self._file.sync()
            self._file.close()
            self._number += 1
            self._file = self._open(0)
        offset = self._file.append(data)
        self.grown[self._number] = self._file.length
        self.uncommitted += len(data)
        return self._number, offset

    def sync(self) -> None:
        """Have everything on the disk."""
        self._file.sync()

    def forget(self) -> None:
        """Count from here: what was written is committed."""
        self.grown.clear()
        self.uncommitted = 0

    def close(self) -> None:
        """Close the file; what was not committed is cut off at the next opening."""
        self._file.close()
