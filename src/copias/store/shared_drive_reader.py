"""A file of a shared drive as a stream, read by ranges."""

from __future__ import annotations

import io
import typing as t

if t.TYPE_CHECKING:
    from copias.store.shared_drive_client import DriveClient, Item
    from copias.store.shared_drive_faults import DriveFaults

LEAST = 256 << 10
"""Bytes asked for after a jump: enough for the end of a zip's directory, little for one message."""

MOST = 32 << 20
"""Bytes asked for, and held in memory, at a time when a file is read on and on."""


class DriveReader(io.RawIOBase):
    """A seekable raw stream. Each request that goes on where the last ended asks for twice as much."""

    def __init__(self, client: DriveClient, item: Item, name: str, *, faults: DriveFaults) -> None:
        super().__init__()
        self._client = client
        self._item = item
        self._doing = f"leer {name}"
        self._faults = faults
        self._end = item.bytes or 0
        self._offset = 0
        self._start = 0
        self._window = memoryview(b"")
        self._ahead = LEAST

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def readinto(self, buffer: t.Any, /) -> int:
        """Fill some of the buffer; 0 at the end."""
        view = memoryview(buffer).cast("B")
        if not view or self._offset >= self._end:
            return 0
        if not self._start <= self._offset < self._start + len(self._window):
            self._fetch()
        there = self._window[self._offset - self._start :][: len(view)]
        view[: len(there)] = there
        self._offset += len(there)
        return len(there)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move; nothing is asked for before something is read."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._end}[whence]
        self._offset = max(0, origin + offset)
        return self._offset

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._offset

    def close(self) -> None:
        """Let go of what was read ahead."""
        self._window = memoryview(b"")
        super().close()

    def _fetch(self) -> None:
        goes_on = bool(self._window) and self._offset == self._start + len(self._window)
        self._ahead = min(self._ahead * 2, MOST) if goes_on else LEAST
        # A jump to the last bytes is followed by one to just before them.
        start = self._offset if goes_on else min(self._offset, max(0, self._end - self._ahead))
        self._window = memoryview(b"")
        with self._faults.translated(self._doing):
            content = self._client.read(self._item, start, min(start + self._ahead, self._end))
        self._start, self._window = start, memoryview(content)
