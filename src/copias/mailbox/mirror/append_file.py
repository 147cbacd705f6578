"""A file that only grows, and whose end is what was committed."""

from __future__ import annotations

import os
import typing as t

from copias.files import sync_directory
from copias.mailbox.mirror.layout import require_length

if t.TYPE_CHECKING:
    from pathlib import Path


class AppendFile:
    """A file open for appending; what a crash left after its committed length is cut off.

    Nothing is buffered here: what was appended can be read back at once, and is on the disk after :meth:`sync`.

    Args:
        path: made when absent.
        length: committed length, in bytes.

    Raises:
        Altered: it is shorter than that.
    """

    def __init__(self, path: Path, *, length: int) -> None:
        size = require_length(path, length)
        made = not path.exists()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if made:
            sync_directory(path.parent)
        if size > length:
            os.ftruncate(self._descriptor, length)
        self._synced = self.length = length

    def append(self, data: bytes) -> int:
        """Write ``data`` at the end and return where it begins.

        Raises:
            OSError: the disk is full or broken; the length is as before.
        """
        offset, done, rest = self.length, 0, memoryview(data)
        while done < len(data):
            done += os.pwrite(self._descriptor, rest[done:], offset + done)
        self.length += done
        return offset

    def sync(self) -> None:
        """Have everything on the disk."""
        if self.length != self._synced:
            os.fdatasync(self._descriptor)
            self._synced = self.length

    def close(self) -> None:
        """Close the file; what was not synced may or may not be there."""
        os.close(self._descriptor)
